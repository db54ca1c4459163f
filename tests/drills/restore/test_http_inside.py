"""How a copy is asked over HTTP: directly, whatever the host's environment says, and only there."""

from __future__ import annotations

import contextlib
import os
import shutil
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from dockworthy.drills.restore.questions import _HTTP
from patience import patience

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root enters a container's network")


class Asked(BaseHTTPRequestHandler):
    """`/sent` sends elsewhere, `/gone` is an error, all else is found."""

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Host"]))  # type: ignore[attr-defined]
        self.send_response({"/sent": 302, "/gone": 503}.get(self.path, 200))
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *said: object) -> None:
        pass


@contextlib.contextmanager
def serving() -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """Its port, and what it was asked."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Asked) as server:
        asked: list[tuple[str, str]] = []
        server.asked = asked  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1], asked
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(params=["curl", "python3"])
def programs(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with nothing but what one of the two ways needs."""
    for name in ("sh", "nsenter", request.param):
        found = os.path.realpath(sys.executable) if name == "python3" else shutil.which(name)
        if found is None:
            pytest.skip(f"{name} is not installed")
        (tmp_path / name).symlink_to(found)
    return tmp_path


def answer(programs: Path, port: int, path: str) -> str:
    script = _HTTP.with_arguments(os.getpid(), "127.0.0.1", port, path, "shop.test")
    nobody = "http://127.0.0.1:1"
    (programs / ".curlrc").write_text(f"proxy = {nobody}\nlocation\n")
    done = subprocess.run(
        [programs / "sh", "-c", script],
        env={"PATH": str(programs), "HOME": str(programs), "http_proxy": nobody, "ALL_PROXY": nobody},
        capture_output=True,
        text=True,
        timeout=patience(30),
    )
    return done.stdout.strip()


def test_it_is_asked_by_no_proxy_and_followed_nowhere(programs: Path) -> None:
    with serving() as (port, asked):
        assert answer(programs, port, "/healthz") == "200"
        assert answer(programs, port, "/sent") == "302"
        assert answer(programs, port, "/gone") == "503"
        assert answer(programs, port, "/a/../b[1-9]") == "200"
    assert asked == [(path, "shop.test") for path in ("/healthz", "/sent", "/gone", "/a/../b[1-9]")]


def test_nobody_answers(programs: Path) -> None:
    assert answer(programs, 1, "/") in ("", "000")
