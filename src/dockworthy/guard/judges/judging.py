"""From a request to a decision. Whatever goes wrong on the way is a refusal."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping

from ...errors import DockworthyError
from ..asked import Asked, NotCanonical
from ..decision import Decision, Refusal, refused
from ..policy_in_force import PolicyInForce
from ..routes import find_call
from ..world import World
from . import containers, creating, definitions, images, networks, services
from .case import Case

Judge = Callable[[Case], AsyncIterator[Refusal]]

_JUDGES: Mapping[str, Judge] = {
    **containers.JUDGES,
    **creating.JUDGES,
    **definitions.JUDGES,
    **images.JUDGES,
    **networks.JUDGES,
    **services.JUDGES,
}
_FORM = "Requests have one meaning only"


async def judge(asked: Asked, world: World, policy: PolicyInForce) -> Decision:
    """Never raises: an error of ours is a refusal, and says that it is one."""
    action = f"{asked.method} {asked.target.partition('?')[0]}"[:200]
    subject = ""
    try:
        call = find_call(asked)
        action, subject = call.route.action, call.subject
        if not call.route.judge:
            return Decision(action=action, subject=subject)
        case = Case(call=call, world=world, policy=policy)
        refusals = [refusal async for refusal in _JUDGES[call.route.judge](case)]
        return Decision(action=action, subject=subject, refusals=tuple(refusals))
    except NotCanonical as error:
        refusal = refused("guard/canonical", _FORM, str(error))
    except DockworthyError as error:
        refusal = refused("guard/unknown", "What a request stands for can be looked up", error.says)
    except Exception as error:
        # The engine takes silence for a yes in some versions: whatever happens here, the answer is no.
        refusal = refused(
            "guard/error",
            "The guard judges every request",
            f"it failed: {type(error).__name__}",
            "report this as a bug",
        )
    return Decision(action=action, subject=subject, refusals=(refusal,))


__all__ = ["judge"]
