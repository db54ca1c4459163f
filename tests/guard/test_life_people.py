"""The guard's socket at the engine's own place: installed, replaced under load, killed, started in order, unlocked and
taken away, on a host without systemd."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guard.guarded import PLUGIN
from guard.sockets import Reached, from_container
from guard.tls_parts import papers_for
from machines.engines import clean_environment
from machines.images import BUSYBOX
from machines.own_host import OwnHost, start_host
from machines.program import DOCKWORTHY
from patience import patience

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

SOCKET = "/var/run/docker.sock"
OWN = "/run/dockworthy-engine/docker.sock"
INIT = "/etc/init.d/dockworthy-guard"
HOLDING = "/var/lib/dockworthy/guard/daemon.json.holding"
UNLOCK = "/usr/local/sbin/dockworthy-guard-unlock"
SETTINGS = '{\n    "log-driver": "local",\n\t"debug" : false\n}'
POLICY = """
policy: {level: baseline}
guard:
  roles:
    - {who: "user:opal", role: operator}
    - {who: "container:watcher", role: viewer}
    - {who: "certificate:robot", role: viewer}
    - {who: "user:ophal", role: viewer}
    - {who: "container:wacher", role: viewer}
"""
ASK = """
import collections, json, os, socket, sys, threading
def ask(target):
    with socket.socket(socket.AF_UNIX) as s:
        try:
            s.connect("/var/run/docker.sock")
            s.sendall(b"GET %s HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n" % target)
            return s.recv(100).split()[1].decode()
        except (OSError, IndexError) as error:
            return repr(error)
answers = collections.Counter()
def loop(target):
    while not os.path.exists(sys.argv[1]):
        answers[target.decode() + " " + ask(target)] += 1
threads = [threading.Thread(target=loop, args=(target,)) for target in (b"/containers/json", b"/info", b"/version")]
[thread.start() for thread in threads]; [thread.join() for thread in threads]
print(json.dumps(answers) if answers else ask(b"/containers/json"))
"""
"""Asks until a file is there, and counts the answers; once, where it is there already."""


@pytest.fixture(scope="module")
def host(engines_folder: Path) -> Iterator[OwnHost]:
    host = start_host(engines_folder / "guard-at-place")
    try:
        for place in ("/opt", "/usr/local"):
            host.run("mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", place)
        host.run(
            "sh",
            "-c",
            "cat >>/etc/passwd",
            input=b"opal:x:7001:7001::/tmp:/bin/sh\nnils:x:7004:7004::/tmp:/bin/sh\nolga:x:7005:7005::/tmp:/bin/sh\n",
        )
        host.run(
            "sh",
            "-c",
            "sed -i '/^docker:/d' /etc/group && cat >>/etc/group",
            input=b"docker:x:7100:opal,nils\nopal:x:7001:\nnils:x:7004:\nolga:x:7005:\n",
        )
        host.write("/srv/guard.yaml", POLICY)
        papers = papers_for(engines_folder / "place-papers", "robot")
        for name, file in zip(("ca.pem", "server-cert.pem", "server-key.pem"), papers.files, strict=True):
            host.write(f"/etc/docker/tls/{name}", file.read_text())
        host.start_engine(SETTINGS)
        host.load_busybox()
        host.docker("run", "-d", "--name", "before", BUSYBOX, "sleep", "3600")
        for name, mount in (("watcher", f"{SOCKET}:/docker.sock"), ("strange", "/var/run:/run:ro")):
            host.docker("run", "-d", "--name", name, "-v", mount, BUSYBOX, "sleep", "3600")
        yield host
    finally:
        print(
            host.read("/var/log/dockerd")[-1500:],
            host.run("cat", "/var/log/dockworthy/guard.log", check=False).stdout.decode()[-1500:],
        )
        host.stop()


def dockworthy(host: OwnHost, *words: str) -> str:
    done = host.dockworthy(*words)
    assert done.returncode == 0, done.stderr
    return done.stderr


def install(host: OwnHost) -> str:
    return dockworthy(host, "guard", "install", "--people", "--policy", "/srv/guard.yaml", "--yes")


def from_elsewhere(host: OwnHost, *words: str) -> subprocess.CompletedProcess[bytes]:
    folder = host.folder.with_name("place-papers") / "robot"
    at = ("env", f"DOCKER_CERT_PATH={folder}", "docker", "--tlsverify", "-H", "tcp://127.0.0.1:2376")
    return host.run(*at, *words, check=False)


def mode_of(host: OwnHost) -> bytes:
    return host.run("stat", "-Lc", "%a %U %G", SOCKET).stdout


def traces(host: OwnHost) -> str:
    places = (
        "/opt",
        "/usr/local",
        "/etc/dockworthy",
        INIT,
        "/etc/docker",
        "/var/lib/dockworthy",
        "/run/dockworthy-engine",
    )
    return host.run("find", *places, "-type", "f", check=False).stdout.decode()


def test_installed_everybody_is_known_at_the_usual_place(host: OwnHost) -> None:
    mode, running = mode_of(host), host.running()
    plan = host.dockworthy("guard", "install", "--people", "--dry-run")
    assert plan.returncode == 0 and "the engine is restarted for that" in plan.stderr, plan.stderr
    assert "user opal (group docker) loses everything" in plan.stderr, "without a policy nobody has a role"
    plan = host.dockworthy("guard", "install", "--people", "--policy", "/srv/guard.yaml", "--dry-run")
    lines = {line.split(". ", 1)[1] for line in plan.stderr.splitlines() if ". " in line}
    told = {name: next(line for line in lines if line.startswith(name)) for name in (
        "user opal (group docker)", "user nils (group docker)", "container watcher", "container strange",
    )}  # fmt: skip
    opal, nils, watcher, strange = told.values()
    assert "is operator. Keeps: see what is there" in opal and "Loses: make, change and remove" in opal
    assert "loses everything" in nils and "guard grant nils viewer" in nils
    assert "is viewer. Keeps: see" in watcher and "loses everything" in strange
    assert "gives user:ophal a role, and this host has no user of that name" in plan.stderr
    assert "gives container:wacher a role, and this host has no container" in plan.stderr
    assert "user:opal a role, and" not in plan.stderr and "container:watcher a role, and" not in plan.stderr
    assert "started again: docker restart watcher" in plan.stderr and "restart strange" not in plan.stderr
    (entered,) = (line for line in lines if "only admins can run commands in these" in line)
    assert "before" in entered and "--force-recreate" in entered
    assert host.dockworthy("guard", "install", "--people").returncode == 2, "nobody agreed"
    said = install(host)
    assert "refused everything now: user nils, container strange" in said, said
    assert "started again: docker restart watcher" in said.partition("the engine asks the guard")[2], said
    assert host.running() == running, "no container was restarted"
    assert mode_of(host) == mode == b"660 root docker\n"
    settings = json.loads(host.read("/etc/docker/daemon.json"))
    assert settings == {
        "log-driver": "local",
        "debug": False,
        "authorization-plugins": ["dockworthy"],
        "hosts": [f"unix://{OWN}"],
    }
    opal, nils = Reached(host, SOCKET, "opal"), Reached(host, SOCKET, "nils")
    into = opal.docker("exec", "before", "id", check=False)
    assert b"guard/device-nodes" in into.stderr, into.stderr
    host.docker("run", "-d", "--name", "anew", BUSYBOX, "sleep", "3600")
    assert opal.docker("exec", "anew", "sh", "-c", "echo in").stdout == b"in\n"
    host.docker("rm", "-f", "anew")
    assert b"guard/roles" in opal.docker("run", BUSYBOX, "true", check=False).stderr
    told_nils = nils.docker("ps", check=False).stderr
    assert b"user nils has no role here" in told_nils
    assert b'ask root: dockworthy guard grant nils viewer --for 1h --reason "' in told_nils
    assert b"permission denied" in Reached(host, OWN, "opal").docker("ps", check=False).stderr
    host.docker("run", "--rm", "--privileged", BUSYBOX, "true")  # the host's root is an admin
    past = host.run("docker", "-H", f"unix://{OWN}", "run", "--privileged", BUSYBOX, "true", check=False)
    assert b"authorization denied by plugin dockworthy" in past.stderr
    host.docker("rm", "-f", "strange")


def status(host: OwnHost, *before: str) -> tuple[int, Any]:
    done = host.run(*before, str(DOCKWORTHY), "guard", "status", "--format", "json", check=False)
    return done.returncode, json.loads(done.stdout)


def test_status_tells_root_everything_and_others_what_they_may_see(host: OwnHost) -> None:
    code, told = status(host)
    assert (code, told["works"], told["engine_asks_it"], told["daemon_json_names_it"]) == (0, True, True, True)
    assert told["installed"]["people"] == "/run/docker.sock" and told["refused"]["requests"] > 0
    (serving,) = told["serving"]
    assert (serving["plugin"], serving["people"], serving["policy"]) == (
        PLUGIN, "/run/docker.sock", "/etc/dockworthy/guard.yaml"
    )  # fmt: skip
    assert told["unseen"] == []
    text = host.dockworthy("guard", "status").stdout
    assert "the engine asks it: yes" in text and "in front of the engine at /run/docker.sock" in text, text
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    code, told = status(host, *nobody)
    assert (code, told["works"], told["is_installed"], told["engine_asks_it"]) == (3, None, True, None), told
    assert len(told["unseen"]) >= 2, "it says what it could not see"
    plan = host.dockworthy("guard", "uninstall", "--dry-run").stderr
    assert "started again: docker restart watcher" in plan, plan


def test_a_member_of_the_group_is_not_told_that_the_engine_asks_nobody(host: OwnHost) -> None:
    """The guard's own socket answers them by their role, whatever the engine does."""
    for name, number in (("opal", 7001), ("nils", 7004)):
        member = ("setpriv", f"--reuid={number}", f"--regid={number}", "--groups=7100")
        code, told = status(host, *member)
        assert (code, told["works"], told["engine_asks_it"]) == (3, None, None), (name, str(told))
        assert any("your role decides" in each for each in told["unseen"]), told


def test_what_status_asks_itself_is_no_refusal(host: OwnHost) -> None:
    host.run("docker", "-H", f"unix://{OWN}", "run", "--privileged", BUSYBOX, "true", check=False)
    _, before = status(host)
    _, told = status(host)
    assert told["refused"] == before["refused"] and "privileged" in told["refused"]["says"], told


def test_a_typo_in_the_policy_shuts_nobody_out_when_the_guard_is_killed(host: OwnHost) -> None:
    policy = "/etc/dockworthy/guard.yaml"
    good = host.read(policy)
    host.write(policy, good + "  level: basline\n")
    try:
        code, told = status(host)
        assert (code, told["works"]) == (1, False) and f"{policy}:" in told["policy_problem"], told
        text = host.run(str(DOCKWORTHY), "guard", "status", check=False).stdout.decode()
        assert "the policy on disk can't be used: " in text and "in force: the one of 20" in text, text
        assert host.run(INIT, "reload", check=False).returncode != 0
        killed = int(host.read("/run/dockworthy-guard.serving").split()[0])
        host.run("kill", "-KILL", str(killed))
        opal = Reached(host, SOCKET, "opal")
        assert b"before" in opal.docker("ps").stdout, "the spare judges by the last good policy"
        host.run(INIT, "restart")
        assert b"before" in opal.docker("ps").stdout, "so does a guard that is restarted"
        assert b"guard/roles" in opal.docker("run", BUSYBOX, "true", check=False).stderr
        noted = [line for line in host.read("/var/log/dockworthy/guard.jsonl").splitlines() if "guard/policy" in line]
        assert any("in force: the one of 20" in line for line in noted), noted
    finally:
        host.write(policy, good)
    assert host.run(INIT, "reload", check=False).returncode == 0
    assert status(host)[0] == 0


def test_a_grant_is_for_who_can_use_it(host: OwnHost) -> None:
    """A user outside the group is told how to come in; with the role and no more."""
    given = grant(host, "olga")
    assert given.returncode == 2 and "user olga may not open" in given.stderr, given.stderr
    assert "usermod -aG docker olga" in given.stderr
    host.run("sed", "-i", "s/^docker:.*/&,olga/", "/etc/group")
    assert grant(host, "olga").returncode == 0
    olga = Reached(host, SOCKET, "olga")
    assert b"before" in olga.docker("ps").stdout
    assert b"user olga is viewer" in olga.docker("stop", "before", check=False).stderr
    given = grant(host, "group:olga")
    assert given.returncode == 0 and "members of olga who are not in docker as well may not open" in given.stderr


def grant(host: OwnHost, who: str) -> subprocess.CompletedProcess[str]:
    return host.dockworthy("guard", "grant", who, "viewer", "--for", "1h", "--reason", "a test")


def test_a_second_install_takes_over_without_a_gap(host: OwnHost) -> None:
    """Asked all the time; a stream that is open goes on, and a container's mount stays."""
    assert from_container(host, "watcher", "/_ping") == b"", "it has the old socket"
    host.docker("restart", "-t", "0", "watcher")  # as the plan said
    host.docker("run", "-d", "--name", "talks", BUSYBOX, "sh", "-c", "while :; do echo tick; sleep 1; done")
    stream = Reached(host, SOCKET).begin("GET /containers/talks/logs?stdout=1&follow=1 HTTP/1.1\r\nHost: x\r\n\r\n")
    stream.wait_for(b"tick")
    asking = subprocess.Popen([*host.inside, "python3", "-c", ASK, "/run/enough"], stdout=subprocess.PIPE)
    serving = host.read("/run/dockworthy-guard.serving")
    said = dockworthy(host, "guard", "install", "--tls", "127.0.0.1", "--yes")
    host.run("touch", "/run/enough")
    answers: dict[str, int] = json.loads(asking.communicate(timeout=patience(60))[0])
    assert "takes over" in said
    assert host.read("/run/dockworthy-guard.serving") != serving
    assert set(answers) == {"/containers/json 200", "/info 200", "/version 200"}, answers
    assert sum(answers.values()) > 100
    stream.wait_for(b"tick")
    stream.wait_for(b"tick")
    stream.end()
    assert b"200 OK" in from_container(host, "watcher", "/containers/json"), "the file that it has mounted is the same"
    assert b"container watcher is viewer" in from_container(host, "watcher", "/containers/talks/export")
    assert from_elsewhere(host, "ps").returncode == 0 and b"robot is viewer" in from_elsewhere(host, "stop", "x").stderr
    print(f"{answers} during the upgrade")


def test_assess_sees_the_engine_behind_it(host: OwnHost) -> None:
    """And what a container is that has the guard's socket mounted."""
    told = json.loads(host.dockworthy("assess", "--format", "json", "--no-probe").stdout)["findings"]
    found = {each["control"]: each["outcome"] for each in told}
    sockets = [each for each in told if each["control"] == "host/engine-socket"]
    assert {each["outcome"] for each in sockets} <= {"pass", "not_applicable"}, sockets
    assert "dockworthy's guard stands there" in json.dumps(sockets)
    watching = [each for each in told if each["control"] == "workload/engine-socket"]
    assert {each["outcome"] for each in watching} == {"pass"} and "container watcher is viewer" in json.dumps(watching)
    assert (found["engine/authorization-plugin"], found["host/docker-group"]) == ("pass", "pass")


def test_a_killed_guard_is_back_and_meanwhile_nobody_passes(host: OwnHost) -> None:
    """Also where its certificate is broken by then: nobody comes in by TLS, and all others do."""
    pid = host.read("/run/dockworthy-guard.serving").split()[0]
    host.run("mv", "/etc/docker/tls/server-key.pem", "/etc/docker/tls/away")
    host.run("kill", "-9", pid)
    assert host.run("python3", "-c", ASK, "/run/enough").stdout == b"200\n"
    serving = "/run/dockworthy-guard.serving"  # written when the guard has told its keeper that it answers
    host.wait(lambda: host.read(serving).split()[0] != pid, "the keeper knows whom it has")
    assert from_elsewhere(host, "ps").returncode != 0
    host.run("mv", "/etc/docker/tls/away", "/etc/docker/tls/server-key.pem")
    host.wait(lambda: from_elsewhere(host, "ps").returncode == 0, "what was mended is taken up")


def test_after_all_is_killed_the_order_of_a_start_brings_both(host: OwnHost) -> None:
    pids = (
        "$(cat /run/dockworthy-guard.watch) $(cat /run/dockworthy-guard.pid) "
        "$(cut -d ' ' -f 1 /run/dockworthy-guard.serving) $(cat /run/docker.pid)"
    )
    host.run("sh", "-c", f"kill -9 {pids}")
    host.wait(
        lambda: host.run("pgrep", "-x", "-r", "R,S,D", "dockerd", check=False).returncode != 0, "the engine is dead"
    )
    gone = "/run/docker.pid /run/docker/containerd /run/dockworthy-engine /run/docker.sock"
    host.run("sh", "-c", f"kill -9 $(cat /run/docker/containerd/containerd.pid); rm -rf {gone}")
    assert host.docker("ps", check=False).returncode != 0
    host.run(INIT, "start")
    host.start_engine()
    host.docker("start", "before", "watcher")
    assert from_elsewhere(host, "ps").returncode == 0
    assert b"has no role here" in Reached(host, SOCKET, "nils").docker("ps", check=False).stderr


def test_nobody_from_elsewhere_any_more(host: OwnHost) -> None:
    running = host.running()
    assert "127.0.0.1:2376 is closed" in dockworthy(host, "guard", "install", "--tls", "off", "--yes")
    host.wait(lambda: b"Cannot connect" in from_elsewhere(host, "ps").stderr, "nobody listens there")
    assert host.running() == running
    assert b"has no role here" in Reached(host, SOCKET, "nils").docker("ps", check=False).stderr


def test_unlock_puts_the_engine_back_when_all_is_wrong(host: OwnHost) -> None:
    """No guard, no bundle, no dockworthy: containers run on, and settings are what they were."""
    running = host.running()
    watch = "$(cat /run/dockworthy-guard.watch)"
    pids = f"{watch} $(cat /run/dockworthy-guard.pid) $(cut -d ' ' -f 1 /run/dockworthy-guard.serving)"
    host.run("sh", "-c", f"kill -9 {pids}; mv /opt/dockworthy /opt/away; rm -f {PLUGIN}")
    said = host.run(UNLOCK).stderr.decode()
    host.wait(lambda: host.docker("version", check=False).returncode == 0, f"the engine answers: {said}")
    assert host.read("/etc/docker/daemon.json") == SETTINGS
    assert mode_of(host) == b"660 root docker\n"
    assert host.running() == running
    assert host.run("test", "-e", OWN, check=False).returncode != 0
    assert b"before" in Reached(host, SOCKET, "nils").docker("ps").stdout, "as before: its group is root"
    assert "(group docker) is root on this host" in said and "until: docker restart watcher" in said, said
    host.run("mv", "/opt/away", "/opt/dockworthy")
    by_hand = host.run(INIT, "start", check=False)
    assert by_hand.returncode == 1 and b"dockerd (process" in by_hand.stderr, by_hand.stderr
    assert b"guard install --people" in by_hand.stderr, by_hand.stderr
    assert b"before" in Reached(host, SOCKET, "nils").docker("ps").stdout, "the engine is still there"
    assert host.run("test", "-e", PLUGIN, check=False).returncode != 0, "nor a plugin that nobody is"
    text = host.run(str(DOCKWORTHY), "guard", "status", check=False).stdout.decode()
    assert "the guard is out of the way" in text and "comes back with: dockworthy guard install --people" in text, text
    again = host.dockworthy("guard", "install", "--people", "--dry-run").stderr
    assert "it is started again" in again and "no request is refused meanwhile" not in again, again
    plan = host.dockworthy("guard", "uninstall", "--dry-run").stderr
    assert "end the grants of group:olga, user:olga" in plan, plan
    assert "docker restart" not in plan, "the engine's own socket is back already"
    dockworthy(host, "guard", "uninstall", "--yes")
    assert host.read("/etc/docker/daemon.json") == SETTINGS
    left = {each for each in traces(host).split() if "/tls/" not in each}
    assert left == {"/etc/dockworthy/guard.yaml", "/etc/docker/daemon.json"}, "nor grants, nor what unlock put aside"
    assert grant(host, "olga").returncode == 2, "there is no guard"


def test_one_that_was_cut_off_is_taken_back_and_uninstall_leaves_the_engine_as_it_was(host: OwnHost) -> None:
    """Killed while the engine is stopped: the next one finds out what was, and begins anew."""
    before, running, mode = traces(host), host.running(), mode_of(host)
    engine = host.read("/run/docker.pid")
    line = f"echo $$ >/run/installing; exec {DOCKWORTHY} guard install --people --yes >/dev/null 2>&1"
    cut_off = subprocess.Popen([*host.inside, "sh", "-c", line], env=clean_environment())
    stopped = ("sh", "-c", f"test -e {HOLDING} && ! grep -q '[SR] (' /proc/{engine.strip()}/status")
    host.wait(lambda: host.run(*stopped, check=False).returncode == 0, "the engine is stopped", 180)  # copies first
    host.run("sh", "-c", "kill -9 $(cat /run/installing)")
    cut_off.wait(patience(30))
    assert "was cut off" in install(host)
    assert host.running() == running
    assert b"has no role here" in Reached(host, SOCKET, "nils").docker("ps", check=False).stderr
    dockworthy(host, "guard", "uninstall", "--yes")
    assert host.read("/etc/docker/daemon.json") == SETTINGS
    assert (traces(host), host.running(), mode_of(host)) == (before, running, mode)
    host.docker("run", "--rm", "--privileged", BUSYBOX, "true")


def test_what_can_not_be_done_whole_is_taken_back(host: OwnHost) -> None:
    """The engine does not start at its new place: somebody's folder is a file."""
    before, running = traces(host), host.running()
    host.run("touch", "/run/dockworthy-engine")
    done = host.dockworthy("guard", "install", "--people", "--yes")
    host.run("rm", "-f", "/run/dockworthy-engine")
    assert done.returncode != 0 and "bringing the engine's own socket back" in done.stderr, done.stderr
    assert (host.read("/etc/docker/daemon.json"), traces(host), host.running()) == (SETTINGS, before, running)
