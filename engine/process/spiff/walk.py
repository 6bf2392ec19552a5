"""One step on SpiffWorkflow: it leads the tokens, the bench does what each node does. Law: no clock, no chance.

SpiffWorkflow runs all ready tasks of a pass even when one of them cancels the others; here one task is moved at a time,
the tree is cut after each move, and the next is looked for anew, depth first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.event_definitions.simple import TerminateEventDefinition
from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.exceptions import WorkflowException
from SpiffWorkflow.util.task import TaskState

from engine.errors import InvalidInput, ModelError, NotFound
from engine.process.contract import Ended, Env, Passed, Step
from engine.process.model import Expr
from engine.process.native import drain, subprocesses
from engine.process.native.activities import finish
from engine.process.native.answers import answer
from engine.process.native.events import absorb, deliver
from engine.process.native.plan import Plan, PNode
from engine.process.native.run import ENDLESS, NO_FLOW, NODE_LIMIT, Stuck
from engine.process.native.starting import first_nodes
from engine.process.spiff import bench, tree
from engine.process.spiff.bench import GATEWAYS, Bench
from engine.process.spiff.specs import CHILD, Cycle, Scheme
from engine.process.spiff.tasks import Place, Tree, sow
from engine.process.spiff.tree import JOINS, LIVE, LOOPS
from engine.process.spiffstate import SpiffState
from engine.process.state import Held, Stage, State, Token
from engine.process.triggers import Cancelled, Modified, Retried, Started, Trigger
from engine.process.waits import IncidentWait


class Walk:
    """The working copy of one step."""

    def __init__(self, scheme: Scheme, plan: Plan, state: State, env: Env, limit: int = NODE_LIMIT) -> None:
        self.scheme = scheme
        self.run = Bench(plan, state, env, self)
        self.standing: dict[int, int] = {}
        """Task of the tree -> our token, while the node has work to do."""
        self.launching: list[int] = []
        """Tokens of sub-processes and loops that have begun: SpiffWorkflow is to begin what is inside."""
        self.merging = 0
        self.budget = limit
        self.given: Mapping[str, Any] | None = None
        following = state.following if isinstance(state, SpiffState) else 1
        self.tree = Tree(scheme.specs[plan.key], scheme.specs, self, following)
        self.places: dict[int, int] = {}
        """Task that owns a sub-process -> its scope, known beyond its end."""
        for scope in list(self.run.scopes):
            self.run.label(scope)
        if isinstance(state, SpiffState) and state.tree:
            tree.load(self.tree, state.tree, self.standing)
            for task in tree.everything(self.tree):
                self._scope(task)

    # ── the step ───────────────────────────────────────────────────────────────────────────────────────────────

    def step(self, trigger: Trigger) -> Step:
        """Let the trigger happen and all that follows of itself."""
        self._answer(trigger)
        while self.run.ended is None:
            drain(self.run)
            if self.run.ended is not None or not self._move():
                break
        if self.run.ended is not None and self.run.ended.state == "failed":
            self._joins_away(self.tree)
        return self._result()

    def _result(self) -> Step:
        done = self.run.step()
        state = SpiffState()
        for name in State.__slots__:
            setattr(state, name, getattr(done.state, name))
        state.tree = () if state.ended else tree.rows(self.tree, self.standing)
        state.following = self.tree.following
        return Step(state, done.opened, done.closed, done.events, done.ended)

    def _answer(self, trigger: Trigger) -> None:
        run = self.run
        if isinstance(trigger, Started) and not run.started:
            self._start(trigger)
        elif isinstance(trigger, Cancelled) and run.started and not run.over:
            self.tree.cancel()
            subprocesses.end(run, Ended("cancelled", message=trigger.reason))
        elif isinstance(trigger, Modified) and run.started and not run.over:
            self._moved(trigger)
        elif isinstance(trigger, Retried) and self._at_gateway(trigger):
            self._retry_gateway(trigger)
        else:
            answer(run, trigger)

    def _start(self, trigger: Started) -> None:
        run = self.run
        nodes = first_nodes(run, trigger.start)
        run.started = True
        root = run.new_scope(0, 0, run.plan.key, "process", {})
        root.live += 1
        first = nodes[0].node
        mapped = trigger.start is not None and bool(first.outputs or (first.events and first.events[0].outputs))
        given = {} if mapped else dict(trigger.variables)
        if first.initiator:
            given[first.initiator] = run.env.initiator
        run.write(root.id, given)
        subprocesses.fill(run, root, run.plan.scopes[run.plan.key].data)
        self.given = dict(trigger.variables) if mapped else None
        start = sow(self.tree)
        wanted = {p.id for p in nodes}
        for child in start.children:
            if child.task_spec is not self.tree.spec.end and node_of(child) not in wanted:
                self.tree._remove_task(child.id)
        self._advance(start)

    def _joins_away(self, workflow: Any) -> None:
        """Joins before which tokens stand are taken away with their scope."""
        for task in tree.everything(self.tree, workflow):
            if isinstance(task.task_spec, JOINS) and task.state == TaskState.WAITING:
                self._passed("cancel", task)
                task._state = TaskState.CANCELLED

    # ── moving ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _move(self) -> bool:
        """One move of SpiffWorkflow; False when it is at rest."""
        if self.launching:
            self._launch(self.launching.pop(0))
            return True
        for id, token in self.standing.items():
            if token not in self.run.tokens:
                del self.standing[id]
                self._advance(self.tree.get_task_from_id(id))
                return True
        return any(self._begin(task) for task in list(tree.everything(self.tree)) if task.has_state(LIVE))

    def _launch(self, token_id: int) -> None:
        if token_id in self.run.tokens:
            task = self._task_of(token_id)
            task.task_spec.launch(task)
            tree.cut(self.tree)

    def _begin(self, task: Place) -> bool:
        """Begin what a task stands for; False when it waits."""
        token_id = self.standing.get(task.id)
        if token_id is not None:
            return self._close(task, self.run.token(token_id))
        p = self._node(task)
        if task.state == TaskState.READY:
            if p is None or isinstance(task.task_spec, BoundaryEventSplit):
                self._advance(task)
            elif not self._within_limit(task, p):
                return self.budget == -1
            elif p.type in GATEWAYS:
                self._choose(task, p)
            elif _terminates(task):
                self._passed("enter", task)
                self._passed("leave", task)
                self._advance(task)
            else:
                self._stand(task, p)
            return True
        if task.state == TaskState.WAITING and p is not None and p.type == "eventBasedGateway":
            self._stand(task, p)
            return True
        return False

    def _within_limit(self, task: Place, p: PNode) -> bool:
        self.budget -= 1
        if self.budget == -1:
            token = self.run.new_token(p.id, self._scope(task))
            self.standing[task.id] = token.id
            self.run.incident(token, "LOOP_LIMIT", *ENDLESS)
        return self.budget >= 0

    def _stand(self, task: Place, p: PNode) -> None:
        """Put our token where SpiffWorkflow's stands, and let the node do its work."""
        if task.triggered and isinstance(task.parent.task_spec, LOOPS):
            body = self.run.scope(self.run.tokens[self.standing[task.parent.id]].inner)
            token = bench.iterate(self.run, body, p)
        else:
            token = self.run.push_new(p.id, self._scope(task))
            if p.type == "startEvent" and task.workflow is self.tree and self.given is not None:
                token.data = {"payload": self.given, "n": 0}
        self.standing[task.id] = token.id

    def _close(self, task: Place, token: Token) -> bool:
        """What SpiffWorkflow has finished inside is finished here too. False when there is nothing to do."""
        if task.state != TaskState.READY or not task.internal_data.get("begun") or token.stage != Stage.WAITING:
            return False
        if task.internal_data.get("closed"):
            return False
        task.internal_data["closed"] = True
        if isinstance(task.task_spec, LOOPS):
            bench.finish_body(self.run, token)
        else:
            bench.close(self.run, token)
        return True

    def _choose(self, task: Place, p: PNode) -> None:
        """A gateway: SpiffWorkflow chooses, with our conditions."""
        if not isinstance(task.task_spec, JOINS) and not task.internal_data.get("entered"):
            task.internal_data["entered"] = True
            self._passed("enter", task)
        try:
            self._advance(task)
        except Stuck as stuck:
            self._no_way(task, p, stuck.code, stuck.message, stuck.message_zh)
        except ModelError as error:
            self._no_way(task, p, "EXPRESSION_FAILED", error.text("en"), error.text("zh"))
        except WorkflowException:
            self._no_way(task, p, "NO_FLOW", *NO_FLOW)

    def _no_way(self, task: Place, p: PNode, code: str, message: str, message_zh: str) -> None:
        task._set_state(TaskState.READY)
        token = self.run.new_token(p.id, self._scope(task))
        token.stage = Stage.LEAVING
        self.standing[task.id] = token.id
        self.run.incident(token, code, message, message_zh)

    def _advance(self, task: Place) -> None:
        """Let SpiffWorkflow run a task whose work is done; tell what it did."""
        task.run()
        join = isinstance(task.task_spec, JOINS)
        p = self._node(task)
        if p is not None and p.type in GATEWAYS:
            self._passed("leave", task)
        if join:
            for other in task.workflow.tasks.values():
                if other.task_spec is task.task_spec:
                    other.internal_data.pop("arrived", None)
        self._told(task, task.children)
        top = self.tree.completed
        if top and self.run.ended is None:
            subprocesses.end(self.run, Ended("terminated" if _terminates(task) else "completed"))
        elif not top:
            tree.cut(self.tree)

    def _told(self, task: Place, children: list[Place]) -> None:
        """The flows that were taken, and who arrived before a join."""
        source = node_of(task)
        if source is None or isinstance(task.task_spec, BoundaryEventSplit):
            return
        for child in children:
            target = node_of(child)
            if target is None or child.triggered:
                continue
            flow = self.scheme.flows.get((source, target))
            if flow is not None:
                self.run.took(flow)
            if isinstance(child.task_spec, JOINS):
                self._passed("enter", child)

    # ── what happens to tokens ─────────────────────────────────────────────────────────────────────────────────

    def fired(self, host: Token, boundary: PNode, number: int, payload: Mapping[str, Any]) -> None:
        """A boundary event has happened at the node of `host`."""
        main = self._task_of(host.id)
        event = next(child for child in main.parent.children if node_of(child) == boundary.id)
        token = self.run.new_token(boundary.id, host.scope)
        if isinstance(event.task_spec.event_definition, Cycle):
            self._repeat(event, token, boundary)
            return
        event.task_spec.catch(event, BpmnEvent(event.task_spec.event_definition))
        event.task_spec._update(event)
        if boundary.node.interrupting:
            main.cancel()
        self.standing[event.id] = token.id
        self.run.entered(token, boundary)
        token.data = {"payload": dict(payload), "n": number}
        token.stage = Stage.FINISHING
        self.run.attempt(absorb, token)

    def _repeat(self, event: Place, token: Token, boundary: PNode) -> None:
        self.run.entered(token, boundary)
        self.run.attempt(absorb, token)
        event.internal_data["due"] = True
        before = set(event._children)
        event.task_spec.event_definition.update_task(event)
        self._told(event, [child for child in event.children if child.id not in before])
        tree.cut(self.tree)

    def chosen(self, held: Held, number: int, payload: Mapping[str, Any]) -> None:
        """An event after an event gateway has happened."""
        run = self.run
        token = run.token(held.token)
        gateway, event = run.plan.nodes[token.node], run.plan.nodes[held.wait.element]
        task = self._task_of(token.id)
        run.close(held.wait.id, "done")
        run.close_all(token.waits)
        run.left(token, gateway)
        run.consume(token)
        del self.standing[task.id]
        definition = next(one for one in task.task_spec.event_definition.event_definitions if one.name == event.id)
        task.task_spec.catch(task, BpmnEvent(definition))
        task.task_spec._update(task)
        self._advance(task)
        child = next(one for one in tree.everything(self.tree, task.workflow) if self._waits_to_enter(one, event))
        came = run.new_token(event.id, self._scope(child))
        self.standing[child.id] = came.id
        run.entered(came, event)
        if event.activity:
            run.attempt(finish, came, payload)
        else:
            run.attempt(deliver, came, number, payload)

    def _waits_to_enter(self, task: Place, p: PNode) -> bool:
        return node_of(task) == p.id and task.state == TaskState.READY and task.id not in self.standing

    def taken_away(self, task: Place, before: int) -> None:
        """SpiffWorkflow has cancelled a task."""
        if isinstance(task.task_spec, JOINS):
            if self.merging:
                task.internal_data["arrived"] = True
            elif before == TaskState.WAITING:
                self._passed("cancel", task)
            return
        token = self.run.tokens.get(self.standing.pop(task.id, 0))
        for one in below_all(self.tree, task):
            self.standing.pop(one.id, None)
            if isinstance(one.task_spec, JOINS) and one.state == TaskState.WAITING:
                self._passed("cancel", one)
                one._state = TaskState.CANCELLED
        if token is not None:
            bench.cancel_token(self.run, token)

    # ── moved and retried by hand ──────────────────────────────────────────────────────────────────────────────

    def _moved(self, trigger: Modified) -> None:
        """Cancel what stands at the source, then enter the target beside it."""
        p = self.run.plan.nodes.get(trigger.target)
        if p is None:
            raise NotFound(what="element", id=trigger.target)
        standing = self._standing_at(trigger.source) if trigger.source is not None else []
        if trigger.source is not None and not standing:
            raise InvalidInput(place=trigger.source, reason="no token stands here", reason_zh="此处没有令牌")
        homes = [w for _, w in tree.workflows(self.tree) if w.spec.name == p.node.scope and not w.completed]
        homes.sort(key=lambda w: not standing or w is not standing[0].workflow)
        if not homes:
            raise InvalidInput(
                place=trigger.target, reason="no sub-process of this kernel that holds it is running",
                reason_zh="包含它的子流程未在运行，该内核无法移入",
            )  # fmt: skip
        home = homes[0]
        entry = self.scheme.entries[trigger.target]
        child = home.task_tree._add_child(entry, TaskState.FUTURE)
        entry._predict(child, mask=TaskState.NOT_FINISHED_MASK)
        child.task_spec._update(child)
        if isinstance(entry, JOINS):
            self._passed("enter", child)
        for task in standing:
            task.cancel()
        self.tree.update_waiting_tasks()

    def _standing_at(self, element: str) -> list[Place]:
        return [
            task for task in tree.everything(self.tree)
            if node_of(task) == element and not task.triggered and task.has_state(LIVE)
            and (task.id in self.standing or isinstance(task.task_spec, JOINS))
        ]  # fmt: skip

    def _at_gateway(self, trigger: Retried) -> bool:
        held = self.run.waits.get(trigger.wait)
        if held is None or not isinstance(held.wait, IncidentWait) or held.data != Stage.LEAVING:
            return False
        return self.run.plan.nodes[held.wait.element].type in GATEWAYS

    def _retry_gateway(self, trigger: Retried) -> None:
        held = self.run.waits[trigger.wait]
        token = self.run.token(held.token)
        task = self._task_of(token.id)
        self.run.close(trigger.wait, "done")
        self.run.write(token.scope, trigger.variables)
        self.run.consume(token)
        del self.standing[task.id]

    # ── asked by SpiffWorkflow ─────────────────────────────────────────────────────────────────────────────────

    def holds(self, task: Place, condition: Expr) -> bool:
        """A condition on a flow, as the variables of the gateway's scope have it."""
        return self.run.holds(condition, self._scope(task))

    def evaluate(self, task: Place, expression: Any, external_context: Any = None) -> Any:
        """How often a loop runs; after an iteration, whether that was enough (worked out when it was left)."""
        if task.task_spec.name.endswith(CHILD):
            return self._body(task.parent)["over"]
        data = self._body(task)
        return data["on"] if "on" in data else data["n"]

    def _body(self, task: Place) -> dict[str, Any]:
        found: dict[str, Any] = self.run.scopes[self.run.tokens[self.standing[task.id]].inner].data
        return found

    # ── who is who ─────────────────────────────────────────────────────────────────────────────────────────────

    def _node(self, task: Place) -> PNode | None:
        id = node_of(task)
        return self.run.plan.nodes[id] if id is not None else None

    def _task_of(self, token: int) -> Place:
        found: Place = self.tree.get_task_from_id(next(id for id, one in self.standing.items() if one == token))
        return found

    def _scope(self, task: Place) -> int:
        owner = task.workflow.parent_task_id
        if owner is None:
            return next(scope.id for scope in self.run.scopes.values() if not scope.parent)
        token = self.run.tokens.get(self.standing.get(owner, 0))
        if token is not None:
            self.places[owner] = token.inner
        return self.places[owner]

    def _passed(self, event: Any, task: Place) -> None:
        p = self._node(task)
        assert p is not None
        self.run.events.append(Passed(event, p.id, self.run.label(self._scope(task)), p.type))


def node_of(task: Place) -> str | None:
    """The node for which a task stands; None for what SpiffWorkflow adds."""
    return getattr(task.task_spec, "stands_for", None)


def below_all(whole: Tree, task: Place) -> list[Place]:
    """Every task inside the sub-process of a task, and inside its iterations."""
    owners = [task, *(child for child in task.children if child.triggered)]
    found: list[Place] = []
    for owner in owners:
        inner = whole.subprocesses.get(owner.id)
        if inner is not None:
            found += tree.everything(whole, inner)
    return found


def _terminates(task: Place) -> bool:
    return isinstance(getattr(task.task_spec, "event_definition", None), TerminateEventDefinition)
