"""From a request to a decision. Whatever goes wrong on the way is a refusal."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping

from msgspec import structs

from ...errors import DockworthyError
from ...model.kept_on_swarm import ADMINS_RULE
from ..decision import Decision, Refusal, refused
from ..engine_questions import DoesNotAnswer
from ..large_requests import aside, is_large
from ..path_lookups import PathHangs
from ..policy_in_force import PolicyInForce
from ..request import GuardRequest, NotAName, NotCanonical, TooMuch
from ..routes import Call, find_call
from ..world import World
from . import containers, creating, definitions, edge_secrets, images, kept_by_admins, networks, registries, services
from .case import Case
from .edge_secrets import EDGE_RULE

Judge = Callable[[Case], AsyncIterator[Refusal]]

_JUDGES: Mapping[str, Judge] = {
    **containers.JUDGES,
    **creating.JUDGES,
    **definitions.JUDGES,
    **edge_secrets.JUDGES,
    **images.JUDGES,
    **kept_by_admins.JUDGES,
    **networks.JUDGES,
    **registries.JUDGES,
    **services.JUDGES,
}
_OPEN_TO_ROOT = (EDGE_RULE, ADMINS_RULE)
"""Rules that do not hold for a request which proves that it is root's."""
_FORM = "Requests have one meaning only"


async def judge(asked: GuardRequest, world: World, policy: PolicyInForce) -> Decision:
    """Never raises: an error of ours is a refusal, and says that it is one."""
    begun = begin(asked)
    return begun if isinstance(begun, Decision) else await judge_call(begun, world, policy)


def begin(asked: GuardRequest) -> Decision | Call:
    """The decision where the route alone tells enough, else the call that is to be looked into. Never raises."""
    call = understood(asked)
    if isinstance(call, Decision) or call.route.judge:
        return call
    return call.passes


def understood(asked: GuardRequest) -> Decision | Call:
    """A Decision is the refusal of what takes no route. Never raises."""
    try:
        return find_call(asked)
    except Exception as error:
        action = f"{asked.method} {asked.target.partition('?')[0]}"[:200]
        return Decision(action=action, refusals=(refusal_of(error),))


async def judge_call(call: Call, world: World, policy: PolicyInForce) -> Decision:
    """Never raises. A large request is judged in a thread."""
    try:
        if is_large(call.body):
            refusals = await aside(lambda there: _refusals(call, there, policy), world)
        else:
            refusals = await _refusals(call, world, policy)
    except Exception as error:
        refusals = (refusal_of(error),)
    return structs.replace(call.passes, refusals=refusals)


async def _refusals(call: Call, world: World, policy: PolicyInForce) -> tuple[Refusal, ...]:
    """All of them, each once. What fails midway takes none of those away that were found before."""
    found: dict[Refusal, None] = {}
    try:
        async for refusal in _JUDGES[call.route.judge](Case(call=call, world=world, policy=policy)):
            found[refusal] = None
    except Exception as error:
        found[refusal_of(error)] = None
    return tuple(each for each in found if not (call.is_roots and each.rule in _OPEN_TO_ROOT))


def refusal_of(error: Exception) -> Refusal:
    if isinstance(error, TooMuch):
        return refused("guard/size", "A request asks for what can be judged in a moment", str(error), "make several")
    if isinstance(error, NotAName):
        return refused("guard/names", "What a name stands for can be looked up", str(error), "write the name in full")
    if isinstance(error, NotCanonical):
        return refused("guard/canonical", _FORM, str(error))
    if isinstance(error, PathHangs):
        return refused("guard/hung-path", "Paths of the host that are mounted answer", error.says, error.hint)
    if isinstance(error, DoesNotAnswer):
        return refused("guard/unknown", "What a request stands for can be looked up", error.says, error.hint)
    if isinstance(error, DockworthyError):
        return refused("guard/unknown", "What a request stands for can be looked up", error.says)
    # The engine takes silence for a yes in some versions: whatever happens here, the answer is no.
    says = f"it failed: {type(error).__name__}"
    return refused("guard/error", "The guard judges every request", says, "report this as a bug")
