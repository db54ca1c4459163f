"""An engine whose networks did not join when its swarm was recreated: waited for, then said, with the one way out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec import structs

from dockworthy.deploy.targets.swarm import ready
from dockworthy.deploy.targets.swarm.ready import until_it_takes_part
from dockworthy.engine.connection import Connection
from dockworthy.engine.faults import NoSuchObject, failed_answer
from dockworthy.engine.membership import membership_in, must_be_manager
from dockworthy.errors import EngineError
from dockworthy.hosts.listing import _half_begun
from dockworthy.model.field import Set, Source
from dockworthy.model.half_begun import HALF_BEGUN, RESTART_IT, RESTART_STOPPED, STOPPED, half_begun_nodes
from dockworthy.model.host import Host
from dockworthy.model.snapshot import EngineFacts, Snapshot, ToolVersion
from machines.engines import OwnEngine, start_engine_again
from machines.program import run_dockworthy
from patience import Limit, lull, patience

from .conftest import Swarm, until

SAID = Source("GET /tasks")


class Engine:
    """A manager. `peers`: of `ingress`, look by look; None where that is gone by then."""

    def __init__(self, *peers: list[dict[str, str]] | None, ingress: bool = True) -> None:
        self._peers = [*peers]
        self._ingress = ingress

    async def get(self, path: str) -> Any:
        if path == "/info":
            return {"Swarm": {"LocalNodeState": "active", "ControlAvailable": True}}
        if path.startswith("/networks?"):  # a manager's list has no peers, whatever there is
            return [{"Id": "n", "Name": "shop_default"}, *([{"Id": "i", "Ingress": True}] if self._ingress else [])]
        if path == "/networks/i":
            peers = self._peers.pop(0) if len(self._peers) > 1 else self._peers[0]
            if peers is None:
                raise NoSuchObject("gone")
            return {"Id": "i", "Peers": peers}
        return []


async def waits(engine: Engine, seconds: float = 60.0) -> tuple[bool, int]:
    """Does it take part in the end, and how often was it said that this is waited for."""
    told: list[str] = []
    asked = cast(Connection, engine)
    return await until_it_takes_part(asked, waits=lambda: told.append("it"), seconds=seconds), len(told)


async def test_it_is_waited_for_and_said_once() -> None:
    me = [{"Name": "x", "IP": "10.0.0.1"}]
    assert await waits(Engine(me)) == (True, 0)
    assert await waits(Engine([], [], me)) == (True, 1)
    assert await waits(Engine([]), seconds=0.0) == (False, 0)
    assert await waits(Engine(ingress=False)) == (True, 0), "nothing tells"
    assert await waits(Engine(None)) == (True, 0)


async def test_a_deploy_says_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(engine: Connection, **more: Any) -> bool:
        return await until_it_takes_part(engine, **{**more, "seconds": 0.0})

    monkeypatch.setattr(ready, "until_it_takes_part", at_once)
    with pytest.raises(EngineError) as raised:
        await ready.must_be_ready(cast(Connection, Engine([])), "shop")
    assert "no task can start" in raised.value.says and RESTART_IT in raised.value.hint


def task(at: str, node: str = "n", *, runs: bool = False) -> dict[str, Any]:
    status = {"State": "running"} if runs else {"State": "rejected", "Err": HALF_BEGUN}
    return {"NodeID": node, "Status": {"Timestamp": f"2026-11-01T10:00:{at}.123456789Z", **status}}


@pytest.mark.parametrize(
    ("tasks", "nodes"),
    [
        ([], set()),
        ([task("01"), task("05")], set()),
        ([task("01"), task("20")], {"n"}),
        ([task("01"), task("20"), task("25", runs=True)], set()),
        ([task("00", runs=True), task("01"), task("20"), task("02", "m"), task("19", "m", runs=True)], {"n"}),
        ([{"NodeID": "n"}, {"Status": {}}, {"NodeID": "n", "Status": {"Err": HALF_BEGUN, "Timestamp": "?"}}], set()),
    ],
)
def test_those_that_do_not_get_over_it(tasks: list[dict[str, Any]], nodes: set[str]) -> None:
    assert half_begun_nodes(tasks) == nodes


def test_one_that_was_stopped_and_not_begun() -> None:
    says = {"message": f"rpc error: code = Canceled desc = {STOPPED}"}
    for status in (500, 503):
        error = failed_answer(status, json.dumps(says).encode(), "unix:///x", "GET /nodes")
        assert error.hint == RESTART_STOPPED
    info = {"Swarm": {"LocalNodeState": "active", "ControlAvailable": True, "NodeID": "", "Error": says["message"]}}
    engine = EngineFacts(info=Set(info, SAID))
    snapshot = Snapshot(taken="", tool=ToolVersion("dockworthy", "0"), host=Host(), engine=engine)
    assert _half_begun(snapshot) == RESTART_STOPPED
    worker = {"Swarm": {"LocalNodeState": "active", "ControlAvailable": False, "NodeID": ""}}
    assert _half_begun(structs.replace(snapshot, engine=EngineFacts(info=Set(worker, SAID)))) == RESTART_STOPPED
    with pytest.raises(EngineError) as raised:
        must_be_manager(membership_in(worker), "n1")
    assert raised.value.hint == RESTART_STOPPED


def test_the_list_of_hosts_says_it() -> None:
    named = {"ID": "n", "Spec": {"Labels": {"dockworthy.host": "shop1"}}, "Description": {"Hostname": "x"}}
    engine = EngineFacts(tasks=Set((task("01"), task("20")), SAID), nodes=Set((named,), SAID))
    snapshot = Snapshot(taken="", tool=ToolVersion("dockworthy", "0"), host=Host(), engine=engine)
    assert _half_begun(snapshot) == f"no task starts on shop1, whose {RESTART_IT}"
    assert _half_begun(Snapshot(taken="", tool=ToolVersion("dockworthy", "0"), host=Host(), engine=EngineFacts())) == ""


def stopped_while(engine: OwnEngine, log: Path, words: list[str]) -> bytes:
    """What `words` said, which end the old part of an engine that stands still while it does that."""
    stops = log.read_text().count("Stopping manager")
    begins = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    limit = Limit(60)
    while log.read_text().count("Stopping manager") == stops:
        assert limit.left > 0, "it does not stop its old part"
        time.sleep(0.001)
    os.kill(engine.pid, signal.SIGSTOP)
    lull(16.0)
    os.kill(engine.pid, signal.SIGCONT)
    return begins.communicate(timeout=patience(60))[1]


@pytest.mark.engine
@pytest.mark.timeout(1200)
def test_an_engine_that_is_too_slow_to_begin_anew(engines_folder: Path) -> None:
    """Of two managers one is lost, and the other one has no time while it stops its old part."""
    swarm = Swarm(engines_folder / "half-begun")
    try:
        for number in (1, 2):
            swarm.start(number)
        swarm.docker("n1", "swarm", "init", "--advertise-addr", swarm.addresses["n1"])
        swarm.call("n1")
        swarm.join("n2")
        swarm.docker("n1", "node", "promote", swarm.id("n2"))
        until(lambda: swarm.node("n2").get("ManagerStatus", {}).get("Reachability") == "reachable", "two managers")
        engine = swarm.engines["n1"]
        assert engine.folder is not None
        log = engine.folder / "log"
        swarm.serve("web", "--replicas", "2")
        swarm.switch.cut(2)
        until(lambda: "a leader" in engine.docker("node", "ls", check=False).stderr.decode(), "one is lost")
        anew = ("swarm", "init", "--force-new-cluster", "--advertise-addr", swarm.addresses["n1"])
        words = [*engine.inside, "docker", "-H", engine.endpoint, *anew]
        # When it goes on, it may stop its old part before it sees that its time is over: then it begins anew, and has
        # an old part again.
        tries = 0
        while b"context deadline exceeded" not in stopped_while(engine, log, words):
            tries += 1
            assert tries < 15, "it is never too slow"
            until(lambda: swarm.node("n1")["Status"]["State"] == "ready", "it began anew")

        listed = run_dockworthy("hosts", "--policy", str(swarm.project), timeout=120)
        assert "was stopped and did not start again: restart that engine" in " ".join(listed.stdout.split())
        asked = swarm.dockworthy("drain", "n1", "--dry-run")
        assert asked.returncode == 10 and "systemctl restart docker" in asked.stderr, asked.stderr
        assert "is not a swarm manager" in engine.docker(*anew, check=False).stderr.decode()

        engine.process.terminate()  # type: ignore[union-attr]
        start_engine_again(engine)
        until(lambda: engine.docker(*anew, check=False).returncode == 0, "it begins anew")
        until(lambda: swarm.node("n1")["Status"]["State"] == "ready", "it is a node again")
        assert "nothing to do" in swarm.dockworthy("resume", "n1", "--yes").stderr
    finally:
        swarm.stop()
