"""Something that listens where an engine would: for the faults which a real engine can't be brought to."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

VERSION = {"Version": "26.1.5", "ApiVersion": "1.45", "MinAPIVersion": "1.24"}


class Raw(NamedTuple):
    """Bytes as they go over the wire; then the connection is closed."""

    content: bytes


class Status(NamedTuple):
    """An answer that is not 200."""

    status: int
    body: Any


HANG = object()
"""The request is taken and never answered."""
HANG_UP = Raw(b"")
CUT = Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")

EMPTY: dict[str, Any] = {
    "/version": VERSION,
    "/info": {"ID": "fake", "Swarm": {"LocalNodeState": "inactive"}},
    "/containers/json": [],
    "/images/json": [],
    "/volumes": {"Volumes": [], "Warnings": None},
    "/networks": [],
    "/plugins": [],
    "/system/df": {},
}
"""What an engine without anything answers."""


class FakeEngine:
    """`answers`: API path without version and query -> JSON, Status, Raw, HANG, or a function of the path."""

    def __init__(self, answers: Mapping[str, Any], path: Path) -> None:
        self.answers = {**EMPTY, **answers}
        self.endpoint = f"unix://{path}"
        self.calls: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                path = request.split(b" ", 2)[1].decode()
                self.calls.append(path)
                answer = self._answer(path)
                if inspect.isawaitable(answer):
                    answer = await answer
                if answer is HANG:
                    await asyncio.sleep(3600)
                if isinstance(answer, Raw):
                    writer.write(answer.content)
                    break
                writer.write(_http(answer))
                await writer.drain()
        writer.close()

    def _answer(self, path: str) -> Any:
        plain = path.partition("?")[0]
        if plain.startswith("/v1."):
            plain = "/" + plain.split("/", 2)[2]
        answer = self.answers.get(plain, Status(404, {"message": f"No such object: {plain}"}))
        return answer(path) if isinstance(answer, Callable) else answer  # type: ignore[arg-type]


def _http(answer: Any) -> bytes:
    status, body = answer if isinstance(answer, Status) else (200, answer)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
        status,
        len(content),
        content,
    )


@contextlib.asynccontextmanager
async def fake_engine(folder: Path, answers: Mapping[str, Any] | None = None) -> AsyncIterator[FakeEngine]:
    """Listens at a socket in `folder`; ends with all its connections."""
    engine = FakeEngine(answers or {}, folder / "engine.sock")
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await engine.serve(reader, writer)
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            writer.close()
            tasks.discard(task)

    server = await asyncio.start_unix_server(accept, folder / "engine.sock")
    try:
        yield engine
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
