"""What monitoring says at local addresses: fakes for its manners, a real Prometheus and node exporter for the truth."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from dockworthy.facts.evidence.asking import MOST, Asker
from dockworthy.facts.evidence.endpoints import Endpoint, connected, endpoints
from dockworthy.facts.evidence.monitoring import read_answers
from dockworthy.facts.host.root import Root
from dockworthy.model.evidence import ToolAnswer
from dockworthy.model.field import Set, Source
from dockworthy.model.host import DaemonProcess, Host, Listener
from dockworthy.model.snapshot import ContainerFacts, EngineFacts
from patience import Limit, patience

needs_prometheus = pytest.mark.skipif(
    shutil.which("prometheus") is None or shutil.which("prometheus-node-exporter") is None,
    reason="prometheus and its node exporter are not installed",
)

_METRIC = "container_cpu_usage_seconds_total"
CADVISOR = f'# HELP x\ncadvisor_version_info 1\n# HELP {_METRIC} x\n# TYPE {_METRIC} counter\n{_METRIC}{{id="/"}} 7\n'


class Fake:
    """A server that answers by path and notes what it was asked."""

    def __init__(self, answers: dict[str, tuple[int, str]], *, slow: bool = False) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.answers = answers
        self.slow = slow
        self.over = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.path, dict(self.headers)))
                if outer.slow:
                    outer.over.wait()
                    return
                status, body = outer.answers.get(self.path, (404, ""))
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", body)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 64

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def close(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def fake() -> Iterator[Callable[..., Fake]]:
    made: list[Fake] = []

    def make(answers: dict[str, tuple[int, str]], *, slow: bool = False) -> Fake:
        made.append(Fake(answers, slow=slow))
        return made[-1]

    yield make
    for one in made:
        one.close()


def ask(port: int, tool: str, *, host: str = "127.0.0.1") -> ToolAnswer:
    places = [Endpoint(host, port, "example", tool, os.getpid())]
    (answer,) = asyncio.run(read_answers(places, [False], Asker()))
    return answer


def test_an_exporter_is_told_by_what_it_serves(fake: Callable[..., Fake]) -> None:
    server = fake({"/metrics": (200, CADVISOR)})
    answer = ask(server.port, "node exporter")
    assert (answer.tool, answer.metrics, answer.problem) == ("cAdvisor", ("container_cpu_usage_seconds_total",), "")


def test_a_question_names_nobody(fake: Callable[..., Fake]) -> None:
    server = fake({"/metrics": (200, CADVISOR)})
    ask(server.port, "cAdvisor")
    ((path, headers),) = server.asked
    assert path == "/metrics"
    assert not {"authorization", "cookie", "proxy-authorization"} & {name.lower() for name in headers}


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (200, "hello", "it serves none of its metrics"),
        (401, "", "it asks for a password"),
        (500, "", "it answers 500"),
        (302, "http://127.0.0.1:1/elsewhere", "it answers 302"),
    ],
)
def test_what_is_no_answer(fake: Callable[..., Fake], status: int, body: str, problem: str) -> None:
    server = fake({"/metrics": (status, body)})
    assert ask(server.port, "cAdvisor").problem == problem
    assert len(server.asked) == 1, "a redirect is not followed"


def test_one_that_is_silent_holds_nobody_up(fake: Callable[..., Fake]) -> None:
    server = fake({}, slow=True)
    assert ask(server.port, "cAdvisor").problem.startswith("no answer within")


def test_nobody_there(unused_tcp_port: int) -> None:
    assert "refused" in ask(unused_tcp_port, "cAdvisor").problem


def test_what_is_no_http(fake: Callable[..., Fake]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"SSH-2.0-x\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        assert ask(server.getsockname()[1], "cAdvisor").problem == "no answer in HTTP"
        thread.join()


def test_a_well_known_port_of_something_else_is_left_out(fake: Callable[..., Fake]) -> None:
    server = fake({})
    places = [Endpoint("127.0.0.1", server.port, "port 9100", "", 0)]
    assert asyncio.run(read_answers(places, [False], Asker())) == ()


def test_there_is_an_end_to_questions(fake: Callable[..., Fake]) -> None:
    server = fake({"/metrics": (200, CADVISOR)})
    places = [Endpoint("127.0.0.1", server.port, f"{n}", "cAdvisor", 0) for n in range(MOST + 9)]
    asker = Asker()
    answers = asyncio.run(read_answers(places, [False] * len(places), asker))
    assert len(server.asked) == len(asker.asked) == MOST
    assert sum("not asked" in answer.problem for answer in answers) == 9


def test_alertmanagers_settings_are_not_asked_for(fake: Callable[..., Fake]) -> None:
    server = fake({"/api/v2/receivers": (200, '[{"name": "mail"}]'), "/api/v2/status": (200, "passwords")})
    assert ask(server.port, "Alertmanager").receivers == ("mail",)
    assert [path for path, _ in server.asked] == ["/api/v2/receivers"]


def test_netdata(fake: Callable[..., Fake]) -> None:
    said = {"version": "2", "collectors": [{"plugin": "cgroups.plugin"}], "alarms": {"normal": 80, "warning": 1}}
    answer = ask(fake({"/api/v1/info": (200, json.dumps(said))}).port, "Netdata")
    assert (answer.metrics, answer.alert_rules, answer.problem) == (("cgroups.plugin",), 81, "")


@pytest.mark.parametrize("body", ["", "[]", "{", '{"status": "success"}', '{"data": {"activeTargets": 7}}', "[" * 9000])
def test_odd_answers_trip_nobody(fake: Callable[..., Fake], body: str) -> None:
    paths = ("/api/v1/targets?state=active", "/api/v2/receivers", "/api/v1/info", "/metrics")
    server = fake(dict.fromkeys(paths, (200, body)))
    for tool in ("Prometheus", "Alertmanager", "Netdata", "cAdvisor"):
        assert ask(server.port, tool).targets == ()


def listening(*listeners: Listener) -> list[Endpoint]:
    return list(endpoints(Host(listeners=Set(listeners, Source("x"))), EngineFacts()))


def test_whom_to_ask() -> None:
    found = listening(
        Listener("tcp", "::", 9100, 70, "prometheus-node-exporter"),
        Listener("tcp", "0.0.0.0", 80, 71, "nginx"),
        Listener("tcp", "127.0.0.1", 9323, 72, "dockerd"),
        Listener("tcp", "0.0.0.0", 2375, 72, "dockerd"),
        Listener("tcp", "192.0.2.7", 9999, 73, "alertmanager"),
        Listener("tcp", "0.0.0.0", 9090, 74, "cockpit"),
        Listener("udp", "0.0.0.0", 9093, 75, "x"),
    )
    assert [(one.host, one.port, one.tool) for one in found] == [
        ("127.0.0.1", 9100, "node exporter"),
        ("127.0.0.1", 9323, "Docker Engine"),
        ("192.0.2.7", 9999, "Alertmanager"),
        ("127.0.0.1", 9090, ""),
    ]


def test_a_port_that_the_engine_holds_is_whose_it_was_published_for() -> None:
    """Without a userland proxy dockerd listens itself at each published port, and always at those of services."""
    web = {"NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "", "HostPort": "18081"}], "81/tcp": None}}}
    one = {"NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "192.0.2.7", "HostPort": "9323"}]}}}
    ports = [
        {"Protocol": "tcp", "PublishedPort": 18090, "PublishMode": "ingress"},
        {"Protocol": "tcp", "PublishedPort": 9090, "PublishMode": "ingress"},
    ]
    engine = EngineFacts(
        containers=Set(
            tuple(
                ContainerFacts(id=name, name=name, inspect=Set(inspect, Source("x")))
                for name, inspect in (("web", web), ("one", one), ("two", one))
            ),
            Source("x"),
        ),
        services=Set(({"Spec": {"Name": "shop_web"}, "Endpoint": {"Ports": ports}},), Source("x")),
    )
    listeners = (
        Listener("tcp", "127.0.0.1", 9323, 72, "dockerd"),
        Listener("tcp", "192.0.2.7", 9323, 72, "dockerd"),
        Listener("tcp6", "::", 18081, 72, "dockerd"),
        Listener("tcp", "0.0.0.0", 18090, 72, "dockerd"),
        Listener("tcp", "0.0.0.0", 18091, 72, "dockerd"),
        Listener("tcp", "127.0.0.1", 9090, 74, "prometheus"),
        Listener("tcp", "127.0.0.1", 9100, 75, "prometheus-node-exporter"),
    )
    daemon = DaemonProcess(72, ("dockerd", "--metrics-addr", "127.0.0.1:9323"), "/usr/bin/dockerd")
    host = Host(listeners=Set(listeners, Source("x")), daemon=Set(daemon, Source("x")))
    assert {(one.host, one.port): (one.who, one.tool) for one in endpoints(host, engine)} == {
        ("127.0.0.1", 9323): ("dockerd", "Docker Engine"),
        ("192.0.2.7", 9323): ("port/9323", ""),
        ("127.0.0.1", 18081): ("container/web", ""),
        ("127.0.0.1", 18090): ("service/shop_web", ""),
        ("127.0.0.1", 18091): ("port/18091", ""),
        ("127.0.0.1", 9090): ("service/shop_web", "Prometheus"),
        ("127.0.0.1", 9100): ("prometheus-node-exporter", "node exporter"),
    }


def test_a_connection_that_is_kept_is_seen(fake: Callable[..., Fake]) -> None:
    server = fake({}, slow=True)
    place = Endpoint("127.0.0.1", server.port, "example", "cAdvisor", os.getpid())
    root = Root(Path("/"))
    assert connected(root, [place]) == (False,)
    with socket.create_connection(("127.0.0.1", server.port)):
        assert connected(root, [place]) == (True,)


@contextmanager
def running(folder: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / f"{command[0]}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(patience(10))


def until(holds: Callable[[], Any], seconds: float = 20) -> Any:
    limit = Limit(seconds)
    while not (found := holds()):
        assert limit.left > 0, "it did not come to be"
        time.sleep(0.1)
    return found


@needs_prometheus
@pytest.mark.program
def test_a_real_prometheus_and_a_real_node_exporter(
    tmp_path: Path, fake: Callable[..., Fake], unused_tcp_port_factory: Callable[[], int]
) -> None:
    """Up while they run, with the metrics that they have; down when they are stopped."""
    node, own, containers = (
        unused_tcp_port_factory(),
        unused_tcp_port_factory(),
        fake({"/metrics": (200, CADVISOR)}).port,
    )
    jobs = [("node", node), ("containers", containers)]
    scrapes = [{"job_name": name, "static_configs": [{"targets": [f"localhost:{port}"]}]} for name, port in jobs]
    rules = {"groups": [{"name": "a", "rules": [{"alert": "Down", "expr": "up == 0"}]}]}
    (tmp_path / "rules.yml").write_text(json.dumps(rules))
    settings = {"global": {"scrape_interval": "1s"}, "scrape_configs": scrapes, "rule_files": ["rules.yml"]}
    (tmp_path / "prometheus.yml").write_text(json.dumps(settings))
    exporter = ("prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{node}")
    prometheus = (
        "prometheus",
        f"--config.file={tmp_path}/prometheus.yml",
        f"--storage.tsdb.path={tmp_path}/data",
        f"--web.listen-address=127.0.0.1:{own}",
    )
    with running(tmp_path, *prometheus):
        with running(tmp_path, *exporter):
            until(lambda: _up(ask(own, "Prometheus")) == {"node", "containers"})
            answer = ask(own, "Prometheus")
            assert set(answer.metrics) >= {"node_cpu_seconds_total", "container_cpu_usage_seconds_total"}
            assert (answer.alert_rules, answer.alertmanagers, answer.problem) == (1, (), "")
            assert all(target.last_scrape for target in answer.targets)
            served = {target.job: target.serves for target in answer.targets}
            assert served == {"node": ("node_cpu_seconds_total",), "containers": ("container_cpu_usage_seconds_total",)}
            until(lambda: ask(node, "node exporter").scrapes >= 2)
            assert ask(node, "node exporter").metrics == ("node_cpu_seconds_total",)
            place = Endpoint("127.0.0.1", node, "x", "node exporter", 0)
            assert connected(Root(Path("/")), [place]) == (True,), "Prometheus keeps its connection"
        until(lambda: _up(ask(own, "Prometheus")) == {"containers"})
        assert "refused" in ask(node, "node exporter").problem
    assert "refused" in ask(own, "Prometheus").problem


def _up(answer: ToolAnswer) -> set[str]:
    return {target.job for target in answer.targets if target.health == "up"}
