"""Requests sent byte by byte as the matrix has them: a client library would mend what is to be tried broken."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from ...errors import EngineError
from .archives import archive
from .matrix import Trial

_MOST_BYTES = 1 << 20
"""Of an answer's body: more than any answer here says that matters."""
_SECONDS = 60.0
API = "1.45"
"""The version of the API that the matrix is written in; an older engine is asked in its own."""


class EngineAnswer(Struct, frozen=True):
    """`status` is 0 where the engine hung up without one."""

    status: int
    body: bytes = b""

    @property
    def by_guard(self) -> bool:
        """Refused by an authorization plugin, not by the engine for a reason of its own."""
        return self.status == 403 and b"authorization denied by plugin" in self.body

    @property
    def json(self) -> Any:
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            return None


def ask(socket_path: str, trial: Trial, names: Mapping[str, str]) -> EngineAnswer:
    """Raises EngineError where nobody answers."""
    return send(socket_path, request_of(trial, names), head_only=trial.hijack or trial.method == "HEAD")


def request_of(trial: Trial, names: Mapping[str, str]) -> bytes:
    """`names` stand in braces in targets and bodies."""
    body = archive(trial.archive, names["image"]) if trial.archive else _filled(trial.body or b"", names)
    headers: list[tuple[str, str | None]] = [("Host", "docker"), ("Connection", "close")]
    if trial.chunked:
        headers.append(("Transfer-Encoding", "chunked"))
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
    elif body or trial.method in ("POST", "PUT"):
        headers.append(("Content-Length", str(len(body))))
    if trial.is_json:
        headers.append(("Content-Type", "application/json"))
    given = {name for name, _ in trial.headers}
    lines = [(name, value) for name, value in headers if name not in given]
    lines += trial.headers
    spoken = trial.target.replace(f"/v{API}/", f"/v{names.get('api', API)}/")
    target = _filled(spoken.encode(), names).decode()
    head = f"{trial.method} {target} HTTP/1.1\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in lines if value is not None)
    return f"{head}\r\n".encode("utf-8", "surrogatepass") + body


def _filled(text: bytes, names: Mapping[str, str]) -> bytes:
    for name, value in names.items():
        text = text.replace(b"{%s}" % name.encode(), value.encode())
    return text


def send(socket_path: str, request: bytes, *, head_only: bool = False) -> EngineAnswer:
    """One request, one answer; of a stream the beginning."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_SECONDS)
        try:
            connection.connect(socket_path)
            try:
                connection.sendall(request)
            except (BrokenPipeError, ConnectionResetError):
                pass  # an answer may come before a large request has gone out
            return _answer(connection, head_only)
        except OSError as error:
            raise EngineError(f"the engine at {socket_path} does not answer: {error.strerror or error}") from None


def _answer(connection: socket.socket, head_only: bool) -> EngineAnswer:
    received = b""
    while b"\r\n\r\n" not in received:
        part = _part(connection)
        if not part:
            break
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    words = head.split(b"\r\n", 1)[0].split()
    if len(words) < 2 or not words[1].isdigit():
        return EngineAnswer(0)
    status = int(words[1])
    if status in (101, 204, 304) or (head_only and status < 300):
        return EngineAnswer(status)
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), None)
    while len(body) < (_MOST_BYTES if length is None else min(length, _MOST_BYTES)):
        part = _part(connection)
        if not part:
            break
        body += part
    chunked = b"\r\ntransfer-encoding: chunked" in head.lower()
    return EngineAnswer(status, _joined(body) if chunked else body)


def _part(connection: socket.socket) -> bytes:
    """Who does not read all that was sent hangs up with a reset behind its answer."""
    try:
        return connection.recv(65536)
    except ConnectionResetError:
        return b""


def _joined(body: bytes) -> bytes:
    """The chunks of a body, as far as they came."""
    joined = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        try:
            length = int(size.partition(b";")[0], 16)
        except ValueError:
            break
        joined, body = joined + rest[:length], rest[length + 2 :]
        if not length:
            break
    return joined
