"""A swarm without a leader: an election is waited for; else the managers themselves say how many of them are left."""

from __future__ import annotations

import pytest

from machines.program import run_dockworthy

from .conftest import Swarm, until

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

ASKED = ("resume", "n1", "--yes")  # it takes tasks already: only the managers are asked


def leader(swarm: Swarm, at: str) -> str:
    (found,) = [each for each in swarm.nodes(at) if each.get("ManagerStatus", {}).get("Leader")]
    return str(found["Spec"]["Labels"]["dockworthy.host"])


def test_the_leader_is_lost_then_the_asked_one_then_most(swarm: Swarm) -> None:
    assert swarm.dockworthy("promote", "n2", "n3", "--yes").returncode == 0
    lost = leader(swarm, "n1")
    at, other = [name for name in ("n1", "n2", "n3") if name != lost]
    swarm.switch.cut(int(lost[1]))
    done = swarm.dockworthy(*ASKED, at=at)
    assert done.returncode == 0 and "nothing to do" in done.stderr, done.stderr
    assert leader(swarm, at) in (at, other)

    swarm.switch.mend(int(lost[1]))
    until(lambda: all(each["ManagerStatus"]["Reachability"] == "reachable" for each in swarm.nodes(at)), "all are back")
    swarm.switch.cut(int(at[1]))
    until(lambda: "has one" in swarm.dockworthy(*ASKED, at=at).stderr, "it is cut off, and the others go on")
    told = " ".join(swarm.dockworthy(*ASKED, at=at).stderr.split())
    assert f"--host {min(lost, other)}" in told and "force-new-cluster" not in told and "recovery" not in told

    for name in (lost, other):
        swarm.switch.cut(int(name[1]))
    until(lambda: "3 of 3 managers answer" in swarm.dockworthy(*ASKED, at=at).stderr, "none is lost")
    told = swarm.dockworthy(*ASKED, at=at).stderr
    assert "2377/tcp" in told and "recovery" not in told

    for name in (lost, other):
        swarm.engines.pop(name).stop()
    done = swarm.dockworthy(*ASKED, at=at)
    told = " ".join(done.stderr.split())
    assert done.returncode == 10 and "the swarm has no leader now; of 3 managers 1 answers" in told, told
    assert "docs/swarm-recovery.md" in told and "force-new-cluster" not in told
    listed = run_dockworthy("hosts", "--policy", str(swarm.project), timeout=120)
    told = " ".join(listed.stdout.split())
    assert "its swarm has no leader" in told and "docs/swarm-recovery.md" in told, told
