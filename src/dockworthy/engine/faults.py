"""What can go wrong between us and an engine, as sentences a person can act on."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import msgspec

from ..errors import EngineError, EngineRefused, EngineUnreachable, HostAway
from ..model.half_begun import RESTART_STOPPED, STOPPED
from .endpoint import socket_path
from .silence import why_silent
from .ssh.address import is_ssh, ssh_address
from .ssh.faults import IS_IT_UP, NO_WAY

if TYPE_CHECKING:
    import aiohttp


class NoSuchObject(EngineError):
    """The engine does not know the object: it was removed between the list and the question."""


class NotUnderstood(EngineError):
    """The engine takes the question for none (400): no object can have such a name."""


class WrongState(EngineError):
    """The engine is not in the state that the question needs (503: no manager of a swarm)."""


class NoLeader(WrongState):
    """The managers of its swarm have no leader: they elect one, or most of them are gone. Nothing was done."""


def failed_request(
    error: aiohttp.ClientError | OSError, endpoint: str, asked: str, *, way_ended: bool = False
) -> EngineError:
    """The error for a request that got no whole answer. `asked` is the API path, as `GET /info`; `way_ended`: the ssh
    connection to the engine's host has ended, as far as we know."""
    import aiohttp  # 140 ms, which whoever gets here has paid

    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
        return EngineRefused(f"{endpoint} and we do not trust each other's certificates: {error}")
    number = _errno(error)
    if is_ssh(endpoint) and (way_ended or isinstance(error, aiohttp.ClientConnectorError)):
        # Who connects, connects to ssh on this machine: only that can be gone.
        host = ssh_address(endpoint).host
        return HostAway(
            f"{NO_WAY.format(host=host)}: the ssh connection to it has ended", hint=IS_IT_UP.format(host=host)
        )
    path = socket_path(endpoint)
    if path is not None and number in (errno.ENOENT, errno.ENOTDIR):
        return EngineUnreachable(
            f"no engine listens here: {path} does not exist", hint="is Docker Engine installed and started?"
        )
    if path is not None and number in (errno.EACCES, errno.EPERM):
        return EngineRefused(
            f"{_user()} may not open the engine's socket {path}",
            hint="run as root, or as a member of the group that owns the socket (who may open it is root on the host)",
        )
    if number == errno.ECONNREFUSED:
        why = why_silent(path or "")
        return EngineUnreachable(f"nobody listens at {endpoint}: {why.says}", hint=why.hint)
    if isinstance(error, aiohttp.ClientConnectorError):
        return EngineUnreachable(f"{endpoint} can't be reached: {error.os_error.strerror or error}")
    if isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientPayloadError | aiohttp.ClientOSError):
        hint = "did it stop or crash?"
        if is_ssh(endpoint):
            hint = "did it stop, or was the ssh connection lost? Run this again: it goes on from what it finds"
        return EngineUnreachable(f"the engine at {endpoint} hung up during {asked}", hint=hint)
    return EngineError(f"what answers {asked} at {endpoint} does not speak as a Docker Engine does")


def failed_answer(status: int, body: bytes, endpoint: str, asked: str) -> EngineError:
    """The error for an answer with a status of 400 and more."""
    says = _message(body)
    if status in (401, 403):
        return EngineRefused(f"the engine at {endpoint} refused {asked}: {says}")
    if status == 400:
        return NotUnderstood(f"the engine answered {asked} with status {status}: {says}", hint=_way_back(says))
    if status == 404:
        return NoSuchObject(f"the engine does not know what {asked} asks for: {says}")
    if has_no_leader(status, body, asked):
        return NoLeader("the swarm has no leader now", hint=NO_LEADER)
    if status == 503:
        return WrongState(f"the engine can't answer {asked} now: {says}", hint=_way_back(says))
    return EngineError(f"the engine answered {asked} with status {status}: {says}", hint=_way_back(says))


NO_LEADER = (
    "managers that run and reach each other (2377/tcp) elect a leader within half a minute: start those that are down, "
    "or mend the network between them, and run this again; only where more than half are lost for good: "
    "docs/swarm-recovery.md"
)
"""What to do where a swarm's managers have no leader. What makes a new swarm of one of them is on that page alone: done
while the others are there, it makes two swarms."""
_NO_LEADER = ("does not have a leader", "too few managers", "lost leader status", "no elected primary")
_GAVE_UP = "code = DeadlineExceeded"


def says_no_leader(says: str) -> bool:
    """In the swarm's own words."""
    return any(words in says for words in _NO_LEADER)


def has_no_leader(status: int, body: bytes, asked: str) -> bool:
    """Did a manager answer that the swarm has no leader now? It did nothing then. Before it has noticed, it gives up on
    the one that is gone: of a question that changes nothing that is the same. `asked`: as `GET /info`."""
    if status not in (500, 503):
        return False
    says = _message(body)
    return says_no_leader(says) or (asked.startswith("GET ") and _GAVE_UP in says)


def _way_back(says: str) -> str:
    """Of what a swarm says of itself, what a person does next."""
    if STOPPED in says:
        return RESTART_STOPPED
    if "encrypted and needs to be unlocked" in says:
        return "docker swarm unlock, with the key that was kept"
    return "name a manager: --host ssh://root@MANAGER" if "not a swarm manager" in says else ""


def _errno(error: BaseException) -> int | None:
    """aiohttp wraps the system's error; its own copy of the number is not always set."""
    inner = getattr(error, "os_error", error)
    number = getattr(inner, "errno", None)
    return number if isinstance(number, int) else None


def _message(body: bytes) -> str:
    """The engine's own words: `{"message": "…"}`, else the start of whatever came."""
    try:
        message = msgspec.json.decode(body)["message"]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError, TypeError):
        message = body[:200].decode(errors="replace")
    return " ".join(str(message).split())[:500] or "no reason given"


def _user() -> str:
    return "this user" if os.geteuid() else "root"
