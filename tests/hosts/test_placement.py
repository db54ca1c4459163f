"""Where tasks may go when a node is emptied, by what the API says of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockworthy.hosts.placement import allows, is_wanted, moves_from, pinned_to, replicas
from dockworthy.model.hosts import MoveKind, SwarmNode
from dockworthy.report.hosts import move_in_words


def node(name: str, **more: Any) -> SwarmNode:
    facts = {"node.id": name, "node.hostname": name, "node.role": "worker", "node.ip": "10.0.0.7"}
    return SwarmNode(id=name, name=name, **{**more, "facts": facts | more.get("facts", {})})


def service(*constraints: str, volume: str = "", replicas: int | None = 1, driver: str = "") -> dict[str, Any]:
    options = {"VolumeOptions": {"DriverConfig": {"Name": driver}}} if driver else {}
    mounts = [{"Type": "volume", "Source": volume, **options}] if volume else []
    template = {"Placement": {"Constraints": list(constraints)}, "ContainerSpec": {"Mounts": mounts}}
    mode: dict[str, Any] = {"Global": {}} if replicas is None else {"Replicated": {"Replicas": replicas}}
    return {"ID": "s", "Spec": {"Name": "web", "Mode": mode, "TaskTemplate": template}}


def task(on: str = "a", desired: str = "running", state: str = "running") -> dict[str, Any]:
    return {"ServiceID": "s", "NodeID": on, "DesiredState": desired, "Status": {"State": state}}


def move_of(asked: dict[str, Any], *others: SwarmNode) -> Any:
    here = node("a")
    (found,) = moves_from(here, [here, *others], [asked], [task(), task("b"), task(desired="shutdown")])
    return found


@pytest.mark.parametrize(
    ("asked", "others", "kind", "words"),
    [
        (service(replicas=2), [node("b")], MoveKind.MOVES, "web: 1 of 2 tasks, to b"),
        (service(), [node("b"), node("c")], MoveKind.MOVES, "to b or c; nothing of it runs until a new one does"),
        (service(replicas=None), [node("b")], MoveKind.ENDS, "which ends: each node has one"),
        (service("node.id==a"), [node("b")], MoveKind.STUCK, "no other node may take it (node.id==a)"),
        (service("node.id==a", volume="d"), [node("b")], MoveKind.STUCK, "volume d stays here"),
        (service(volume="d"), [node("b")], MoveKind.LOSES, "elsewhere it begins empty"),
        (service(volume="d", driver="nfs"), [node("b")], MoveKind.MOVES, "to b"),
        (service(), [node("b", ready=False), node("c", availability="drain")], MoveKind.STUCK, "no other node takes"),
        (service("node.id==a"), [node("b", ready=False)], MoveKind.STUCK, "no other node takes"),
    ],
)
def test_what_becomes_of_a_service(asked: Any, others: list[SwarmNode], kind: MoveKind, words: str) -> None:
    move = move_of(asked, *others)
    assert (move.kind, move.tasks) == (kind, 1) and words in move_in_words(move)
    assert move.must_be_asked_for == (kind in (MoveKind.STUCK, MoveKind.LOSES))


@pytest.mark.parametrize(
    ("constraint", "holds"),
    [
        ("node.role == WORKER", True),
        ("node.role!=worker", False),
        ("node.labels.zone==a", True),
        ("node.labels.zone==b", False),
        ("node.labels.none!=b", True),
        ("node.labels.none==b", False),
        ("node.ip==10.0.0.0/24", True),
        ("node.ip==10.0.0.9/24", True),
        ("node.ip!=10.0.0.7", False),
        ("node.ip==nowhere", False),
        ("node.ip!=nowhere", True),
        ("what is this", True),
        ("something.new==b", True),
    ],
)
def test_constraints(constraint: str, holds: bool) -> None:
    assert allows([constraint], node("a", facts={"node.labels.zone": "A"})) is holds


@given(st.text(max_size=40))
def test_only_what_is_understood_keeps_a_node_out(constraint: str) -> None:
    """Whatever people wrote: no task waits for a node that the swarm itself would take."""
    understood = ("==" in constraint or "!=" in constraint) and constraint.strip().startswith(("node.", "engine."))
    assert allows([constraint], node("a")) or understood


@given(st.text(alphabet="abc.:=! \n", max_size=20))
def test_of_what_is_said_of_a_fact_the_one_or_the_other_holds(value: str) -> None:
    """Labels, too, that the node does not have, and addresses that are none."""
    for key in ("node.role", "node.ip", "node.labels.none", "engine.labels.none"):
        assert allows([f"{key}=={value}"], node("a")) is not allows([f"{key}!={value}"], node("a"))


def test_nothing_is_waited_for_elsewhere_where_each_node_has_its_own() -> None:
    assert move_of(service(replicas=None), node("b")).wanted == 0


def test_what_the_api_leaves_out() -> None:
    """A task that no node has yet has no status; no replicas are none."""
    assert is_wanted({"ServiceID": "s", "DesiredState": "running"})
    assert not is_wanted({"ServiceID": "s", "DesiredState": "running", "Status": {"State": "failed"}})
    assert replicas({"Spec": {"Mode": {"Replicated": {}}}}) == 0
    assert replicas({"Spec": {"Mode": {"Global": {}}}}) is replicas({}) is None


def test_no_more_than_ran_before_is_waited_for() -> None:
    here, other = node("a"), node("b")
    tasks = [task(), task("b", state="pending"), task("b", state="starting")]
    (move,) = moves_from(here, [here, other], [service(replicas=3)], tasks)
    assert (move.tasks, move.wanted) == (1, 1)


def test_pinned_is_what_runs_on_one_node_alone() -> None:
    a, b = node("a"), node("b")
    assert pinned_to(service("node.id==a"), a, [a, b])
    assert not pinned_to(service(), a, [a, b]) and not pinned_to(service("node.id==b"), a, [a, b])
