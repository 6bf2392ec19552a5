"""One step at work: the changed copy of a state, and the small moves that every element is made of.

Law: nothing here knows an element's meaning. The given state is never altered; what changes is copied first, once.
Work waits in an explicit queue, so that a chain of any length needs no recursion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.errors import DealflowError, ModelError, WaitClosed
from engine.feel import Moment, Range, YearsMonths
from engine.feel.codec import FileRef
from engine.process.businesstime_functions import HostFunctions
from engine.process.contract import Closed, Ended, Env, Event, Passed, Step, Threw, Took, VariablesSet
from engine.process.model import Expr, Param
from engine.process.native import watching
from engine.process.native.plan import Plan, PNode
from engine.process.parts import AGES, Members, PartsNeeded, age, part_of
from engine.process.state import CONDITIONS, Held, Scope, Stage, State, Token
from engine.process.waits import ConditionWait, IncidentWait, Wait

if TYPE_CHECKING:
    from engine.process.native.plan import Op

NODE_LIMIT = 100_000
"""Node entries one step may make before the token that makes the next stops with the incident LOOP_LIMIT."""
ENDLESS = (
    "too many nodes were entered in one step: does a loop never end?",
    "单步内进入的节点过多：是否存在不会结束的循环？",
)
NO_FLOW = (
    "no outgoing flow's condition holds, and there is no default flow",
    "没有任何流出顺序流的条件成立，且未设置默认流",
)
_PLAIN = frozenset({str, int, bool, type(None), Decimal})
_KEPT = (str, int, Decimal, date, time, timedelta, YearsMonths, Range, FileRef)
DEAD = -1
"""The stage of a token that was taken away while a function still holds it."""


class Stuck(Exception):
    """The model cannot go on at a token; becomes an incident there that can be retried. Told in both languages."""

    def __init__(self, code: str, message: str, message_zh: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.message_zh = message_zh


class View(Mapping[str, Any]):
    """Variables as an expression sees them: the innermost scope that holds a name wins."""

    __slots__ = ("layers",)

    def __init__(self, layers: list[Mapping[str, Any]]) -> None:
        self.layers = layers

    def __getitem__(self, name: str) -> Any:
        for layer in self.layers:
            if name in layer:
                return layer[name]
        raise KeyError(name)

    def get(self, name: str, default: Any = None) -> Any:
        for layer in self.layers:
            if name in layer:
                return layer[name]
        return default

    def __contains__(self, name: object) -> bool:
        return any(name in layer for layer in self.layers)

    def __iter__(self) -> Iterator[str]:
        seen: dict[str, None] = {}
        for layer in self.layers:
            seen.update(dict.fromkeys(layer))
        return iter(seen)

    def __len__(self) -> int:
        return len(set().union(*self.layers))


class Run:
    """The working copy of one step."""

    __slots__ = (
        "before", "budget", "closed", "dirty", "drawn", "ended", "env", "events", "far", "joins", "labels", "loaded",
        "mine", "moment", "next", "opened", "over", "plan", "queue", "scopes", "standing",
        "started", "tokens", "waits", "watch", "watching",
    )  # fmt: skip

    def __init__(self, plan: Plan, state: State, env: Env, limit: int = NODE_LIMIT) -> None:
        self.plan = plan
        self.env = env
        self.moment = Moment(env.now, env.zone, [], HostFunctions(env))
        self.before = state
        self.tokens: dict[int, Token] = Members(state.tokens, state) if state.away else state.tokens.copy()
        self.scopes: dict[int, Scope] = Members(state.scopes, state) if state.away else state.scopes.copy()
        self.waits: dict[int, Held] = Members(state.waits, state) if state.away else state.waits.copy()
        self.joins = state.joins.copy()
        self.next = state.next
        self.drawn = state.drawn
        self.loaded = state.loaded
        self.started = state.started
        self.over = state.ended
        self.far = state.listening(CONDITIONS)
        """Parts away in which conditions are open; each counts as one that is watched."""
        self.watching = state.watching + len(self.far)
        self.mine: set[int] = set()
        self.standing: dict[int, dict[int, None]] | None = None
        """Scope -> its tokens, from the first time that somebody asks (see `inside`)."""
        self.queue: list[tuple[Op | None, int]] = []
        """(work, token) to do, the last first; no work: the token arrives; a negative number: is that scope empty?"""
        self.events: list[Event] = []
        self.opened: dict[int, Wait] = {}
        self.closed: list[Closed] = []
        self.ended: Ended | None = None
        self.labels: dict[int, str] = {}
        self.budget = limit
        self.dirty = False
        """There are conditions to ask (`watch.asked`)."""
        self.watch: watching.Watch | None = None

    # ── result ─────────────────────────────────────────────────────────────────────────────────────────────────

    def step(self) -> Step:
        """The state and all that was opened, closed and told on the way."""
        state = State()
        state.next = self.next
        state.started = self.started
        state.ended = self.ended is not None
        state.tokens = self.tokens
        state.scopes = self.scopes
        state.waits = self.waits
        state.joins = self.joins
        state.watching = self.watching - len(self.far)
        state.drawn, state.loaded = self.drawn, self.loaded
        state.away, state.ears = self.before.away, self.before.ears
        return Step(state, tuple(self.opened.values()), tuple(self.closed), tuple(self.events), self.ended)

    # ── tokens and scopes ──────────────────────────────────────────────────────────────────────────────────────

    def new_id(self, near: int) -> int:
        """The next id, in the part in which `near` is."""
        id = self.next | (near & ~AGES)
        self.next += 1
        self.mine.add(id)
        return id

    def token(self, id: int) -> Token:
        """A token that may be changed."""
        token = self.tokens[id]
        if id not in self.mine:
            token = self.tokens[id] = token.copy()
            self.mine.add(id)
        return token

    def scope(self, id: int) -> Scope:
        """A scope that may be changed."""
        scope = self.scopes[id]
        if id not in self.mine:
            scope = self.scopes[id] = scope.copy()
            self.mine.add(id)
        return scope

    def new_token(self, node: str, scope: int, flow: str = "", near: int | None = None) -> Token:
        """A token on its way to `node`; not queued. It is kept with its scope, unless it is to be kept elsewhere."""
        token = Token(self.new_id(scope if near is None else near), node, scope, flow)
        self.tokens[token.id] = token
        if self.standing is not None:
            self.standing.setdefault(scope, {})[token.id] = None
        self.scope(scope).live += 1
        return token

    def new_scope(self, parent: int, owner: int, node: str, kind: str, vars: dict[str, Any]) -> Scope:
        """A scope for variables and tokens, kept with its owner."""
        scope = Scope(self.new_id(owner), parent, owner, node, kind, vars)
        self.scopes[scope.id] = scope
        if self.watching:
            watching.scope_opened(self, scope)
        return scope

    # ── parts ──────────────────────────────────────────────────────────────────────────────────────────────────

    def draw(self, count: int) -> tuple[int, int]:
        """Numbers for so many new parts: the first and the last."""
        drawn = (self.drawn + 1, self.drawn + count)
        self.drawn = drawn[1]
        if self.before.away:
            self.loaded += (drawn,)
        return drawn

    def require_listeners(self, ear: str) -> None:
        """Raise PartsNeeded when somebody waits for this (see `State.ears`) in a part that is away."""
        if parts := self.before.listening(ear):
            raise PartsNeeded(tuple((part, part) for part in parts))

    def root(self) -> int:
        """The process's own scope."""
        return next(scope.id for scope in self.scopes.values() if not scope.parent)

    def consume(self, token: Token) -> None:
        """The token ends here. Its scope is asked, in its turn, whether it is empty now."""
        del self.tokens[token.id]
        if self.standing is not None:
            del self.standing[token.scope][token.id]
        token.stage = DEAD
        scope = self.scope(token.scope)
        scope.live -= 1
        if not scope.live:
            self.queue.append((None, -scope.id))

    def inside(self, scope_id: int) -> list[int]:
        """The tokens in hand that stand directly in a scope, oldest first."""
        if not self.scopes[scope_id].live:
            return []
        if self.standing is None:
            self.standing = {}
            for token in self.tokens.values():
                self.standing.setdefault(token.scope, {})[token.id] = None
        return list(self.standing.get(scope_id, ()))

    def move(self, token: Token, node: str, flow: str) -> None:
        """Send the token along a flow (or a link, with no flow) to the node after it."""
        token.node = node
        token.flow = flow
        token.stage = Stage.ARRIVING
        token.data = None
        self.queue.append((None, token.id))

    def push_new(self, node: str, scope: int) -> Token:
        """A new token on its way to a node by no flow."""
        token = self.new_token(node, scope)
        self.queue.append((None, token.id))
        return token

    def push(self, op: Op, token: Token) -> None:
        """Let `op` run for the token later in this step."""
        self.queue.append((op, token.id))

    def label(self, scope_id: int) -> str:
        """How the trace names a scope: the process key, else the node with the scope's number."""
        label = self.labels.get(scope_id)
        if label is None:
            scope = self.scopes[scope_id]
            label = f"{scope.node}#{age(scope_id)}" if scope.parent else scope.node
            self.labels[scope_id] = label
        return label

    def home(self, token: Token) -> str:
        """The scope that a token's trace names: where it stands, for an iteration the iteration itself."""
        return self.label(token.inner if token.index >= 0 and token.inner else token.scope)

    # ── telling ────────────────────────────────────────────────────────────────────────────────────────────────

    def entered(self, token: Token, p: PNode) -> None:
        """The node was entered."""
        token.stage = Stage.ENTERED
        self.events.append(Passed("enter", p.id, self.home(token), p.type))

    def left(self, token: Token, p: PNode) -> None:
        """The node was left."""
        self.events.append(Passed("leave", p.id, self.home(token), p.type))

    def took(self, flow: str) -> None:
        """A sequence flow was taken."""
        self.events.append(Took(flow))

    def threw(self, event: Threw) -> None:
        """Something was thrown."""
        self.events.append(event)

    # ── variables ──────────────────────────────────────────────────────────────────────────────────────────────

    def view(self, scope_id: int, *over: Mapping[str, Any]) -> Mapping[str, Any]:
        """The variables visible from a scope, `over` before all."""
        scope = self.scopes[scope_id]
        if not scope.parent and not over:
            return scope.vars
        layers: list[Mapping[str, Any]] = list(over)
        while True:
            if scope.vars:
                layers.append(scope.vars)
            if not scope.parent:
                return layers[0] if len(layers) == 1 else View(layers)
            scope = self.scopes[scope.parent]

    def own(self, scope_id: int) -> dict[str, Any]:
        """What a task sees beyond the process's variables: those of the sub-processes and the iteration it stands in.

        Not of multi-instance bodies, which collect the results of all their iterations.
        """
        layers: list[Mapping[str, Any]] = []
        while True:
            scope = self.scopes[scope_id]
            if not scope.parent:
                return {name: value for layer in reversed(layers) for name, value in layer.items()}
            if scope.kind != "body":
                layers.append(scope.vars)
            scope_id = scope.parent

    def place(self, token: Token) -> int:
        """The scope from which a token's expressions look outwards."""
        return token.inner or token.scope

    def value(self, expr: Expr, scope_id: int, *over: Mapping[str, Any]) -> Any:
        """An expression's value from where `scope_id` stands. Raises Stuck where it cannot be evaluated or kept."""
        return normal(self._evaluated(expr, scope_id, over))

    def holds(self, expr: Expr, scope_id: int, *over: Mapping[str, Any]) -> bool:
        """Whether a condition is true; null and any other value are not."""
        return self._evaluated(expr, scope_id, over) is True

    def _evaluated(self, expr: Expr, scope_id: int, over: tuple[Mapping[str, Any], ...]) -> Any:
        try:
            return expr(self.view(scope_id, *over), self.moment)
        except DealflowError:
            raise
        except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
            raise Stuck("EXPRESSION_FAILED", f"“{expr.text}”: {error}", f"“{expr.text}”计算失败：{error}") from error

    def params(self, params: tuple[Param, ...], scope_id: int, *over: Mapping[str, Any]) -> dict[str, Any]:
        """Mappings in order; a later one sees the results of the earlier."""
        found: dict[str, Any] = {}
        for param in params:
            found[param.name] = self.value(param.value, scope_id, found, *over)
        return found

    def write(self, scope_id: int, values: Mapping[str, Any]) -> None:
        """Write each value to the nearest scope that holds its name, else to the process."""
        if not values:
            return
        by_scope: dict[int, dict[str, Any]] = {}
        for name, value in values.items():
            scope = self.scopes[scope_id]
            while scope.parent and name not in scope.vars:
                scope = self.scopes[scope.parent]
            by_scope.setdefault(scope.id, {})[name] = normal(value)
        for id, part in by_scope.items():
            self.write_here(id, part)

    def write_here(self, scope_id: int, values: Mapping[str, Any]) -> None:
        """Write values to exactly this scope."""
        if not values:
            return
        self.scope(scope_id).vars.update(values)
        self.events.append(VariablesSet(self.label(scope_id), values))
        if self.watching:
            watching.touched(self, scope_id, values.keys())

    # ── waits ──────────────────────────────────────────────────────────────────────────────────────────────────

    def held(self, wait: int) -> Held:
        """The open wait of that id; raises WaitClosed."""
        self.before.require(part_of(wait), part_of(wait))
        held = self.waits.get(wait)
        if held is None:
            raise WaitClosed(wait=wait)
        return held

    def open(self, wait: Wait, role: str, token: Token, data: Any = None, kept: Wait | None = None) -> None:
        """Open a wait that belongs to a token. `kept`: what the state remembers of it, if not all."""
        self.waits[wait.id] = Held(kept or wait, role, token.id, token.scope, data)
        self.opened[wait.id] = wait
        token.waits += (wait.id,)
        self._count(wait, 1)

    def open_for_scope(self, wait: Wait, scope_id: int, data: Any = None) -> None:
        """Open the subscription of an event sub-process."""
        self.waits[wait.id] = Held(wait, "start", 0, scope_id, data)
        self.opened[wait.id] = wait
        self.scope(scope_id).waits += (wait.id,)
        self._count(wait, 1)

    def close(self, wait: int, reason: str = "cancelled") -> None:
        """Close a wait and take it from its owner."""
        held = self.waits.pop(wait, None)
        if held is None:
            return
        if self.opened.pop(wait, None) is None:
            self.closed.append(Closed(held.wait, "done" if reason == "done" else "cancelled"))
        self._count(held.wait, -1)
        if held.token and held.token in self.tokens:
            token = self.token(held.token)
            token.waits = tuple(id for id in token.waits if id != wait)
        elif not held.token and held.scope in self.scopes:
            scope = self.scope(held.scope)
            scope.waits = tuple(id for id in scope.waits if id != wait)

    def close_all(self, waits: tuple[int, ...]) -> None:
        """Take waits away without asking their owner, who is about to go."""
        for id in waits:
            held = self.waits.pop(id, None)
            if held is not None:
                if self.opened.pop(id, None) is None:
                    self.closed.append(Closed(held.wait, "cancelled"))
                self._count(held.wait, -1)

    def keep(self, held: Held, wait: Wait | None = None, data: Any = None) -> None:
        """Replace what is remembered of an open wait."""
        changed = wait if wait is not None else held.wait
        self.waits[changed.id] = Held(changed, held.role, held.token, held.scope, data)
        if changed.id in self.opened:
            self.opened[changed.id] = changed

    def _count(self, wait: Wait, by: int) -> None:
        if type(wait) is ConditionWait:
            self.watching += by
            (watching.opened if by > 0 else watching.closed)(self, wait)

    def incident(self, token: Token, code: str, message: str, message_zh: str) -> None:
        """The token stops where it stands until somebody retries."""
        wait = IncidentWait(self.new_id(token.id), token.node, code, message, message_zh)
        self.open(wait, "incident", token, token.stage)

    # ── who leads ──────────────────────────────────────────────────────────────────────────────────────────────

    def fired(self, host: Token, boundary: PNode, number: int, payload: Mapping[str, Any]) -> bool:
        """Whether somebody else leads the tokens and has seen to a boundary event that happened."""
        return False

    def chosen(self, held: Held, number: int, payload: Mapping[str, Any]) -> bool:
        """The same for the event that an event gateway waited for."""
        return False

    # ── the loop ───────────────────────────────────────────────────────────────────────────────────────────────

    def attempt(self, op: Callable[..., None], token: Token, *more: Any) -> None:
        """Run one piece of work for a token; what the model cannot do becomes its incident."""
        try:
            op(self, token, self.plan.nodes[token.node], *more)
        except Stuck as stuck:
            self._stop(token, stuck.code, stuck.message, stuck.message_zh)
        except ModelError as error:
            self._stop(token, "EXPRESSION_FAILED", error.text("en"), error.text("zh"))

    def arrive(self, token: Token) -> None:
        """The token enters its node. Past the limit all stop before theirs, the first with the incident for all."""
        self.budget -= 1
        if self.budget == -1:
            self._stop(token, "LOOP_LIMIT", *ENDLESS)
        elif self.budget >= 0:
            self.attempt(self.plan.nodes[token.node].enter, token)

    def _stop(self, token: Token, code: str, message: str, message_zh: str) -> None:
        if token.stage != DEAD:
            self.incident(token, code, message, message_zh)


def normal(value: Any) -> Any:
    """A host's value as the state keeps it: floats as Decimal, tuples as lists, at any depth."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is list:
        return value if all(type(item) in _PLAIN for item in value) else [normal(item) for item in value]
    if kind is dict:
        plain = all(type(item) in _PLAIN for item in value.values())
        return value if plain else {name: normal(item) for name, item in value.items()}
    return _converted(value)


def _converted(value: Any) -> Any:
    if isinstance(value, _KEPT):
        return value
    if isinstance(value, float):
        return Decimal(repr(value)) if value == value and abs(value) != float("inf") else None
    if isinstance(value, Mapping):
        return {str(name): normal(item) for name, item in value.items()}
    if isinstance(value, tuple | set | frozenset):
        return [normal(item) for item in value]
    kind = type(value).__name__
    raise Stuck("VALUE_INVALID", f"a {kind} cannot be kept as a variable", f"{kind} 类型的值不能保存为变量")
