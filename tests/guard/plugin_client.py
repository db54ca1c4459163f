"""A guard that serves its plugin's socket, and one who asks it as an engine would; no engine is there."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machines.engines import clean_environment
from machines.program import DOCKWORTHY
from patience import Limit, patience


class PluginConnection(http.client.HTTPConnection):
    """Kept alive, as the engine keeps it."""

    def __init__(self, path: Path) -> None:
        super().__init__("plugin", timeout=patience(60))
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(patience(60))
        self.sock.connect(str(self._path))

    def __enter__(self) -> PluginConnection:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def question(self, method: str, target: str, body: Any = None, user: str = "") -> dict[str, Any]:
        content = b"" if body is None else json.dumps(body).encode()
        headers = {"Content-Length": str(len(content))}
        if content:
            headers["Content-Type"] = "application/json"
        asked = {
            "RequestMethod": method, "RequestUri": target, "RequestHeaders": headers, "User": user,
            "RequestBody": base64.b64encode(content).decode(),
        }  # fmt: skip
        self.request("POST", "/AuthZPlugin.AuthZReq", json.dumps(asked))
        answer = self.getresponse()
        assert answer.status == 200
        told: dict[str, Any] = json.loads(answer.read())
        return told


@dataclass
class Serving:
    socket: Path
    process: subprocess.Popen[bytes]
    said: Path

    def connection(self) -> PluginConnection:
        return PluginConnection(self.socket)

    def hears(self, text: str) -> None:
        """Waits until the guard has said it."""
        wait(lambda: text in self.said.read_text(), f"the guard says {text!r}", self.said)

    def hang_up(self) -> None:
        self.process.send_signal(signal.SIGHUP)


def wait(condition: Any, what: str, said: Path, seconds: float = 60.0) -> None:
    limit = Limit(seconds)
    while not condition():
        assert limit.left > 0, f"{what}: not within {seconds:.0f} s; it said {said.read_text()}"
        time.sleep(0.05)


@contextlib.contextmanager
def serving(folder: Path, *options: str) -> Iterator[Serving]:
    """`options` follow `guard serve --socket …`. Nobody answers at its engine's address."""
    said, path = folder / "said", folder / "plugin.sock"
    path.unlink(missing_ok=True)  # of one before
    with said.open("wb") as heard:
        process = subprocess.Popen(
            [str(DOCKWORTHY), "guard", "serve", "--socket", str(path), "--docker", f"unix://{folder}/no-engine",
             *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=heard, env=clean_environment(), cwd=folder,
        )  # fmt: skip
    try:
        wait(lambda: path.exists() or process.poll() is not None, "the socket is there", said)
        assert process.poll() is None, said.read_text()
        yield Serving(path, process, said)
    finally:
        process.kill()
        process.wait()


__all__ = ["PluginConnection", "Serving", "serving", "wait"]
