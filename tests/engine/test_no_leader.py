"""A swarm that elects a leader is waited for, and one that does not come by one is told as such."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dockworthy.engine.connection import Connection
from dockworthy.engine.faults import NoLeader
from dockworthy.errors import EngineError

from .fake import Status, fake_engine

NO_LEADER = Status(500, {"message": "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible"})
LATE = Status(500, {"message": "rpc error: code = DeadlineExceeded desc = context deadline exceeded"})


def at_last(*answers: Any) -> Any:
    """One after the other; the last one stays."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


@pytest.mark.parametrize("first", [NO_LEADER, LATE, Status(503, NO_LEADER.body)])
async def test_an_election_is_waited_for(first: Status, tmp_path: Path) -> None:
    async with fake_engine(tmp_path, {"/nodes": at_last(first, first, [{"ID": "n1"}])}) as fake:
        waits: list[str] = []
        async with Connection(fake.endpoint, election=10.0) as engine:
            engine.on_election = lambda: waits.append("once")
            assert await engine.get("/nodes") == [{"ID": "n1"}]
        assert waits == ["once"]


async def test_in_vain_once(tmp_path: Path) -> None:
    async with fake_engine(tmp_path, {"/nodes": NO_LEADER, "/services/create": NO_LEADER}) as fake:
        async with Connection(fake.endpoint, election=0.1) as engine:
            with pytest.raises(NoLeader) as raised:
                await engine.send("POST", "/services/create", {})
            asked = engine.calls
            with pytest.raises(NoLeader):
                await engine.get("/nodes")
            assert engine.calls == asked + 1, "the next one does not wait again"
    assert "half a minute" in raised.value.hint and "docs/swarm-recovery.md" in raised.value.hint
    assert "force-new-cluster" not in str(raised.value) + raised.value.hint


async def test_who_did_not_ask_for_it_does_not_wait(tmp_path: Path) -> None:
    async with fake_engine(tmp_path, {"/nodes": NO_LEADER}) as fake, Connection(fake.endpoint) as engine:
        with pytest.raises(NoLeader):
            await engine.get("/nodes")
        assert engine.calls == 2


async def test_what_may_have_been_done_is_not_asked_again(tmp_path: Path) -> None:
    """A manager that gave up on the others may have been heard by them."""
    async with fake_engine(tmp_path, {"/services/create": LATE}) as fake:
        async with Connection(fake.endpoint, election=10.0) as engine:
            with pytest.raises(EngineError) as raised:
                await engine.send("POST", "/services/create", {})
            assert not isinstance(raised.value, NoLeader) and engine.calls == 2
