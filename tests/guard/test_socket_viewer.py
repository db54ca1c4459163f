"""`guard socket --role viewer`, alone before a real engine: who reads is served as the engine would, and no more."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from dockworthy.guard.judges.containers import PS_ARGS
from guard.sockets import Reached, start_socket
from guard.tls_parts import papers_for
from machines.images import BUSYBOX
from machines.own_host import OwnHost, start_host
from patience import patience

pytestmark = pytest.mark.engine
VIEWER = "/run/viewer.sock"
AUDIT = "/var/log/viewer.jsonl"
SECRET = "hunter2-in-an-environment"


@pytest.fixture(scope="module")
def host(engines_folder: Path) -> Iterator[OwnHost]:
    host = start_host(engines_folder / "guard-viewer")
    try:
        host.start_engine({})
        host.load_busybox()
        host.docker(
            "run", "-d", "--cap-drop", "MKNOD", "--name", "shop", "-e", f"PASSWORD={SECRET}",
            "--label", "traefik.enable=true", BUSYBOX, "sh", "-c", "echo hello; exec sleep 3600",
        )  # fmt: skip
        host.docker("volume", "create", "--opt", "type=tmpfs", "--opt", "o=size=9m", "--opt", "device=tmpfs", "share")
        papers = papers_for(engines_folder / "viewer-papers", "monitor")
        start_socket(
            host, VIEWER, "--role", "viewer", "--audit", AUDIT, "--tls", "127.0.0.1", "--tlscacert",
            str(papers.tlscacert), "--tlscert", str(papers.tlscert), "--tlskey", str(papers.tlskey),
        )  # fmt: skip
        yield host
    finally:
        host.stop()


@pytest.fixture
def viewer(host: OwnHost) -> Reached:
    return Reached(host, VIEWER)


def test_what_a_proxy_reads_is_what_the_engine_says(host: OwnHost, viewer: Reached) -> None:
    engine = Reached(host, "/var/run/docker.sock")
    for target in ("/v1.45/containers/json", "/containers/json?all=1", "/networks/none", "/_ping", "/v1.24/version"):
        answers = [re.sub(rb'"Status":"Up [^"]*"', b"", each.ask("GET", target).body) for each in (viewer, engine)]
        assert answers[0] == answers[1], target
    labels = viewer.ask("GET", "/v1.45/containers/shop/json").json["Config"]["Labels"]
    assert labels == {"traefik.enable": "true"}


def test_who_has_a_certificate_reads_from_elsewhere(host: OwnHost) -> None:
    folder = host.folder.with_name("viewer-papers") / "monitor"
    at = ("env", f"DOCKER_CERT_PATH={folder}", "docker", "--tlsverify", "-H", "tcp://127.0.0.1:2376")
    assert host.run(*at, "logs", "shop").stdout == b"hello\n"
    done = host.run(*at, "kill", "shop", check=False)
    assert b"certificate monitor is viewer" in done.stderr
    assert '"who":"certificate monitor"' in host.read(AUDIT)


def test_secrets_of_environments_and_of_volumes_are_blanked(viewer: Reached) -> None:
    answer = viewer.ask("GET", "/v1.45/containers/shop/json")
    assert SECRET.encode() not in answer.body
    assert "PASSWORD=***" in answer.json["Config"]["Env"]
    assert viewer.ask("GET", "/volumes/share").json["Options"] == {"device": "***", "o": "***", "type": "***"}


@pytest.mark.parametrize("buildkit", ["0", "1"], ids=["classic builder", "BuildKit"])
def test_the_history_of_an_image_shows_no_values(host: OwnHost, viewer: Reached, buildkit: str) -> None:
    image, folder = f"history:{buildkit}", f"/srv/history-{buildkit}"
    text = f"FROM {BUSYBOX}\nARG TOKEN\nENV PASSWORD={SECRET}\nRUN echo $TOKEN >/x\nLABEL a=b\nONBUILD ENV B={SECRET}\n"
    host.write(f"{folder}/Dockerfile", text)
    docker = ("env", f"DOCKER_BUILDKIT={buildkit}", "DOCKER_CONFIG=/srv/none", "docker")
    host.run(*docker, "build", "-t", image, "--build-arg", f"TOKEN={SECRET}", folder)
    try:
        for version in ("v1.45", "v1.41"):
            for target in (f"/{version}/images/{image}/history", f"/{version}/images/{image}/json"):
                direct = Reached(host, "/var/run/docker.sock").ask("GET", target)
                answer = viewer.ask("GET", target)
                assert SECRET.encode() in direct.body and answer.status == 200
                assert SECRET.encode() not in answer.body, answer.body
                assert b"PASSWORD=***" in answer.body
        said = viewer.docker("history", "--no-trunc", image).stdout
        assert (
            b"PASSWORD=***" in said
            and b"LABEL a=b" in said
            and b"echo $TOKEN >/x" in said
            and SECRET.encode() not in said
        )
    finally:
        host.docker("rmi", image)


def test_tokens_of_log_drivers_are_blanked(host: OwnHost, viewer: Reached) -> None:
    options = ("--log-opt", f"gelf-address=udp://{SECRET}:1", "--log-opt", "tag=web")
    host.docker("create", "--name", "logs-away", "--log-driver", "gelf", *options, BUSYBOX, "true")
    try:
        answer = viewer.ask("GET", "/v1.45/containers/logs-away/json")
        assert answer.json["HostConfig"]["LogConfig"] == {
            "Type": "gelf",
            "Config": {"gelf-address": "***", "tag": "web"},
        }
        assert SECRET.encode() not in answer.body
    finally:
        host.docker("rm", "logs-away")


def test_docker_itself_reads(viewer: Reached) -> None:
    for command in (
        "ps -a", "inspect shop", "version", "info", "images", "network ls", "volume ls", "top shop", "port shop",
        "stats --no-stream shop", "diff shop", "events --since 1m --until 0s", "system df",
        "plugin ls", f"history {BUSYBOX}", f"image inspect {BUSYBOX}", "network inspect bridge", "volume inspect share",
    ):  # fmt: skip
        viewer.docker(*command.split())
    assert viewer.docker("logs", "shop").stdout == b"hello\n"


@pytest.mark.parametrize(
    "method, target, body",
    [
        ("POST", "/v1.45/containers/create", {"Image": BUSYBOX}),
        ("POST", "/v1.45/containers/shop/exec", {"Cmd": ["id"]}),
        ("POST", "/containers/shop/stop", None),
        ("DELETE", "/containers/shop?force=1", None),
        ("GET", "/containers/shop/archive?path=/etc", None),
        ("GET", "/containers/shop/export", None),
        ("POST", "/containers/shop/attach?stream=1&stdout=1&stdin=1", None),
        ("GET", "/swarm", None),
        ("POST", "/build", None),
        ("POST", "/session", None),
    ],
)
def test_everything_else_is_refused_in_the_engines_own_words(
    viewer: Reached, method: str, target: str, body: object
) -> None:
    answer = viewer.ask(method, target, body)
    assert answer.status == 403
    assert "viewer" in answer.json["message"]
    assert "needs" in answer.json["message"]


def test_docker_shows_why(viewer: Reached) -> None:
    done = viewer.docker("exec", "shop", "id", check=False)
    assert done.returncode == 1
    assert b"is viewer, and POST containers/exec needs operator or admin" in done.stderr


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /containers/json HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /containers/json HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 0\r\n\r\nabc",
        b"GET /containers/json HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: tcp\r\n\r\n",
        b"GET /containers/../containers/json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /containers//json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /containers/shop%2fexport HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET http://x/containers/json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"BREW /containers/json HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /containers/json HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(viewer: Reached, request_: bytes) -> None:
    said = viewer.send(request_)
    assert said.startswith(b"HTTP/1.1 4"), said[:200]


def test_what_was_refused_is_written_down_and_what_could_not_be_read(host: OwnHost, viewer: Reached) -> None:
    viewer.ask("POST", "/containers/shop/stop?t=0")
    viewer.send(b"BREW /containers/json HTTP/1.1\r\nHost: x\r\n\r\n")
    viewer.ask("GET", "/containers/json")
    entries = [json.loads(line) for line in host.read(AUDIT).splitlines()]
    assert "containers/json" not in {entry["action"] for entry in entries}, "looks are not kept"
    stop = next(entry for entry in entries if entry["action"] == "containers/stop")
    assert (stop["who"], stop["subject"], stop["rules"]) == ("user root", "shop", ["guard/roles"])
    unread = next(entry for entry in entries if entry["action"] == "unread")
    assert unread["who"] == "user root" and unread["rules"] == ["guard/connections"] and unread["says"]


def test_a_request_hidden_behind_another_does_not_pass(viewer: Reached) -> None:
    """Bytes after an upgrade that the engine did not grant are no request, and no stream."""
    inner = b"POST /v1.45/containers/shop/stop?t=0 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    viewer.send(b"GET /_ping HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n" + inner)
    viewer.send(b"GET /_ping HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}" + inner)
    assert viewer.ask("GET", "/containers/shop/json").json["State"]["Running"]


def test_events_come_while_they_happen(host: OwnHost, viewer: Reached) -> None:
    listening = viewer.begin("GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
    listening.wait_for(b"200 OK")
    host.docker("pause", "shop")
    listening.wait_for(b'"Action":"pause"')
    host.docker("unpause", "shop")
    listening.wait_for(b'"Action":"unpause"')
    listening.end()


def test_logs_and_stats_are_followed(host: OwnHost, viewer: Reached) -> None:
    host.docker("run", "-d", "--name", "talks", BUSYBOX, "sh", "-c", "while :; do echo tick; sleep 0.2; done")
    try:
        for target in ("/containers/talks/logs?follow=1&stdout=1", "/containers/talks/stats"):
            listening = viewer.begin(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n")
            for _ in range(2):
                listening.wait_for(b"tick" if "logs" in target else b'"pids_stats"')
            listening.end()
    finally:
        host.docker("rm", "-f", "talks")


def test_who_leaves_leaves_nothing_open(host: OwnHost, viewer: Reached) -> None:
    def open_files() -> int:
        return len(host.run("ls", f"/proc/{viewer.pid()}/fd").stdout.split())

    viewer.ask("GET", "/_ping")
    before = open_files()
    listening = [viewer.begin("GET /events HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(20)]
    for each in listening:
        each.wait_for(b"200 OK")
    assert open_files() >= before + 40
    for each in listening:
        each.end()
    host.wait(lambda: open_files() <= before + 2, "the guard let go of them")


def test_who_reads_secrets_at_an_operators_socket_is_written_down(host: OwnHost, viewer: Reached) -> None:
    log = "/var/log/audited.jsonl"
    start_socket(host, "/run/audited.sock", "--role", "operator", "--project", "shop", "--audit", log)
    operator = Reached(host, "/run/audited.sock")
    host.docker("create", "--name", "reads", "-e", f"PASSWORD={SECRET}", "--label", "com.docker.compose.project=shop",
                BUSYBOX, "true")  # fmt: skip
    before = host.read(AUDIT)
    try:
        assert SECRET.encode() in operator.ask("GET", "/containers/reads/json").body
        assert operator.ask("GET", "/containers/json").status == 200
        assert viewer.ask("GET", "/containers/reads/json").status == 200
    finally:
        host.docker("rm", "reads")
    (line,) = [json.loads(each) for each in host.read(log).splitlines()]
    assert (line["decision"], line["target"], line["who"]) == ("allowed", "/containers/reads/json", "user root")
    assert host.read(AUDIT) == before


def test_an_engine_that_is_away_is_said(host: OwnHost) -> None:
    host.run("ln", "-s", "/var/run/docker.sock", "/run/nobody.sock")
    options = ("--role", "viewer", "--docker", "unix:///run/nobody.sock", "--audit", "/var/log/lost.jsonl")
    start_socket(host, "/run/lost.sock", *options)
    host.run("rm", "/run/nobody.sock")
    lost = Reached(host, "/run/lost.sock")
    answer = lost.ask("GET", "/_ping")
    assert answer.status == 502
    assert "can't reach the engine" in answer.json["message"]
    (line,) = [json.loads(each) for each in host.read("/var/log/lost.jsonl").splitlines()]
    assert (line["decision"], line["target"]) == ("refused", "/_ping") and "can't reach the engine" in line["says"]
    deaf = "import socket,sys\ns=socket.socket(socket.AF_UNIX); s.bind('/run/nobody.sock'); s.listen()\n"
    deaf += "print('open',flush=True)\nc=s.accept()[0]; c.recv(9); c.close()"
    hanging_up = subprocess.Popen([*host.inside, "/usr/bin/python3", "-c", deaf], stdout=subprocess.PIPE)
    try:
        assert hanging_up.stdout is not None and hanging_up.stdout.readline() == b"open\n"
        assert lost.ask("GET", "/version").status == 502
    finally:
        hanging_up.kill()
        hanging_up.communicate()
    line = json.loads(host.read("/var/log/lost.jsonl").splitlines()[-1])
    assert line["target"] == "/version" and "hung up" in line["says"]


def test_a_socket_opens_for_an_engine_that_is_there_and_goes_with_its_guard(host: OwnHost) -> None:
    done = host.dockworthy("guard", "socket", "--role", "viewer", "/run/none.sock", "--docker", "unix:///run/none")
    assert done.returncode == 10 and "no engine listens here: /run/none does not exist" in done.stderr, done.stderr
    assert host.run("test", "-e", "/run/none.sock", check=False).returncode
    guard = start_socket(host, "/run/short.sock", "--role", "viewer")
    told = json.loads(host.dockworthy("guard", "status", "--format", "json").stdout)["serving"]
    assert ("/run/short.sock", "viewer") in {(each["people"], each["role"]) for each in told}
    host.run("kill", str(Reached(host, "/run/short.sock").pid()))
    assert guard.wait(patience(30)) == 0
    assert host.run("test", "-e", "/run/short.sock", check=False).returncode, "nobody would answer there"
    told = json.loads(host.dockworthy("guard", "status", "--format", "json").stdout)["serving"]
    assert "/run/short.sock" not in {each["people"] for each in told}


def test_an_engine_elsewhere_is_none_to_stand_before(host: OwnHost) -> None:
    done = host.dockworthy("guard", "socket", "--role", "viewer", "/run/x.sock", "--docker", "tcp://127.0.0.1:2375")
    assert done.returncode == 2
    assert "unix:///PATH" in done.stderr


def test_json_is_the_same_but_for_its_secrets() -> None:
    from dockworthy.guard.socket.redaction import without_secrets

    shown = json.loads(
        without_secrets(b'[{"Spec":{"Data":"c2VjcmV0"}},{"Env":["A=b=c","D"],"Cmd":["x"],"Env2":["A=b"]}]')
    )
    assert shown == [{"Spec": {"Data": ""}}, {"Env": ["A=***", "D"], "Cmd": ["x"], "Env2": ["A=b"]}]


def test_two_readers_and_a_stream_do_not_wait_for_each_other(host: OwnHost, viewer: Reached) -> None:
    listening = viewer.begin("GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
    listening.wait_for(b"200 OK")
    script = f"for i in 1 2 3 4 5; do docker -H unix://{VIEWER} ps -q >/dev/null || exit 1; done"
    both = [
        subprocess.Popen([*host.inside, "sh", "-c", script], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    assert [process.communicate(timeout=patience(60))[1] for process in both] == [b"", b""]
    assert [process.returncode for process in both] == [0, 0]
    listening.end()


def test_an_operators_socket_is_judged_by_the_policy_without_a_plugin(host: OwnHost) -> None:
    start_socket(host, "/run/operator.sock", "--role", "operator", "--level", "baseline")
    operator = Reached(host, "/run/operator.sock")
    assert operator.docker("exec", "shop", "sh", "-c", "echo $PASSWORD").stdout.decode().strip() == SECRET
    done = operator.docker("exec", "--privileged", "shop", "sh", "-c", "echo no", check=False)
    assert b"workload/privileged" in done.stderr
    host.docker("run", "-d", "--name", "mighty", "--privileged", BUSYBOX, "sleep", "3600")
    try:
        done = operator.docker("exec", "mighty", "sh", "-c", "echo no", check=False)
        assert b"workload/privileged" in done.stderr
    finally:
        host.docker("rm", "-f", "mighty")
    assert operator.docker("run", BUSYBOX, "true", check=False).returncode != 0


def test_a_deployers_socket_makes_what_the_policy_allows(host: OwnHost) -> None:
    start_socket(
        host, "/run/deployer.sock", "--role", "deployer", "--level", "baseline", "--image", "dockworthy-test-*"
    )
    deployer = Reached(host, "/run/deployer.sock")
    deployer.docker("run", "-d", "--name", "made", BUSYBOX, "sleep", "3600")
    deployer.docker("rm", "-f", "made")
    for options in (("-v", "/:/host"), ("--pid", "host"), ("--cap-add", "SYS_ADMIN")):
        assert deployer.docker("create", *options, BUSYBOX, check=False).returncode != 0
    body = {"Image": BUSYBOX, "hostconfig": {"Privileged": True}}
    assert deployer.ask("POST", "/v1.45/containers/create", body).status == 403
    assert b"guard/roles" in deployer.docker("create", "other/image:1", check=False).stderr


def test_ps_shows_nothing_but_the_containers_own_processes(host: OwnHost, viewer: Reached) -> None:
    command = [*host.inside, "setpriv", "--pdeathsig", "KILL", "env", f"PLANTED={SECRET}", "sleep", "3600.0"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        host.wait(lambda: b"3600.0" in host.run("ps", "axe").stdout, "the host's own process runs")
        for arguments in ("axef -D P%tP -o lstart,pid,user,args", "axe", "auxe", "-o args,pid", "-D P%tP"):
            answer = viewer.ask("GET", f"/v1.45/containers/shop/top?ps_args={quote(arguments)}")
            assert answer.status == 403 and b"guard/ps-arguments" in answer.body, arguments
        for arguments in PS_ARGS:
            answer = viewer.ask("GET", f"/v1.45/containers/shop/top?ps_args={quote(arguments)}")
            assert answer.status == 200, (arguments, answer.body)
            assert answer.json["Processes"], arguments
            assert SECRET.encode() not in answer.body and b"3600.0" not in answer.body, arguments
        assert "top?ps_args=auxe" in host.read(AUDIT), "the audit shows what was refused"
        passed = f"top?ps_args={quote('-o pid,cmd', safe=',')}"
        assert passed not in host.read(AUDIT), "a look that passes leaves no line"
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("version", ["v1.41", "v1.45"])
def test_a_viewer_writes_into_no_container(host: OwnHost, viewer: Reached, version: str) -> None:
    """Over a websocket input is taken before API 1.42 whatever is asked; Go reads some a no of Python as a yes."""
    name = f"shell-{version.replace('.', '-')}"
    host.docker("run", "-d", "-i", "--name", name, BUSYBOX, "sh")
    try:
        socket_head = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        socket_head += "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nOrigin: http://x\r\n"
        frame = b"\x81\x89\0\0\0\0touch /w\n"
        for query in ("", "?stream=1&stdin=0", "?stream=1&stdin=1"):
            target = f"/{version}/containers/{name}/attach/ws{query}"
            said = viewer.send(f"GET {target} HTTP/1.1\r\nHost: x\r\n{socket_head}\r\n".encode() + frame)
            assert said.startswith(b"HTTP/1.1 403"), said[:100]
        for value in ("%1c", "%1d0", "y", "1"):
            target = f"/{version}/containers/{name}/attach?stream=1&stdin={value}"
            head = f"POST {target} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
            said = viewer.send(head.encode() + b"touch /w\n")
            assert said.startswith(b"HTTP/1.1 403"), said[:100]
        listening = viewer.begin(
            f"POST /{version}/containers/{name}/attach?stream=1&stdout=1&stdin=False HTTP/1.1\r\nHost: x\r\n"
            "Connection: Upgrade\r\nUpgrade: tcp\r\n\r\ntouch /w\n"
        )
        listening.wait_for(b"101 UPGRADED")
        host.docker("exec", name, "sh", "-c", "echo seen >/proc/1/fd/1")
        listening.wait_for(b"seen")
        listening.end()
        assert host.docker("exec", name, "sh", "-c", "test -e /w", check=False).returncode == 1
    finally:
        host.docker("rm", "-f", name)
