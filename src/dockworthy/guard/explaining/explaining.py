"""A request made from what a person has at hand, judged as the guard would."""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import urlencode

from msgspec import Struct

from ...errors import UsageError
from ...readers.docker_run.command_line import part
from ...readers.docker_run.request import request_of
from ..decision import Decision
from ..judges import judge
from ..policy_in_force import PolicyInForce
from ..request import GuardRequest
from ..world import World
from .unseen_world import UnseenWorld

_API = "v1.45"


_PLAIN = {"ps": ("GET", f"/{_API}/containers/json"), "build": ("POST", "/grpc")}
"""What BuildKit builds is shown to no plugin: flags of `docker build` change nothing of what is judged."""
_BY_REQUEST = "name the request that it sends: --request URI [--method GET] [--body FILE] (docs/guard-requests.md)"
_INSTEAD = {
    "exec": (
        f"name its request: --request /{_API}/containers/NAME/exec --body FILE, with FILE as "
        '{"Cmd": ["sh"], "Privileged": false}'
    ),
    "compose": (
        "`dockworthy check compose.yaml` judges what a Compose file asks for; of one service name the request: "
        f"--request /{_API}/containers/create --body FILE"
    ),
}


def _command(arguments: Sequence[str]) -> str:
    """`ps` of `docker ps` and `docker container ls`; empty for a line that names no program."""
    if list(arguments[:1]) != ["docker"]:
        return ""
    words = [word for word in arguments[1:3] if not word.startswith("-")]
    word = (
        words[1] if len(words) > 1 and words[0] in ("container", "image", "builder", "buildx") else "".join(words[:1])
    )
    return {"ls": "ps", "list": "ps"}.get(word, word) if words[:1] != ["image"] or word == "build" else f"image {word}"


class Explained(Struct, frozen=True, kw_only=True):
    """`open`: what the engine would be asked, and was not; an allowed request is allowed only if it answers so."""

    asked: GuardRequest
    decision: Decision
    open: tuple[str, ...] = ()


async def explain(asked: GuardRequest, policy: PolicyInForce, world: World | None = None) -> Explained:
    """Without a `world` no engine is asked."""
    unseen = UnseenWorld()
    decision = await judge(asked, unseen if world is None else world, policy)
    return Explained(asked=asked, decision=decision, open=unseen.notes)


def as_request(method: str, target: str, body: bytes) -> GuardRequest:
    """As Docker's command line would send it."""
    headers = {"content-length": str(len(body))} if body or method == "POST" else {}
    if body:
        headers["content-type"] = "application/json"
    return GuardRequest(method=method, target=target, headers=headers, body=body)


def request_of_run(arguments: Sequence[str], folder: str) -> GuardRequest:
    """The create request of a `docker run` or `docker create` line, given as a shell parts it; of `docker ps` and
    `docker build` the request that a plugin sees of them.

    Raises UsageError for what Docker's command line refuses, and for other commands, with the request to name instead.
    """
    command = _command(arguments)
    if command in _PLAIN:
        return as_request(*_PLAIN[command], b"")
    if command and command not in ("run", "create"):
        raise UsageError(
            f"a line of `docker {command}` is not taken apart here: explain reads docker run, create, build and ps",
            hint=_INSTEAD.get(command, _BY_REQUEST),
        )
    given = part(arguments)
    query = urlencode({name: value for name in ("name", "platform") if (value := given.last(name))})
    body = json.dumps(request_of(given, folder).data).encode()
    return as_request("POST", f"/{_API}/containers/create" + (query and f"?{query}"), body)
