"""What a service can reach and read while it is proven: nothing outside, copies, and stand-ins for secrets."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import MakeContainer
from fix_verify.conftest import Fix, folders_left, left_in
from machines.engines import OwnEngine, clean_environment
from machines.images import BUSYBOX

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

OUTSIDE = "203.0.113.7"
PORT = 18090
PASSWORD = "Tr0ub4dor-and-3"
KEY = "k7-4f9d-22aa-91bc"
TOKEN = "tok-5fd1c0ffee77"
TIGHT = """\
    stop_signal: SIGKILL
    user: "1000:1000"
    read_only: true
    cap_drop: [ALL]
    security_opt: [no-new-privileges:true]
    mem_limit: 64M
    cpus: 0.5
    pids_limit: 64
    restart: unless-stopped
    init: true
    logging: {driver: local}
"""
FILE = f"""\
services:
  app:
    image: {BUSYBOX}
    command: ["sh", "-c", "cat /run/secrets/key; sleep 600"]
{TIGHT}\
    environment:
      DB_PASSWORD: {PASSWORD}
      DB_URL: postgres://shop:{PASSWORD}@db/shop
      API_TOKEN: {TOKEN}
    secrets: [key]
    volumes: ["./settings:/settings", "/run:/host-run"]
secrets:
  key: {{file: ./key}}
"""


@pytest.fixture
def listener(own_engine: OwnEngine) -> Iterator[None]:
    """Something that listens on all addresses of the engine's host; one of them stands for the world."""
    add = [*own_engine.inside, "ip", "addr", "add", f"{OUTSIDE}/32", "dev", "lo"]
    subprocess.run(add, check=True)
    process = subprocess.Popen(
        [*own_engine.inside, "busybox", "httpd", "-f", "-p", str(PORT), "-h", "/usr/share/zoneinfo"],
        env=clean_environment(),
    )
    yield
    process.kill()
    process.wait()
    subprocess.run([each if each != "add" else "del" for each in add], check=True)


@pytest.fixture
def file(busybox_image: str, tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    (folder / "settings").mkdir(parents=True)
    (folder / "settings").chmod(0o777)
    (folder / "settings" / "one").write_text(f"password = {PASSWORD}\n")
    (folder / "settings" / "one").chmod(0o666)
    (folder / "key").write_text(KEY)
    (folder / "compose.override.yaml").write_text("services: {app: {environment: {FROM_OVERRIDE: '1'}}}\n")
    file = folder / "compose.yaml"
    file.write_text(FILE)
    return file


def test_nothing_outside_nothing_real(
    own_engine: OwnEngine, listener: None, container: MakeContainer, file: Path, fix: Fix, tmp_path: Path
) -> None:
    neighbour = container(command=("httpd", "-f", "-p", str(PORT)))
    gateway = own_engine.inspect(neighbour)["NetworkSettings"]["Networks"]["bridge"]["Gateway"]
    theirs = own_engine.inspect(neighbour)["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
    reach = [f"wget -q -T 3 -O /dev/null http://{each}:{PORT}/" for each in (OUTSIDE, gateway)]
    asking = container(command=("sleep", "600"))
    for each in reach:  # a container of the usual kind can: else what follows would prove nothing
        assert own_engine.docker("exec", asking, "sh", "-c", each.replace(f":{PORT}/", f":{PORT}/tzdata.zi")), each
    wanted = [
        *(f"! {each}" for each in [*reach, f"nc -w 3 {theirs} {PORT} </dev/null"]),
        f"test ${{#DB_PASSWORD}} = {len(PASSWORD)}",
        'case "$DB_PASSWORD$DB_URL" in *Tr0ub4dor*) exit 1;; esac',
        'case "$DB_URL" in postgres://shop:"$DB_PASSWORD"@db/shop) ;; *) exit 1;; esac',
        'busybox grep -q "$DB_PASSWORD" /settings/one',
        f"test $(busybox wc -c </run/secrets/key) = {len(KEY)} && ! busybox grep -q 4f9d /run/secrets/key",
        'case "$API_TOKEN" in tok-5fd1*ee77) ;; *) exit 1;; esac',
        "echo written >>/settings/one && touch /settings/two",
        "test ! -e /host-run && test $FROM_OVERRIDE = 1",
    ]
    probes = [word for each in wanted for word in ("--probe", f"app={each}")]
    done = fix("--verify", "--within", "30", "--hand-in", "API_TOKEN", *probes, str(file), "--format", "json")
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert not [each for each in (PASSWORD, KEY, TOKEN) if each in said]
    assert "app runs without /run" in said
    assert (file.parent / "settings" / "one").read_text() == f"password = {PASSWORD}\n"
    assert not (file.parent / "settings" / "two").exists()
    assert file.read_text() == FILE, "it is as tight as it can be"
    assert left_in(own_engine) == {} and folders_left(tmp_path) == []
