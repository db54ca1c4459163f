"""The only door to a Docker Engine.

aiodocker opens it (transport, TLS, session); reading asks through its session directly, because one inspect an object
of a thousand should not pay for a version check, header dictionaries and a second JSON decoder each time.
Importing this module costs nothing: aiohttp (140 ms) is imported when a connection is made.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from ..errors import EngineTimeout
from .endpoint import socket_path
from .faults import failed_answer, failed_request, has_no_leader
from .opening import NEWEST_API, decoded, negotiated, opened
from .root_proof import HEADER, seal
from .silence import waits_for_plugin

if TYPE_CHECKING:
    import aiohttp
    from aiodocker import Docker

_CHUNK = 1 << 18
_NO_HEADERS: Mapping[str, str] = {}
_JSON = "application/json"

ELECTION = 30.0
"""Seconds in which managers of a swarm that are all there have a leader again (seen: 15 s)."""
ELECTING = "the swarm has no leader now: its managers elect one, which is waited for"
_LOOKS_AGAIN = 0.5

AT_ONCE = 16
"""Requests under way at a time: more do not make an engine faster, only its answers later."""


class EngineSocket(NamedTuple):
    """A socket of ours behind which the engine is, how many requests it takes at a time, and whether the connection to
    the engine's host has ended."""

    socket: Path
    at_once: int = AT_ONCE
    has_ended: Callable[[], bool] = lambda: False


class Connection:
    """An async context manager. Entering it asks `GET /version`, once: that proves the engine is there, and negotiates.

    `deadline` bounds the whole connection from entering it (None: it lasts), `per_call` each request (in seconds).
    `version` is the engine's answer, `api` the API version that is spoken. `way` leads to an engine that can't be
    reached directly; `at_once` is how many requests are under way at a time on one that can. `election`: seconds for
    which a request is repeated that a swarm without a leader did not take.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        deadline: float | None = 10.0,
        per_call: float = 5.0,
        environ: Mapping[str, str] = os.environ,
        way: EngineSocket | None = None,
        election: float = 0.0,
        at_once: int = AT_ONCE,
    ) -> None:
        self.endpoint = endpoint
        self.version: dict[str, Any] = {}
        self.api = NEWEST_API
        self.calls = 0
        self.on_election: Callable[[], None] = lambda: None
        """Is called where a request begins to wait for a leader of the swarm."""
        self.root_key: bytes | None = None
        """By which a guard of the engine's host knows what root sends (root_proof.py); None where there is none."""
        self._election = election
        self._waits = False
        self._seconds = math.inf if deadline is None else deadline
        self._per_call = per_call
        self._environ = environ
        self._slots = asyncio.Semaphore(way.at_once if way else at_once)
        self._at = f"unix://{way.socket}" if way else endpoint
        self._way = way
        self._ends = 0.0
        self._docker: Docker | None = None

    async def __aenter__(self) -> Self:
        """Raises EngineUnreachable, EngineRefused, EngineTimeout, or EngineError where something else answers."""
        self._ends = asyncio.get_running_loop().time() + self._seconds
        self._docker = opened(self._at, self._environ)
        try:
            self.version = await self._ask("/version", "GET /version", None)
            self.api = negotiated(self.version, self.endpoint)
        except BaseException:
            await self._docker.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._docker is not None:
            await self._docker.close()

    async def get(self, path: str, *, until: float | None = None) -> Any:
        """The decoded JSON of `GET path` (with its query, ready encoded). `until` is an earlier end, in loop time.

        Raises EngineError and its kinds; NoSuchObject (faults.py) for what is not there.
        """
        return await self._ask(f"/v{self.api.major}.{self.api.minor}{path}", f"GET {path.partition('?')[0]}", until)

    async def raw(self, path: str) -> bytes:
        """What `GET path` answers, as it comes: a log, an archive. Raises EngineError and its kinds."""
        asked = f"GET {path.partition('?')[0]}"
        status, content = await self._bounded(f"/v{self.api.major}.{self.api.minor}{path}", asked, None)
        if status >= 400:
            raise failed_answer(status, content, self.endpoint, asked)
        return content

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        seconds: float | None = None,
        answer: bool = True,
        headers: Mapping[str, str] = _NO_HEADERS,
        as_root: bool = False,
    ) -> Any:
        """Asks the engine to change something; the decoded answer, None where it has nothing to say.

        `seconds` is the time that this one may take; `answer`: is there JSON to decode; `headers` are in no message.
        `as_root`: where we are root on the engine's host, a guard there can see that (root_proof.py).
        Not repeated by itself.
        Raises EngineError and its kinds; NoSuchObject (faults.py) for what is not there.
        """
        versioned = f"/v{self.api.major}.{self.api.minor}{path}"
        asked = f"{method} {path.partition('?')[0]}"
        if as_root:
            body, proof = self._sealed(method, versioned, body)
            headers = {**headers, **proof}
        status, content = await self._led(
            versioned, asked, None, method=method, body=body, per_call=seconds, headers=headers
        )
        if status < 400 and (not content or not answer):
            return None
        return decoded(status, content, self.endpoint, asked)

    async def lines(self, path: str) -> AsyncIterator[bytes]:
        """Of an answer that goes on until the engine ends it. Raises EngineError and its kinds."""
        async with self._streamed("GET", path) as content:
            async for line in content:
                yield line

    async def chunks(self, path: str) -> AsyncGenerator[bytes, None]:
        """Of an answer that is too much to be held: an image. Raises EngineError and its kinds."""
        async with self._streamed("GET", path) as content:
            async for chunk in content.iter_chunked(_CHUNK):
                yield chunk

    async def take(self, path: str, body: AsyncIterable[bytes]) -> bytes:
        """Gives the engine an archive (tar) by POST, as it comes; what it said to that. It may take as long as it
        lasts. Raises EngineError and its kinds, and what `body` raises."""
        async with self._streamed("POST", path, body, {"Content-Type": "application/x-tar"}) as content:
            return await content.read()

    async def output(self, path: str, settings: Mapping[str, Any]) -> bytes:
        """All that comes from a POST with `settings`, until the engine ends it: what a command in a container prints.
        As root's, where we are root there (root_proof.py). Raises EngineError and its kinds."""
        content, proof = self._sealed("POST", f"/v{self.api.major}.{self.api.minor}{path}", settings)
        async with self._streamed("POST", path, content, {"Content-Type": _JSON, **proof}) as stream:
            return await stream.read()

    def _sealed(self, method: str, target: str, body: Any) -> tuple[bytes, Mapping[str, str]]:
        """The body as it is sent, and the header that proves that root sends it."""
        content = b"" if body is None else json.dumps(body).encode()
        proof = {HEADER: seal(self.root_key, method, target, content)} if self.root_key is not None else {}
        return content, proof

    @contextlib.asynccontextmanager
    async def _streamed(
        self,
        method: str,
        path: str,
        body: AsyncIterable[bytes] | bytes | None = None,
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> AsyncIterator[aiohttp.StreamReader]:
        import aiohttp

        assert self._docker is not None, "the connection was not entered"
        url = f"{self._docker.docker_host}/v{self.api.major}.{self.api.minor}{path}"
        asked = f"{method} {path.partition('?')[0]}"
        try:
            async with self._docker.session.request(method, url, data=body, headers=headers) as response:
                if response.status >= 400:
                    raise failed_answer(response.status, await response.read(), self.endpoint, asked)
                yield response.content
        except (aiohttp.ClientError, ConnectionError) as error:
            raise failed_request(error, self.endpoint, asked, way_ended=self._way_has_ended()) from None

    def _way_has_ended(self) -> bool:
        return self._way is not None and self._way.has_ended()

    async def _ask(self, path: str, asked: str, until: float | None) -> Any:
        status, body = await self._led(path, asked, until)
        return decoded(status, body, self.endpoint, asked)

    async def _led(self, path: str, asked: str, until: float | None, **more: Any) -> tuple[int, bytes]:
        """Waits for a swarm's managers that elect a leader: what none took was not begun. Where it waited in vain once,
        the next request does not wait again."""
        clock = asyncio.get_running_loop().time
        begun = clock()
        while True:
            status, body = await self._bounded(path, asked, until, **more)
            if not self._election or not has_no_leader(status, body, asked):
                return status, body
            if clock() - begun > self._election:
                self._election = 0.0
                return status, body
            if not self._waits:
                self._waits = True
                self.on_election()
            await asyncio.sleep(_LOOKS_AGAIN)

    async def _bounded(
        self,
        path: str,
        asked: str,
        until: float | None,
        *,
        method: str = "GET",
        body: Any = None,
        per_call: float | None = None,
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> tuple[int, bytes]:
        """Status and body, within the connection's time and the call's own."""
        clock = asyncio.get_running_loop().time
        ends = self._ends if until is None else min(self._ends, until)
        begun = None
        try:
            async with asyncio.timeout_at(None if ends == math.inf else ends), self._slots:
                begun = clock()  # a call's own time runs from when it is sent, not while it waits for its turn
                if begun >= ends:
                    raise TimeoutError
                async with asyncio.timeout_at(begun + (per_call or self._per_call)):
                    self.calls += 1
                    return await self._fetch(path, asked, method, body, headers)
        except TimeoutError:
            waited = "in time" if begun is None else f"within {max(clock() - begun, 0.0):.1f} s"
            waiting = waits_for_plugin(socket_path(self.endpoint))
            raise EngineTimeout(
                f"the engine at {self.endpoint} did not answer {asked} {waited}"
                + (f": {waiting.says}" if waiting else ""),
                hint=waiting.hint if waiting else "does `docker ps` answer? if not, its log tells why",
            ) from None

    async def _fetch(
        self, path: str, asked: str, method: str, body: Any, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        import aiohttp

        assert self._docker is not None, "the connection was not entered"
        url = f"{self._docker.docker_host}{path}"
        content: Mapping[str, Any] = {"json": body}
        if isinstance(body, bytes):  # byte for byte as it was sealed
            content = {"data": body or None}
            headers = {**headers, "Content-Type": _JSON} if body else headers
        try:
            async with self._docker.session.request(method, url, **content, headers=headers) as response:
                return response.status, await response.read()
        except (aiohttp.ClientError, ConnectionError) as error:
            raise failed_request(error, self.endpoint, asked, way_ended=self._way_has_ended()) from None
