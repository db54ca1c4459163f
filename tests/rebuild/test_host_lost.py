"""The host is lost with all that was on it: the project comes up on another one, from repository and key alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from machines.engines import clean_environment
from machines.postgres import IMAGE
from machines.program import DOCKWORTHY, run_dockworthy
from patience import patience

from .conftest import PROJECT, ROWS, WEB, Fresh, Lost, sql

pytestmark = [pytest.mark.engine, pytest.mark.ssh, pytest.mark.program, pytest.mark.timeout(600)]


MARK = f"/var/lib/dockworthy/backup/rebuilding-{PROJECT}.json"
_LISTENS = "import socket, time; s = socket.create_server(('127.0.0.1', 8088)); time.sleep(9999)"


def test_it_comes_up_on_a_fresh_one_with_all_that_it_had(fresh: Fresh, lost: Lost) -> None:
    told = fresh.restore(lost, "--dry-run")
    assert "needs first" in told and "/etc/dockworthy/backup.key" in told and fresh.has(lost) == []

    said = fresh.restore(lost, "--yes")
    assert f"{PROJECT} comes to" in said and f"{WEB} (" in said and "out of the backup" in said
    assert "postgresql" in said and "secrets token" in said and "configs motd" in said
    assert f"{PROJECT}-db-1, {PROJECT}-web-1" in said
    host = fresh.host
    assert sql(host, "SELECT count(*), sum(n) FROM orders") == f"{ROWS}|{ROWS * (ROWS + 1) // 2}"
    for name, id in lost.images.items():
        assert host.docker("image", "inspect", "-f", "{{.Id}}", name).stdout.decode().strip() == id
    for file, content in (("token", "s3cret"), ("motd", "hello"), ("site.conf", "site\n")):
        assert host.run("busybox", "wget", "-qO-", f"http://127.0.0.1:8088/{file}").stdout.decode() == content
    photo = lost.folder / "uploads" / "of users" / "photo"
    assert photo.stat().st_size == 200_000 and (photo.parent.stat().st_uid, photo.parent.stat().st_gid) == (1000, 1000)
    assert (lost.folder / "token.txt").stat().st_mode & 0o777 == 0o400
    volume = json.loads(host.docker("volume", "inspect", f"{PROJECT}_data").stdout)[0]
    assert volume["Labels"]["com.docker.compose.volume"] == "data"
    up = host.run("env", "-C", str(lost.folder), "docker", "compose", "up", "--detach")
    assert "Recreate" not in up.stderr.decode() and "already exists" not in up.stderr.decode()
    left = host.docker("ps", "--all", "--format", "{{.Names}}").stdout.decode().split()
    assert sorted(left) == [f"{PROJECT}-db-1", f"{PROJECT}-web-1"]

    sql(host, "DROP TABLE orders")
    started = host.running()
    said = fresh.restore(lost, "--yes", status=1)
    assert "has something of" in said and "--accept target" in said and host.running() == started
    assert fresh.restore(lost, "--dry-run", status=1)
    words = fresh.words(lost, "--yes", "--accept", "target", "--format", "json")
    done = json.loads(run_dockworthy(*words, inside=fresh.inside, env=fresh.environment, timeout=180).stdout)
    assert done["restored"] and done["plan"]["there"] and done["schema"] == 1
    assert sql(host, "SELECT count(*) FROM orders") == str(ROWS)
    assert not [each for each in os.listdir(lost.folder) if each.startswith(".dockworthy")]


def test_where_it_fails_nothing_of_it_stays(fresh: Fresh, lost: Lost) -> None:
    fresh.host._start(sys.executable, "-c", _LISTENS)
    busy = ("busybox", "grep", "-q", ":1F98 .* 0A ", "/proc/net/tcp")
    fresh.host.wait(lambda: not fresh.host.run(*busy, check=False).returncode, "somebody has the port")
    said = fresh.restore(lost, "--yes", status=10)
    assert "it failed: " in said and f"what was made of {PROJECT} on" in said and "8088" in said
    assert fresh.has(lost) == []
    assert "there is no backup" in fresh.restore(lost, "--yes", "--at", "2001-01-01", status=2)
    assert fresh.has(lost) == []


def containers(fresh: Fresh) -> str:
    return fresh.host.docker("ps", "--all", "--format", "{{.Names}}").stdout.decode()


MOMENTS: dict[str, Callable[[Fresh, Lost], bool]] = {
    "mark": lambda fresh, _: not fresh.host.run("test", "-e", MARK, check=False).returncode,
    "files": lambda _, lost: (lost.folder / "compose.yaml").exists(),
    "volumes": lambda fresh, _: f"{PROJECT}_data" in fresh.host.docker("volume", "ls", "-q").stdout.decode(),
    "dumps": lambda fresh, _: "dockworthy-verify" in containers(fresh),
    "starts": lambda fresh, _: f"{PROJECT}-db-1" in containers(fresh),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_any_moment_the_next_one_knows_what_is_there(fresh: Fresh, lost: Lost, moment: str) -> None:
    process = subprocess.Popen(
        [*fresh.inside, str(DOCKWORTHY), *fresh.words(lost, "--yes")],
        env=clean_environment(**fresh.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    ends = time.monotonic() + patience(120)
    while not MOMENTS[moment](fresh, lost):
        assert process.poll() is None and time.monotonic() < ends, "it never came so far"
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if moment == "starts":  # what people have written since then is not in the backup
        told = fresh.restore(lost, "--yes", status=1)
        assert "was killed, and" in told and "look at it first" in told and "has something of" in told
        fresh.restore(lost, "--yes", "--accept", "target")
    else:
        assert json.loads(fresh.host.read(MARK))["starting"] is False
        assert "is removed first" in fresh.restore(lost, "--yes")
    assert sql(fresh.host, "SELECT count(*) FROM orders") == str(ROWS)
    assert IMAGE in fresh.host.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").stdout.decode()
    assert fresh.host.run("test", "-e", MARK, check=False).returncode
    assert sorted(containers(fresh).split()) == [f"{PROJECT}-db-1", f"{PROJECT}-web-1"]


def test_interrupted_it_takes_back_what_it_made(fresh: Fresh, lost: Lost) -> None:
    process = subprocess.Popen(
        [*fresh.inside, str(DOCKWORTHY), *fresh.words(lost, "--yes")],
        env=clean_environment(**fresh.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    ends = time.monotonic() + patience(120)
    while not MOMENTS["dumps"](fresh, lost):
        assert process.poll() is None and time.monotonic() < ends, "it never came so far"
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=patience(120))
    assert process.returncode in (130, 143), said
    assert "is removed again" in said and fresh.has(lost) == []
