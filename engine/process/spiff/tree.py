"""SpiffWorkflow's tree as rows and back, and cut down to what lives. Law: bounded by live tokens; no history.

SpiffWorkflow keeps every task it has ever run, looks through all of them at each step, and stops looking at depth 1000.
Here the tree is cut after every move: a live task hangs from the root, with its parent between only where
SpiffWorkflow asks for the parent (before a join, beside boundary events, in a repetition).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.util.task import TaskState

from engine.process.spiff.specs import CHILD, InclusiveGateway, Parallel, ParallelGateway, Sequential, Standard
from engine.process.spiff.tasks import Place, Tree
from engine.process.spiffstate import Branch, Row

LIVE = TaskState.WAITING | TaskState.READY | TaskState.STARTED
JOINS = (ParallelGateway, InclusiveGateway)
LOOPS = (Parallel, Sequential, Standard)


# ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────


def load(tree: Tree, branches: tuple[Branch, ...], standing: dict[int, int]) -> None:
    """Fill an empty tree from rows; `standing` receives task -> token."""
    for owner, rows in branches:
        if owner:
            task = tree.get_task_from_id(owner)
            workflow = tree.branch(task)
            workflow.completed_event.connect(task.task_spec._on_subworkflow_completed, task)
        else:
            workflow = tree
        for row in rows:
            _plant(workflow, row, standing)
    for _, workflow in workflows(tree):
        for task in list(workflow.tasks.values()):
            if task.has_state(LIVE):
                task.task_spec._predict(task, mask=TaskState.NOT_FINISHED_MASK)


def _plant(workflow: Any, row: Row, standing: dict[int, int]) -> None:
    id, parent_id, name, state, token, kept = row
    parent = workflow.tasks.get(parent_id)
    task = Place(workflow, workflow.spec.task_specs[name], parent, state, id)
    task.internal_data = dict(kept)
    task.triggered = parent is not None and isinstance(parent.task_spec, LOOPS)
    if parent is None:
        workflow.task_tree = task
    if token:
        standing[id] = token


# ── looking ────────────────────────────────────────────────────────────────────────────────────────────────────


def workflows(tree: Tree) -> Iterator[tuple[int, Any]]:
    """The process and its sub-processes with the id of the task that owns each, outermost first."""
    yield 0, tree
    yield from sorted(tree.subprocesses.items(), key=lambda item: (item[1].depth, item[0]))


def below(task: Place) -> Iterator[Place]:
    """All tasks under a task (and itself), depth first, without the sub-processes' own."""
    stack = [task]
    while stack:
        one = stack.pop()
        yield one
        stack.extend(reversed(one.children))


def everything(tree: Tree, workflow: Any = None) -> Iterator[Place]:
    """All tasks of the tree, depth first, what is inside a sub-process before what follows it."""
    for task in below((workflow or tree).task_tree):
        inner = tree.subprocesses.get(task.id)
        if inner is not None and not inner.completed:
            yield from everything(tree, inner)
        yield task


# ── cutting ────────────────────────────────────────────────────────────────────────────────────────────────────


def cut(tree: Tree) -> None:
    """Drop everything that is over, sub-processes among it, and those whose task is gone."""
    for _, workflow in list(workflows(tree)):
        _cut(workflow)
    while True:
        living = set(tree.tasks).union(*(inner.tasks for inner in tree.subprocesses.values()))
        orphans = [id for id, inner in tree.subprocesses.items() if inner.completed or id not in living]
        if not orphans:
            return
        for id in orphans:
            del tree.subprocesses[id]


def _cut(workflow: Any) -> None:
    root = workflow.task_tree
    parents: dict[int, int] = {}
    order = list(below(root))
    for task in order:
        if task is not root and _needed(task):
            _keep(task, root, parents)
    predicted, spoilt = _predicted([task for task in order if task.id in parents and task.has_state(LIVE)])
    for task in order:
        if task is not root and task.id not in parents and task.id not in predicted:
            workflow.tasks.pop(task.id, None)
    for task in order:
        if task is root or task.id in parents:
            task._children = [id for id in task._children if id in predicted and task.has_state(LIVE)]
    for task in order:
        if task.id in parents:
            parent = parents[task.id]
            task._parent = parent
            workflow.tasks[parent]._children.append(task.id)
    for task in spoilt:
        task.task_spec._predict(task, mask=TaskState.NOT_FINISHED_MASK)


def _predicted(live: list[Place]) -> tuple[set[int], list[Place]]:
    """What is foreseen under the live tasks; and those of them of which it must be foreseen anew.

    A join beside a boundary event that has happened cancels its like even where a loop is foreseen to come back to it;
    SpiffWorkflow would then never take the boundary events of the next round away.
    """
    found: set[int] = set()
    spoilt: list[Place] = []
    for task in live:
        children = [child for child in task.children if not child.has_state(LIVE | TaskState.FINISHED_MASK)]
        inner = [one for child in children for one in below(child)]
        if any(one.has_state(TaskState.FINISHED_MASK) for one in inner):
            spoilt.append(task)
        else:
            found.update(one.id for one in inner)
    return found, spoilt


def _needed(task: Place) -> bool:
    if task.has_state(LIVE):
        return True
    parent = task.parent
    if task.state == TaskState.CANCELLED:
        return bool(task.internal_data.get("arrived"))
    return (
        task.state == TaskState.COMPLETED and isinstance(parent.task_spec, Parallel) and parent.has_state(LIVE)
        and task.task_spec.name.endswith(CHILD)
    )  # fmt: skip


def _keep(task: Place, root: Place, parents: dict[int, int]) -> None:
    """Note under which parent a task stays, and that parent's own place."""
    parent = task.parent
    if parent is root:
        parents[task.id] = root.id
    elif isinstance(parent.task_spec, LOOPS) and parent.has_state(LIVE):
        parents[task.id] = parent.id
    elif isinstance(parent.task_spec, BoundaryEventSplit):
        parents[task.id] = parent.id
        parents.setdefault(parent.id, root.id)
    elif isinstance(task.task_spec, BoundaryEventJoin):
        split = task.find_ancestor(task.task_spec.split_task)
        parents[task.id] = parent.id
        parents[parent.id] = split.id
        parents.setdefault(split.id, root.id)
    elif isinstance(task.task_spec, JOINS):
        parents[task.id] = parent.id
        parents.setdefault(parent.id, root.id)
    else:
        parents[task.id] = root.id


# ── writing ────────────────────────────────────────────────────────────────────────────────────────────────────


def rows(tree: Tree, standing: dict[int, int]) -> tuple[Branch, ...]:
    """The tree as rows: what is predicted is left out, it is predicted anew when the tree is loaded."""
    cut(tree)
    return tuple((owner, tuple(_rows(workflow, standing))) for owner, workflow in workflows(tree))


def _rows(workflow: Any, standing: dict[int, int]) -> Iterator[Row]:
    for task in below(workflow.task_tree):
        if task.has_state(LIVE | TaskState.FINISHED_MASK):
            yield (
                task.id, task._parent or 0, task.task_spec.name, task.state, standing.get(task.id, 0),
                dict(task.internal_data),
            )  # fmt: skip
