"""The plugin as a program: its socket, its answers, its end.

What the engine and an authorization plugin say to each other. Source: Docker's "Access authorization plugin".
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Protocol, cast

import msgspec
from msgspec import Struct, structs

from ...engine.root_proof import HEADER, is_sealed
from ..decision import Decision
from ..fair_threads import ASKER
from ..graceful_shutdown import ShutdownAsked
from ..judges import begin, judge_call
from ..listening import BACKLOG, listened
from ..policy_in_force import PolicyInForce
from ..request import GuardRequest
from ..routes import Call
from ..world import World
from .moved_images import CREATES, ImageLookup, NotingWorld, PendingCreates
from .protocol import PluginProtocol, Said
from .warming import warm_up

ACTIVATE, REQUEST, RESPONSE = "/Plugin.Activate", "/AuthZPlugin.AuthZReq", "/AuthZPlugin.AuthZRes"
ACTIVATED = b'{"Implements":["authz"]}'
ALLOWED = b'{"Allow":true}'


class _Question(Struct, frozen=True):
    """`RequestBody` comes in base64; headers of one name are joined to the last one by the engine."""

    RequestMethod: str
    RequestUri: str
    RequestBody: bytes = b""
    RequestHeaders: dict[str, str] | None = None
    User: str = ""
    ResponseStatusCode: int = 0
    ResponseBody: bytes = b""


_decoder = msgspec.json.Decoder(_Question)
_encoder = msgspec.json.Encoder()


def read_question(body: bytes) -> GuardRequest:
    """Raises ValueError for what no engine says."""
    try:
        question = _decoder.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"not an engine's question: {error}") from None
    headers = question.RequestHeaders or {}
    return GuardRequest(
        method=question.RequestMethod,
        target=question.RequestUri,
        headers={name.lower(): value for name, value in headers.items()},
        body=question.RequestBody,
        user=question.User,
    )


def read_answer(body: bytes) -> tuple[GuardRequest, int, bytes]:
    """What was asked, and the engine's answer: status and body. Raises ValueError."""
    try:
        question = _decoder.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"not an engine's answer: {error}") from None
    asked = GuardRequest(method=question.RequestMethod, target=question.RequestUri, body=question.RequestBody)
    return asked, question.ResponseStatusCode, question.ResponseBody


def answer_of(decision: Decision) -> bytes:
    return ALLOWED if decision.allowed else denied(decision.message())


def denied(says: str) -> bytes:
    return _encoder.encode({"Allow": False, "Msg": says})


Told = Callable[[GuardRequest, Decision], Decision]
InForce = Callable[[], PolicyInForce]


_LOOK_EVERY = 5.0
_UNREAD = RESPONSE.encode()
_SEAL = HEADER.lower()


class KnownCaller(Protocol):
    """Somebody whom another part of this process knows."""

    @property
    def who(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def grant(self) -> str: ...
    @property
    def is_admin(self) -> bool:
        """The policy does not bind them."""


Vouching = Callable[[GuardRequest], KnownCaller | None]


@contextlib.asynccontextmanager
async def plugin_served(
    path: Path,
    policy: InForce,
    world: World,
    leaving: ShutdownAsked,
    *,
    told: Told,
    vouching: Vouching = lambda _: None,
    root_key: bytes | None = None,
) -> AsyncIterator[None]:
    """Answers as long as the context lasts. `policy` is asked at each question, so that it can change; `told` hears of
    each decision and gives back the one that holds; `vouching` tells whose request it is, where this process sent it;
    with `root_key` root's requests are sealed (engine/root_proof.py).

    Raises UsageError where the socket can't be made.
    """
    warm_up(policy())
    connected: set[PluginProtocol] = set()
    pending = PendingCreates()
    answer = partial(_answer, policy, world, pending, told, vouching, root_key)
    with listened(path, mode=0o600) as listening:
        server = await asyncio.get_running_loop().create_unix_server(
            lambda: PluginProtocol(answer, connected, unread=lambda path: path == _UNREAD and not pending),
            sock=listening,
            backlog=BACKLOG,
        )
        hurrying = asyncio.create_task(_hurry(connected))
        try:
            yield
        finally:
            hurrying.cancel()
            server.close()
            for each in connected:
                each.leaves = True
            await leaving.see_off(connected)


async def _hurry(connected: set[PluginProtocol]) -> None:
    """Hangs up on who does not end a question. Until it is cancelled."""
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        now = asyncio.get_running_loop().time()
        for each in list(connected):
            if each.is_late(now):
                each.abort()


def _answer(
    policy: InForce,
    world: World,
    pending: PendingCreates,
    told: Told,
    vouching: Vouching,
    root_key: bytes | None,
    path: str,
    body: bytes,
) -> Said | Awaitable[Said]:
    """A question that can't be read is answered with a no, never with silence."""
    if path == ACTIVATE:
        return 200, ACTIVATED
    if path == RESPONSE:
        # To deny what was done already would only hide it, but for what is undone.
        return _undone(body, world, pending, told) if pending and body else (200, ALLOWED)
    if path != REQUEST:
        return 404, b'{"Err":"no such call"}'
    try:
        asked, begun = _KNOWN.get(body) or _read(body)
    except ValueError as error:
        return 200, denied(str(error))
    vouched = vouching(asked)
    if vouched is not None:
        asked = structs.replace(asked, user=vouched.who, role=vouched.role, grant=vouched.grant)
        if isinstance(begun, Call):  # which of them brought a login was seen where they asked, and not here
            begun = begun.passes if vouched.is_admin else structs.replace(begun, has_login=True)
    elif _SEAL in asked.headers and is_sealed(root_key, asked.headers[_SEAL], asked.method, asked.target, asked.body):
        asked = structs.replace(asked, user="root")
        if isinstance(begun, Call):
            begun = structs.replace(begun, is_roots=True)
    if isinstance(begun, Decision):
        return 200, answer_of(told(asked, begun))
    return _looked_into(asked, begun, policy(), world, pending, told)


def _read(body: bytes) -> tuple[GuardRequest, Decision | Call]:
    """Raises ValueError. What programs ask again and again is read once, where the route alone decides on it and
    nothing in it may be a secret."""
    asked = read_question(body)
    begun = begin(asked)
    if isinstance(begun, Decision) and begun.allowed and len(body) <= _SHORT and asked.headers.keys() <= _PLAIN:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[body] = asked, begun
    return asked, begun


_KNOWN: dict[bytes, tuple[GuardRequest, Decision]] = {}
"""Questions that were asked before, byte for byte."""
_MOST_KNOWN = 256
_SHORT = 2048
"""Bytes of a question."""
_PLAIN = frozenset(("host", "user-agent", "accept", "accept-encoding", "connection", "content-length", "content-type"))
"""Headers that hold no secret."""


async def _looked_into(
    asked: GuardRequest, call: Call, policy: PolicyInForce, world: World, pending: PendingCreates, told: Told
) -> Said:
    ASKER.set(asked.user)
    noting = NotingWorld(world)
    decision = told(asked, await judge_call(call, noting.as_world, policy))
    if decision.allowed and call.route.action == CREATES:
        pending.expect(asked, noting)
    return 200, answer_of(decision)


async def _undone(body: bytes, world: World, pending: PendingCreates, told: Told) -> Said:
    """What was made of another image than the one that was judged."""
    try:
        asked, status, answer = read_answer(body)
    except ValueError:
        return 200, ALLOWED
    decision = await pending.judge(asked, status, answer, cast(ImageLookup, world))
    return 200, ALLOWED if decision is None else answer_of(told(asked, decision))
