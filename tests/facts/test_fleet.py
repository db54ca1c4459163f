"""Several hosts at once: each is read by itself, and one that is down is said to be so."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockworthy.facts.fleet import read_fleet
from dockworthy.model.field import Set, Unknown
from machines.ssh_fixtures import Servers
from machines.ssh_servers import Clients
from patience import patience

pytestmark = pytest.mark.ssh


async def test_one_host_is_down_and_the_others_stand(serve: Servers) -> None:
    first, down, last = serve(), serve(), serve()
    down.stop()
    nowhere = "/nowhere/docker.sock"
    endpoints = [first.address(path=nowhere), down.address(), last.address(path=nowhere)]
    readings = await read_fleet(endpoints, deadline=patience(20))
    assert [reading.endpoint for reading in readings] == endpoints
    assert [reading.snapshot is not None for reading in readings] == [True, False, True]
    assert readings[1].error == f"nobody listens for ssh at {down.name}"
    assert readings[1].hint
    for reading in (readings[0], readings[2]):
        assert reading.snapshot is not None
        assert isinstance(reading.snapshot.host.kernel, Set)
        assert isinstance(reading.snapshot.engine.version, Unknown)


async def test_all_hosts_are_read_at_once(serve: Servers, tmp_path: Path) -> None:
    """Each lets us in only when the others have been asked, too: one after the other, none would ever answer."""
    arrived = tmp_path / "arrived"
    arrived.mkdir()
    wait = f"while [ $(ls {arrived} | wc -l) -lt 3 ]; do sleep 0.05; done"
    servers = [serve(f'ForceCommand touch {arrived}/{name}; {wait}; eval "$SSH_ORIGINAL_COMMAND"') for name in "abc"]
    readings = await read_fleet(
        [server.address(path="/nowhere/docker.sock") for server in servers], deadline=patience(60)
    )
    assert [reading.error for reading in readings] == ["", "", ""]


async def test_an_address_that_is_none_is_one_hosts_error(tmp_path: Path) -> None:
    (reading,) = await read_fleet(["ssh://user:secret@shop"], deadline=5)
    assert reading.snapshot is None
    assert "a password does not belong there" in reading.error and "secret" not in reading.error


async def test_the_same_host_twice_is_read_once(clients: Clients) -> None:
    assert len(await read_fleet(["ssh://nobody.invalid"] * 2, deadline=5)) == 1
