"""A request made from what a person has at hand, judged as the guard would."""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import urlencode

from msgspec import Struct

from ...readers.docker_run.command_line import part
from ...readers.docker_run.request import request_of
from ..asked import Asked
from ..decision import Decision
from ..judges import judge
from ..policy_in_force import PolicyInForce
from ..world import World
from .unseen_world import UnseenWorld

_API = "v1.45"


class Explained(Struct, frozen=True, kw_only=True):
    """`open`: what the engine would be asked, and was not; an allowed request is allowed only if it answers so."""

    asked: Asked
    decision: Decision
    open: tuple[str, ...] = ()


async def explain(asked: Asked, policy: PolicyInForce, world: World | None = None) -> Explained:
    """Without a `world` no engine is asked."""
    unseen = UnseenWorld()
    decision = await judge(asked, unseen if world is None else world, policy)
    return Explained(asked=asked, decision=decision, open=unseen.notes)


def as_request(method: str, target: str, body: bytes) -> Asked:
    """As Docker's command line would send it."""
    headers = {"content-length": str(len(body))} if body or method == "POST" else {}
    if body:
        headers["content-type"] = "application/json"
    return Asked(method=method, target=target, headers=headers, body=body)


def request_of_run(arguments: Sequence[str], folder: str) -> Asked:
    """The create request of a `docker run` or `docker create` line, given as a shell parts it.

    Raises UsageError for what Docker's command line refuses.
    """
    given = part(arguments)
    query = urlencode({name: value for name in ("name", "platform") if (value := given.last(name))})
    body = json.dumps(request_of(given, folder).data).encode()
    return as_request("POST", f"/{_API}/containers/create" + (query and f"?{query}"), body)


__all__ = ["Explained", "as_request", "explain", "request_of_run"]
