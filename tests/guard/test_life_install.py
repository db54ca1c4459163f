"""The plugin alone installed, unlocked and taken away, on a host without systemd."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockworthy.errors import UsageError
from dockworthy.guard.life.engine_here import EngineHere
from dockworthy.guard.life.places import Places
from dockworthy.guard.life.planning import plan
from dockworthy.guard.life.tried import check_tried, remember_drill
from guard.guarded import PLUGIN
from machines.engines import clean_environment
from machines.images import BUSYBOX
from machines.own_host import OwnHost, start_host
from machines.program import DOCKWORTHY
from patience import patience

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

SETTINGS = '{\n    "log-driver": "local",\n\t"debug" : false\n}'
"""As a person wrote it: no line end behind it, and odd spaces."""
INIT = "/etc/init.d/dockworthy-guard"
RECORD = "/var/lib/dockworthy/guard/installed.json"
HOLDING = "/var/lib/dockworthy/guard/daemon.json.holding"
UNLOCK = "/usr/local/sbin/dockworthy-guard-unlock"


@pytest.fixture(scope="module")
def host(engines_folder: Path) -> Iterator[OwnHost]:
    host = start_host(engines_folder / "guard-life")
    try:
        for place in ("/opt", "/usr/local"):
            host.run("mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", place)
        host.start_engine(SETTINGS)
        host.load_busybox()
        host.docker("run", "-d", "--name", "before", BUSYBOX, "sleep", "3600")
        yield host
    finally:
        host.stop()


needs_buildx = pytest.mark.skipif(
    shutil.which("docker-buildx", path="/usr/libexec/docker/cli-plugins") is None, reason="no buildx"
)


def install(host: OwnHost, *options: str) -> str:
    done = host.dockworthy("guard", "install", "--yes", *options)
    assert done.returncode == 0, done.stderr
    return done.stderr


def uninstall(host: OwnHost) -> str:
    done = host.dockworthy("guard", "uninstall", "--yes")
    assert done.returncode == 0, done.stderr
    return done.stderr


def build(host: OwnHost) -> str:
    """By BuildKit; "" where it passed, else what the person who asked is shown."""
    host.write("/srv/build/Dockerfile", f"FROM {BUSYBOX}\nRUN echo built >/built\n")
    docker = ("env", "DOCKER_CONFIG=/srv/none", "docker", "build", "--no-cache", "-t", "built", "/srv/build")
    done = host.run(*docker, check=False)
    return done.stderr.decode() if done.returncode else ""


def refused(host: OwnHost) -> bool:
    done = host.docker("run", "--rm", "--privileged", BUSYBOX, "true", check=False)
    return done.returncode != 0 and b"authorization denied by plugin dockworthy" in done.stderr


def traces(host: OwnHost) -> str:
    places = ("/opt", "/usr/local", "/etc/dockworthy", INIT, "/etc/docker", "/var/lib/dockworthy")
    return host.run("find", *places, "-type", "f", check=False).stdout.decode()


def test_a_dry_run_changes_nothing(host: OwnHost) -> None:
    before = traces(host)
    done = host.dockworthy("guard", "install", "--dry-run")
    assert done.returncode == 0 and "/etc/docker/daemon.json names the plugin" in done.stderr
    assert traces(host) == before
    assert host.dockworthy("guard", "install").returncode == 2, "nobody agreed"
    assert host.dockworthy("guard", "uninstall", "--yes").returncode == 2, "there is none"


def test_a_program_of_somebody_elses_stays(host: OwnHost) -> None:
    host.write("/usr/local/bin/dockworthy", "#!/bin/sh\necho theirs\n")
    try:
        assert "is another's and stays" in install(host)
        uninstall(host)
        assert "echo theirs" in host.read("/usr/local/bin/dockworthy")
    finally:
        host.run("rm", "-f", "/usr/local/bin/dockworthy")
    install(host)
    host.write("/usr/local/bin/dockworthy", "#!/bin/sh\necho theirs\n")
    try:
        uninstall(host)
        assert "echo theirs" in host.read("/usr/local/bin/dockworthy"), "put there after the guard came"
    finally:
        host.run("rm", "-f", "/usr/local/bin/dockworthy")


def test_the_plan_names_what_can_not_be_started_again(host: OwnHost) -> None:
    for name, option in (("proxy", "-v=/var/run/docker.sock:/var/run/docker.sock"), ("strong", "--privileged")):
        host.docker("run", "-d", "--name", name, option, BUSYBOX, "sleep", "3600")
    try:
        plan = host.dockworthy("guard", "install", "--dry-run").stderr
        for name, rule in (("proxy", "socket"), ("strong", "workload/privileged")):
            (line,) = (line for line in plan.splitlines() if f"container {name} " in line)
            assert "nobody can start it again, root neither" in line and rule in line, line
        assert "container before " not in plan
    finally:
        host.docker("rm", "-f", "proxy", "strong")


def test_what_ended_by_itself_is_not_missed_and_what_failed_is_named(host: OwnHost) -> None:
    def check(*ids: str) -> str:
        script = (
            "import sys; from pathlib import Path; from dockworthy.errors import EngineError\n"
            "from dockworthy.guard.life.engine_here import EngineHere, check_running\n"
            "at = 'unix:///var/run/docker.sock'\n"
            "try: check_running(EngineHere(endpoint=at, settings=Path('/x'), running=frozenset(sys.argv[1:])))\n"
            "except EngineError as error: print(error.says)"
        )
        return host.run(sys.executable, "-c", script, *ids).stdout.decode()

    ids = {
        name: host.docker("run", "-d", *options, "--name", name, BUSYBOX, "sh", "-c", f"exit {status}").stdout.decode()
        for name, status, options in (("good-job", 0, ()), ("bad-job", 3, ()), ("gone-job", 1, ("--rm",)))
    }
    good, bad, gone = (id.strip() for id in ids.values())
    host.docker("wait", good, bad)
    host.wait(lambda: b"gone-job" not in host.docker("ps", "-a").stdout, "it is removed")
    try:
        assert check(good, gone) == ""
        assert check(good, bad, gone) == "containers that ran do not run any more: bad-job (exit status 3)\n"
    finally:
        host.docker("rm", good, bad)


def test_install_guards_a_running_engine_and_uninstall_leaves_it_as_it_was(host: OwnHost) -> None:
    before = traces(host)
    running = host.running()
    install(host)
    assert json.loads(host.read("/etc/docker/daemon.json"))["authorization-plugins"] == ["dockworthy"]
    assert refused(host)
    assert host.running() == running
    assert host.run("/usr/local/bin/dockworthy", "--version").stdout.startswith(b"dockworthy")
    lines = [json.loads(line) for line in host.read("/var/log/dockworthy/guard.jsonl").splitlines()]
    assert any("workload/privileged" in line.get("rules", ()) for line in lines)
    given = host.dockworthy("guard", "grant", "root", "viewer", "--for", "1h", "--reason", "a test")
    assert given.returncode == 2 and "guard install --people" in given.stderr, "behind the plugin nobody is known"
    modes = host.run("find", "/opt/dockworthy", "!", "-user", "root", "-o", "-perm", "/022", "!", "-type", "l").stdout
    assert modes == b"", "what runs as root is root's alone"
    done = host.dockworthy("guard", "uninstall", "--yes")
    assert done.returncode == 0, done.stderr
    assert host.read("/etc/docker/daemon.json") == SETTINGS
    assert traces(host) == before
    assert not refused(host)
    assert host.running() == running


@needs_buildx
def test_builds_are_refused_with_their_reason_and_pass_where_the_engine_confines_them(host: OwnHost) -> None:
    """Announced, said again at the end, and shown to whoever builds; then confined by a restart, which containers
    outlive, and which is taken back byte for byte."""
    running = host.running()
    plan = host.dockworthy("guard", "install", "--dry-run").stderr
    assert "`docker build`" in plan and "refused, root's too" in plan and "--confine-builds" in plan, plan
    said = install(host)
    assert said.rpartition("the engine asks the guard")[2].count("refused, root's too") == 1, said
    shown = build(host)
    assert "BuildKit builds without the host's network (guard/builds)" in shown, shown
    assert "guard install --confine-builds" in shown and 'Get "https' not in shown, shown
    host.run("env", "DOCKER_BUILDKIT=0", "docker", "build", "/srv/build")

    engine = host.read("/run/docker.pid")
    plan = host.dockworthy("guard", "install", "--confine-builds", "--dry-run").stderr
    assert "the engine is restarted" in plan and "1 container runs on" in plan and "builds` pass" not in plan, plan
    said = install(host, "--confine-builds")
    assert "refused, root's too" not in said, said
    assert host.read("/run/docker.pid") != engine
    assert (build(host), refused(host), host.running()) == ("", True, running)
    assert "live-restore" not in host.read("/etc/docker/daemon.json")

    plan = host.dockworthy("guard", "uninstall", "--dry-run").stderr
    assert "stay without the host's network until the engine is restarted" in plan, plan
    assert "until the engine is restarted" in uninstall(host).partition("no longer asks the guard")[2]
    assert (host.read("/etc/docker/daemon.json"), host.running()) == (SETTINGS, running)


@needs_buildx
def test_an_engine_that_confines_builds_goes_on_building(host: OwnHost) -> None:
    """Without a restart: the guard's own change of daemon.json is no reason to doubt what the engine has read. Settings
    that somebody changed since the guard came lose what is the guard's."""
    install(host, "--confine-builds")
    debugging = SETTINGS.replace("false", "true")
    host.write("/etc/docker/daemon.json", host.read("/etc/docker/daemon.json").replace("false", "true", 1))
    uninstall(host)
    assert host.read("/etc/docker/daemon.json") == debugging

    own = {
        "builder": {"entitlements": {"network-host": False}, "gc": {"enabled": True}}
    }  # as it was started, in effect
    host.write("/etc/docker/daemon.json", json.dumps(own))
    host.run("touch", "-r", "/run/docker.pid", "-d", "-1 min", "/etc/docker/daemon.json")
    engine = host.read("/run/docker.pid")
    assert "refused, root's too" not in install(host)
    assert (build(host), refused(host), host.read("/run/docker.pid")) == ("", True, engine)
    uninstall(host)
    assert json.loads(host.read("/etc/docker/daemon.json")) == own
    host.write("/etc/docker/daemon.json", SETTINGS)


def test_one_cut_off_while_the_engine_is_restarted_is_taken_back(host: OwnHost) -> None:
    running, engine = host.running(), host.read("/run/docker.pid").strip()
    line = f"echo $$ >/run/installing; exec {DOCKWORTHY} guard install --confine-builds --yes >/dev/null 2>&1"
    cut_off = subprocess.Popen([*host.inside, "sh", "-c", line], env=clean_environment())
    stopped = ("sh", "-c", f"test -e {HOLDING} && ! grep -q '[SR] (' /proc/{engine}/status")
    host.wait(lambda: host.run(*stopped, check=False).returncode == 0, "the engine is stopped", 180)
    host.run("sh", "-c", "kill -9 $(cat /run/installing)")
    cut_off.wait(patience(30))
    uninstall(host)
    assert (host.read("/etc/docker/daemon.json"), host.running(), refused(host)) == (SETTINGS, running, False)


def test_a_newer_version_that_was_cut_off_is_brought_once_more(host: OwnHost) -> None:
    """Taken back, it would leave the engine without a guard until the next one is there."""
    install(host)
    settings = ("stat", "-c", "%i %y", "/etc/docker/daemon.json")
    before = host.run(*settings).stdout
    line = f"echo $$ >/run/installing; exec {DOCKWORTHY} guard install --yes >/dev/null 2>&1"
    cut_off = subprocess.Popen([*host.inside, "sh", "-c", line], env=clean_environment())
    host.wait(lambda: '"done":false' in host.read(RECORD), "it is being brought", 180)
    host.run("sh", "-c", "kill -9 $(cat /run/installing)")
    cut_off.wait(patience(30))
    status = host.run(str(DOCKWORTHY), "guard", "status", check=False).stdout.decode()
    assert "a newer version was cut off: run dockworthy guard install" in status, status
    said = install(host)
    assert "cut off" not in said and "no longer asks" not in said, said
    assert host.run(*settings).stdout == before and refused(host), "the engine asked it all the time"
    assert "cut off" not in host.run(str(DOCKWORTHY), "guard", "status", check=False).stdout.decode()
    uninstall(host)
    assert (host.read("/etc/docker/daemon.json"), refused(host)) == (SETTINGS, False)


def test_what_can_not_be_done_whole_is_taken_back(host: OwnHost) -> None:
    """The engine's file can't be replaced: by then the copy is made and the guard runs."""
    before = traces(host)
    host.run("mount", "--bind", "/etc/docker/daemon.json", "/etc/docker/daemon.json")
    try:
        done = host.dockworthy("guard", "install", "--yes")
    finally:
        host.run("umount", "/etc/docker/daemon.json")
    assert done.returncode == 2 and "can't be written" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert traces(host) == before
    assert host.read("/etc/docker/daemon.json") == SETTINGS
    assert host.run("pgrep", "-f", "[g]uard serve", check=False).stdout == b"", "no guard is left running"
    assert not refused(host)


def test_unlock_works_when_all_is_wrong(host: OwnHost) -> None:
    """No guard, no bundle, no dockworthy: with the script alone an engine that answers nobody answers again."""
    install(host)
    pids = "$(cat /run/dockworthy-guard.watch) $(cat /run/dockworthy-guard.pid) $(pgrep -f '[g]uard serve --socket')"
    host.run("sh", "-c", f"kill -9 {pids}; mv /opt/dockworthy /opt/away; rm -f {PLUGIN}")
    running = host.read("/run/docker.pid")
    host.run(UNLOCK)
    assert host.read("/etc/docker/daemon.json") == SETTINGS
    host.wait(lambda: not refused(host), "the engine answers without its guard")
    assert host.read("/run/docker.pid") == running, "it was not restarted"
    host.run("mv", "/opt/away", "/opt/dockworthy")
    done = host.dockworthy("guard", "uninstall", "--yes")
    assert done.returncode == 0, done.stderr
    assert host.read("/etc/docker/daemon.json") == SETTINGS


@pytest.mark.parametrize(
    ("changed", "left"),
    [
        ('{\n  "authorization-plugins": ["dockworthy"],\n  "debug": true\n}', []),
        ('{"authorization-plugins": ["dockworthy", "other"], "labels": ["dockworthy"]}', ["other"]),
        ('{"authorization-plugins": [\n"other" ,\n "dockworthy"\n], "debug": true}', ["other"]),
    ],
)
def test_unlock_of_settings_that_somebody_changed(tmp_path: Path, changed: str, left: list[str]) -> None:
    """They lose the guard's name, and nothing else; the file as it was found is kept."""
    path = tmp_path / "daemon.json"
    path.write_text(changed)
    script = subprocess.run([str(DOCKWORTHY), "guard", "unlock", "--print"], capture_output=True, check=True).stdout
    for _ in range(2):  # a second time it changes nothing
        subprocess.run(["sh", "-s", str(path), str(tmp_path / "no-pid")], input=script, check=True)
        wanted = {**json.loads(changed), "authorization-plugins": left}
        assert json.loads(path.read_text()) == wanted
    assert (tmp_path / "daemon.json.locked").read_text() == changed


def test_no_guard_comes_before_an_engine_that_it_was_not_tried_against(tmp_path: Path) -> None:
    check_tried("26.1.5+dfsg1", tmp_path)
    with pytest.raises(UsageError, match="was not tried"):
        check_tried("29.0.1", tmp_path)
    with pytest.raises(UsageError, match="no engine runs"):
        check_tried("", tmp_path)
    remember_drill("29.0.0", tmp_path)
    check_tried("29.0.1", tmp_path)


def test_a_policy_that_others_can_write_is_not_judged_by(tmp_path: Path) -> None:
    """Whoever writes it decides who is root."""
    places = Places(policy=tmp_path / "guard.yaml", state=tmp_path)
    places.policy.write_text("policy: {level: baseline}")
    places.policy.chmod(0o666)
    engine = EngineHere(endpoint="unix:///x", settings=tmp_path / "daemon.json")
    with pytest.raises(UsageError, match=r"guard\.yaml .*others than root|can swap|can be written"):
        plan(places, engine, None, by_systemd=False)
    (tmp_path / "daemon.json").write_text("{not JSON")
    with pytest.raises(UsageError, match=r"daemon\.json:1: not JSON"):
        plan(places, engine, b"", by_systemd=False)
