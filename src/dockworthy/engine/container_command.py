"""A command in a container, as `docker exec` runs it, by the API: root can prove to a guard that it is root's.

Source: Engine API v1.45, POST /containers/{id}/exec, POST /exec/{id}/start (its frames: "Stream format" of
/containers/{id}/attach), GET /exec/{id}/json.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from ..errors import EngineError
from .connection import Connection

_FRAME = struct.Struct(">BxxxL")
_OUT, _ERRORS = 1, 2


async def output_of(engine: Connection, container: str, command: Sequence[str], *, user: str) -> bytes:
    """What it prints to standard output. `user`: `UID:GID`. Raises EngineError, with its last words where it ends with
    another status than 0."""
    settings = {"Cmd": [*command], "User": user, "AttachStdout": True, "AttachStderr": True}
    made = await engine.send("POST", f"/containers/{container}/exec", settings, as_root=True)
    stream = await engine.output(f"/exec/{made['Id']}/start", {"Detach": False, "Tty": False})
    parts = [*_frames(stream)]
    status = (await engine.get(f"/exec/{made['Id']}/json"))["ExitCode"]
    if status:
        said = b"".join(content for kind, content in parts if kind == _ERRORS).decode(errors="replace").split("\n")
        words = next((line for line in reversed(said) if line.strip()), "")
        raise EngineError(f"a command in container {container[:12]} ended with status {status}: {words[:300]}")
    return b"".join(content for kind, content in parts if kind == _OUT)


def _frames(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """Raises EngineError for a stream that is cut off."""
    at = 0
    while at < len(stream):
        if len(stream) < at + _FRAME.size:
            raise EngineError("the engine cut off what a command in a container printed")
        kind, size = _FRAME.unpack_from(stream, at)
        at += _FRAME.size
        if len(stream) < at + size:
            raise EngineError("the engine cut off what a command in a container printed")
        yield kind, stream[at : at + size]
        at += size
