"""SpiffWorkflow's tasks and workflows without chance and clock. Law: ids and moments are counted, data is empty.

SpiffWorkflow gives each task a random id and the moment of its last change, and copies variables from task to task.
Here ids come from the state, the order of changes stands for time, and variables live in the scopes of the state.
"""

from __future__ import annotations

from typing import Any, Protocol

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.exceptions import WorkflowException
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState


class Driver(Protocol):
    """Who is asked by SpiffWorkflow: for conditions and numbers, and told of what it cancels."""

    def holds(self, task: Place, condition: Any) -> bool: ...

    def evaluate(self, task: Place, expression: Any, external_context: Any = None) -> Any: ...

    def taken_away(self, task: Place, before: int) -> None: ...


class Place(Task):  # type: ignore[misc]
    """A task of the tree: SpiffWorkflow's token."""

    def __init__(self, workflow: Any, task_spec: Any, parent: Any = None, state: int = TaskState.MAYBE, id: int = 0):
        super().__init__(workflow, task_spec, parent, state, id or workflow.top_workflow.new_id())
        self.last_state_change = self.id

    def _add_child(self, task_spec: Any, state: int = TaskState.MAYBE) -> Place:
        if self.has_state(TaskState.PREDICTED_MASK) and state & TaskState.PREDICTED_MASK == 0:
            raise WorkflowException("a predicted task cannot have a definite child", task_spec=self.task_spec)
        child = Place(self.workflow, task_spec, self, state)
        if state == TaskState.READY:
            child._ready()
        return child

    def _set_state(self, value: int) -> None:
        before = self.state
        self._state = value
        top = self.workflow.top_workflow
        self.last_state_change = top.tick()
        if value == TaskState.CANCELLED and before != value:
            top.driver.taken_away(self, before)


class Tree(BpmnWorkflow):  # type: ignore[misc]
    """The workflow of one step: built from the rows of the state, gone with the step."""

    def __init__(self, spec: Any, subprocess_specs: Any, driver: Driver, following: int) -> None:
        self.driver = driver
        self.following = following
        self.changes = 0
        super().__init__(spec, subprocess_specs, script_engine=driver, deserializing=True)

    def new_id(self) -> int:
        """The next task's id."""
        self.following += 1
        return self.following - 1

    def tick(self) -> int:
        """The number of this change of a state."""
        self.changes += 1
        return self.changes

    def branch(self, task: Place) -> BpmnSubWorkflow:
        """An empty workflow for what stands in a sub-process, joined to its task."""
        spec = self.subprocess_specs[task.task_spec.spec]
        inner = BpmnSubWorkflow(spec, parent_task_id=task.id, top_workflow=self, deserializing=True)
        self.subprocesses[task.id] = inner
        return inner

    def create_subprocess(self, my_task: Place, spec_name: str) -> BpmnSubWorkflow:
        """What SpiffWorkflow calls when a sub-process starts."""
        inner = self.branch(my_task)
        sow(inner)
        return inner


def sow(workflow: Any) -> Place:
    """The first task of a workflow, with all that is certain to follow."""
    root = workflow.task_tree = Place(workflow, workflow.spec.start, state=TaskState.FUTURE)
    root.task_spec._predict(root, mask=TaskState.NOT_FINISHED_MASK)
    root._ready()
    return root
