"""Several hosts at once: each is read by itself, and one that is down is said to be so."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dockworthy.facts.fleet import read_fleet
from dockworthy.model.field import Set, Unknown
from machines.ssh_fixtures import Servers
from machines.ssh_servers import Clients

pytestmark = pytest.mark.ssh


SLOW = 4.0
"""Seconds that a slow host takes to let us in."""


async def test_one_host_is_down_and_the_others_stand(serve: Servers) -> None:
    first, down, last = serve(), serve(), serve()
    down.stop()
    nowhere = "/nowhere/docker.sock"
    endpoints = [first.address(path=nowhere), down.address(), last.address(path=nowhere)]
    readings = await read_fleet(endpoints, deadline=20)
    assert [reading.endpoint for reading in readings] == endpoints
    assert [reading.snapshot is not None for reading in readings] == [True, False, True]
    assert readings[1].error == f"nobody listens for ssh at {down.name}"
    assert readings[1].hint
    for reading in (readings[0], readings[2]):
        assert reading.snapshot is not None
        assert isinstance(reading.snapshot.host.kernel, Set)
        assert isinstance(reading.snapshot.engine.version, Unknown)


async def test_twelve_hosts_take_as_long_as_the_slowest(serve: Servers) -> None:
    """One takes its time to log us in; meanwhile the eleven others, all on this one machine, are read."""
    slow = serve(f'ForceCommand sleep {SLOW}; eval "$SSH_ORIGINAL_COMMAND"')
    endpoints = [server.address(path="/nowhere/docker.sock") for server in (slow, *(serve() for _ in range(11)))]
    begun = time.monotonic()
    (alone,) = await read_fleet(endpoints[:1], deadline=60)
    slowest = time.monotonic() - begun
    readings = await read_fleet(endpoints, deadline=60)
    twelve = time.monotonic() - begun - slowest
    assert alone.snapshot is not None
    assert [reading.error for reading in readings] == [""] * 12
    assert twelve < 1.5 * slowest, (slowest, twelve)


async def test_an_address_that_is_none_is_one_hosts_error(tmp_path: Path) -> None:
    (reading,) = await read_fleet(["ssh://user:secret@shop"], deadline=5)
    assert reading.snapshot is None
    assert "a password does not belong there" in reading.error and "secret" not in reading.error


async def test_the_same_host_twice_is_read_once(clients: Clients) -> None:
    assert len(await read_fleet(["ssh://nobody.invalid"] * 2, deadline=5)) == 1
