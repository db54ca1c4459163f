"""An engine elsewhere is not judged by the files of the machine that asks it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dockworthy.facts.reading import read_snapshot
from dockworthy.model.field import Set, Unknown
from dockworthy.model.snapshot import Snapshot
from engine.fake import fake_engine
from patience import patience

HERE = {"KernelVersion": os.uname().release, "Name": os.uname().nodename, "Swarm": {"LocalNodeState": "inactive"}}


async def read(endpoint: str) -> Snapshot:
    return await read_snapshot(endpoint, deadline=patience(5), probe=False, environ={"HOME": "/nonexistent"})


async def test_an_engine_of_this_machine(tmp_path: Path) -> None:
    async with fake_engine(tmp_path, {"/info": HERE}) as engine:
        snapshot = await read(engine.endpoint)
    assert isinstance(snapshot.host.kernel, Set)


async def test_a_socket_that_leads_into_a_virtual_machine(tmp_path: Path) -> None:
    async with fake_engine(tmp_path, {"/info": {**HERE, "KernelVersion": "6.10.14-linuxkit"}}) as engine:
        snapshot = await read(engine.endpoint)
    for field in (snapshot.host.kernel, snapshot.host.daemon_json, snapshot.host.accounts, snapshot.evidence.jobs):
        assert isinstance(field, Unknown)
        assert field.reason.endswith("is on another machine, whose files can't be seen from here")
        assert "ssh://" in field.tell
    assert snapshot.host.files == {} and snapshot.host.sysctls == {}
    assert isinstance(snapshot.engine.info, Set)


@pytest.mark.parametrize("address", ["tcp://192.0.2.1:2375", "tcp://nobody.invalid:2375"])
async def test_an_address_that_is_not_this_machines(address: str) -> None:
    snapshot = await read_snapshot(address, deadline=0.5, probe=False, environ={"HOME": "/nonexistent"})
    assert isinstance(snapshot.engine.version, Unknown)
    assert isinstance(snapshot.host.kernel, Unknown), "this machine's kernel says nothing of that host"


async def test_a_local_port_where_nobody_listens_is_this_machine() -> None:
    snapshot = await read("tcp://127.0.0.1:1")
    assert isinstance(snapshot.engine.version, Unknown)
    assert isinstance(snapshot.host.kernel, Set)
