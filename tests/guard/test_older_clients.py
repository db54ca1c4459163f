"""What a client of an older API made: the engine leaves what is mounted below a read-only bind writable there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guard.guarded import Guarded, start_guarded
from machines.images import BUSYBOX
from machines.own_host import start_host

pytestmark = pytest.mark.engine

POLICY = "guard: {binds: [/run/shop]}"
READS = {"HostConfig": {"Binds": ["/run/shop:/x:ro"]}}
MOUNTS = {"HostConfig": {"Mounts": [{"Type": "bind", "Source": "/run/shop", "Target": "/x", "ReadOnly": True}]}}
BELOW = {"HostConfig": {"Binds": ["/run/shop/low/b:/b"]}}


@pytest.fixture(scope="module")
def guarded(engines_folder: Path) -> Iterator[Guarded]:
    host = start_host(engines_folder / "guard-older-clients")
    try:
        host.write("/etc/guard.yaml", POLICY)
        host.run("mkdir", "-p", "/run/shop/low")
        host.run("chmod", "o-x", "/run/shop")
        host.run("mount", "-t", "tmpfs", "-o", "mode=755", "low", "/run/shop/low")
        host.run("mkdir", "/run/shop/low/b")
        yield start_guarded(host, "--policy", "/etc/guard.yaml")
    finally:
        host.stop()


def create(guarded: Guarded, version: str, more: dict[str, Any]) -> str:
    body = {"Image": BUSYBOX, "Cmd": ["sh", "-c", "echo >/x/low/written && echo written"], **more}
    answer = guarded.ask("POST", f"/{version}/containers/create", body)
    return str(answer.json["Id"]) if answer.status == 201 else answer.body.decode()


@pytest.mark.parametrize("body", [READS, MOUNTS], ids=["Binds", "Mounts"])
def test_what_it_leaves_writable_counts_as_written(guarded: Guarded, body: dict[str, Any]) -> None:
    new = create(guarded, "v1.45", body)
    assert b"written" not in guarded.docker("start", "-a", new, check=False).stdout
    beside = create(guarded, "v1.45", BELOW)
    assert len(beside) == 64, beside
    guarded.docker("rm", beside)
    old = create(guarded, "v1.43", body)
    try:
        assert b"written" in guarded.docker("start", "-a", old).stdout, "the engine's own way with it"
        refused = create(guarded, "v1.45", BELOW)
        assert "guard/replaceable" in refused and "can write /run/shop" in refused
        guarded.host.run("chmod", "o+x", "/run/shop")
        entered = guarded.docker("start", old, check=False).stderr
        assert b"guard/way-in" in entered
        made = create(guarded, "v1.43", body)
        assert "guard/way-in" in made
    finally:
        guarded.host.run("chmod", "o-x", "/run/shop")
        guarded.docker("rm", old, new)
