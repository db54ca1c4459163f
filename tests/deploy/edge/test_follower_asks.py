"""The edge's follower as a program of its own, before an engine that does not always answer as it should."""

from __future__ import annotations

import contextlib
import fcntl
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from typing import Any

import pytest

from deploy.edge.test_follower_judges import ALIAS, container
from dockworthy.deploy.edge.following import follower
from patience import patience, wait_until


class FakeEngine(ThreadingUnixStreamServer):
    """`containers`: what it lists. `broken`: images of which it says nothing but 500. `joined`: who was joined, as
    what. `event()`: something started."""

    daemon_threads = True

    def __init__(self, path: str) -> None:
        super().__init__(path, _Answers)
        self.containers: list[dict[str, Any]] = []
        self.broken: set[str] = set()
        self.joined: dict[str, list[str]] = {}
        self.listening = 0
        self.events = threading.Condition()
        self.number = 0
        self.hung_up = 0

    def event(self) -> None:
        with self.events:
            self.number += 1
            self.events.notify_all()

    def hang_up(self) -> None:
        with self.events:
            self.hung_up += 1
            self.events.notify_all()


class _Answers(BaseHTTPRequestHandler):
    server: FakeEngine
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        engine = self.server
        if self.path.startswith("/events"):
            self._tell()
        elif self.path.startswith("/containers/json"):
            self._answer(200, engine.containers)
        elif any(self.path.startswith(f"/images/{each}/") for each in engine.broken):
            self._answer(500, {"message": "the layer is damaged"})
        else:
            self._answer(200, {"Config": {"Labels": None}})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.joined[body["Container"]] = body["EndpointConfig"]["Aliases"]
        for each in self.server.containers:
            if each["Id"] == body["Container"]:
                each["NetworkSettings"] = {"Networks": {"dockworthy-edge": {}}}
        self._answer(200, None)

    def _answer(self, status: int, what: Any) -> None:
        text = b"" if what is None else json.dumps(what).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _tell(self) -> None:
        engine = self.server
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        with engine.events:
            engine.listening += 1
            seen, ends = engine.number, engine.hung_up
            while engine.hung_up == ends:
                engine.events.wait()
                if engine.number > seen:
                    seen = engine.number
                    line = (
                        json.dumps({"Actor": {"Attributes": {"com.docker.compose.project": "shop"}}}).encode() + b"\n"
                    )
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
                    self.wfile.flush()
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


class Running:
    """The program, with an edge's folder."""

    def __init__(self, folder: Path) -> None:
        self.edge = folder / "edge"
        (self.edge / "routes").mkdir(parents=True)
        (self.edge / "routes" / "shop.json").write_text(json.dumps({"project": "shop", "aliases": {"web": ALIAS}}))
        (self.edge / "follow" / "folders").mkdir(parents=True)
        (self.edge / "follow" / "folders" / "shop.json").write_text('["/srv/shop"]')
        self.program = self.edge / "follow" / "follower.py"
        text = Path(follower.__file__).read_text()
        assert "_SILENT = 30.0" in text
        self.program.write_text(text.replace("_SILENT = 30.0", "_SILENT = 3600.0"))  # it joins when it hears, not later
        self.engine = FakeEngine(str(folder / "socket"))
        threading.Thread(target=self.engine.serve_forever, daemon=True).start()
        command = [sys.executable, "-I", "-S", str(self.program), str(self.edge), str(folder / "socket")]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)

    def told(self) -> dict[str, str]:
        with contextlib.suppress(OSError):
            refused = json.loads((self.edge / "follow" / "told.json").read_text())["refused"]
            return {each["name"]: each["why"] for each in refused.values()}
        return {}

    def end(self) -> str:
        """What it said. Once more it does nothing."""
        if self.process.stderr is None or self.process.stderr.closed:
            return ""
        self.process.terminate()
        said = self.process.communicate(timeout=patience(20))[1].decode()
        self.engine.hang_up()
        self.engine.shutdown()
        self.engine.server_close()
        return said


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path)
    yield made
    made.end()


def one(letter: str, image: str = "good", **labels: str | None) -> dict[str, Any]:
    return container(f"shop-web-{letter}", **labels) | {"Id": letter * 64, "ImageID": image}


def test_an_engine_that_hangs_up_is_asked_again_and_what_was_missed_joins(running: Running) -> None:
    engine = running.engine
    wait_until(lambda: engine.listening == 1, "it listens")
    engine.containers = [one("a")]
    engine.event()
    wait_until(lambda: engine.joined == {"a" * 64: [ALIAS]}, "a joins")
    engine.containers.append(one("b"))
    engine.hang_up()
    wait_until(lambda: "b" * 64 in engine.joined, "b joins, of which nobody told")
    said = running.end()
    assert "shop-web-a joined the edge" in said and ALIAS not in said


def test_what_waits_for_a_deploy_joins_when_that_ends_though_nothing_tells(running: Running) -> None:
    engine = running.engine
    wait_until(lambda: engine.listening == 1, "it listens")
    lock = running.edge.parent / "releases" / "shop" / "lock.1"
    lock.parent.mkdir(parents=True)
    with lock.open("w") as deploy:
        fcntl.flock(deploy, fcntl.LOCK_EX)
        engine.containers = [one("a")]
        engine.hang_up()
        wait_until(lambda: engine.listening >= 2, "it looks again")
        assert not engine.joined
    wait_until(lambda: "a" * 64 in engine.joined, "a joins")


def test_what_is_wrong_with_one_container_keeps_no_other_one_waiting(running: Running) -> None:
    engine = running.engine
    engine.broken = {"bad"}
    engine.containers = [one("a", "bad"), one("b"), one("c", working_dir="/elsewhere"), one("d", service="worker")]
    wait_until(lambda: engine.joined.keys() == {"b" * 64}, "b joins")
    wait_until(lambda: running.told().keys() == {"shop-web-a", "shop-web-c"}, "two are refused")
    assert running.told()["shop-web-a"] == "the engine says: the layer is damaged"


def test_a_second_one_ends_at_once_and_the_first_when_its_file_is_gone(running: Running) -> None:
    engine = running.engine
    wait_until(lambda: engine.listening == 1, "it listens")
    second = subprocess.run([*running.process.args], timeout=patience(20), capture_output=True)  # type: ignore[misc]
    assert (second.returncode, second.stderr) == (0, b"")
    running.program.unlink()
    engine.hang_up()
    wait_until(lambda: running.process.poll() is not None, "it ends")
    assert running.process.returncode == 0
