"""Whatever the engine says of images, networks, volumes and the swarm, no control on them trips over it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import examples
from dockworthy.controls.judging import judge_machine
from dockworthy.controls.registry import all_controls
from dockworthy.model.field import Set
from dockworthy.model.finding import Outcome
from dockworthy.model.levels import Level
from dockworthy.model.machine import Machine
from dockworthy.model.snapshot import Snapshot
from dockworthy.readers.machine import read_machine

CHAPTERS = ("image/", "network/", "volume/", "machine/", "cluster/")
ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 1 << 40)
    | st.text(max_size=5)
    | st.sampled_from(["/", "::1/200", "hash:0"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=6,
)


def _ground() -> dict[str, Any]:
    """A snapshot with at least one object of each kind, as JSON."""
    node = {
        "ID": "n1",
        "Spec": {"Role": "manager", "Availability": "active"},
        "Status": {"State": "ready", "Addr": "10.0.0.5"},
        "Description": {"Hostname": "a", "Engine": {"EngineVersion": "28.5.1"}},
        "ManagerStatus": {"Reachability": "reachable"},
    }
    service = {"ID": "s1", "Spec": {"Name": "web", "Mode": {"Global": {}}, "UpdateConfig": {"FailureAction": "pause"}}}
    bound = {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "80"}]}
    return examples._snapshot(
        "snapshot",
        {
            "engine": {
                "info": {"Swarm": {"LocalNodeState": "active", "ControlAvailable": True}},
                "images": [{"inspect": {"Config": {"Cmd": ["x"]}}, "history": [{"CreatedBy": "RUN x"}]}],
                "containers": [
                    {"name": "web", "inspect": {"NetworkSettings": {"Ports": bound, "Networks": {"shop": {}}}}}
                ],
                "networks": [{"Name": "shop", "Driver": "bridge", "IPAM": {"Config": [{"Subnet": "10.1.0.0/24"}]}}],
                "volumes": [
                    {"Name": "data", "Driver": "local", "Options": {"o": "bind", "device": "/etc", "type": "nfs"}}
                ],
                "swarm": {
                    "is": "set",
                    "value": {"Spec": {"CAConfig": {"NodeCertExpiry": 1}}},
                    "source": {"where": "x"},
                },
                "nodes": [node],
                "services": [service],
                "disk_usage": {"Images": [{"Containers": 0, "Size": 1}], "BuildCache": [{"Size": 1}]},
            }
        },
    )


GROUND = _ground()


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return ([path] if path else []) + [place for key, inner in entries for place in _places(inner, (*path, key))]


PLACES = [place for place in _places(GROUND["engine"]) if "value" in place and place[-1] != "value"]


def _with(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    if not path:
        return other
    changed = value.copy()
    changed[path[0]] = _with(value[path[0]], path[1:], other)
    return changed


def _machine(snapshot: dict[str, Any]) -> Machine | None:
    """None where the snapshot is not even a snapshot: such a file is refused with a sentence."""
    try:
        return read_machine(msgspec.convert(snapshot, Snapshot, strict=False))
    except msgspec.ValidationError:
        return None


def _trips(machine: Machine) -> list[str]:
    found = judge_machine(machine, Level.PRODUCTION)
    said = [(finding.control, evidence.says) for finding in found for evidence in finding.evidence]
    return [says for control, says in said if control.startswith(CHAPTERS) and "control itself failed" in says]


def test_the_ground_is_judged() -> None:
    machine = _machine(GROUND)
    assert machine is not None and not _trips(machine)
    assert machine.images and machine.networks and machine.volumes and machine.cluster


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(place=st.sampled_from(PLACES), other=ANY)
def test_any_json_anywhere(place: tuple[Any, ...], other: Any) -> None:
    machine = _machine({**GROUND, "engine": _with(GROUND["engine"], place, other)})
    assert machine is None or not _trips(machine)


@pytest.mark.parametrize(
    "unknown", ["info", "images", "networks", "volumes", "containers", "disk_usage", "nodes", "services"]
)
def test_what_was_not_seen_never_passes_for_what_is_not_there(unknown: str) -> None:
    engine = {**GROUND["engine"], unknown: {"is": "unknown", "reason": "the engine went silent"}}
    machine = _machine({**GROUND, "engine": engine})
    assert machine is not None and not _trips(machine)
    assert _passes(machine) <= _passes(_machine(GROUND))


def _passes(machine: Machine | None) -> set[tuple[str, str]]:
    assert machine is not None
    found = judge_machine(machine, Level.PRODUCTION)
    return {(f.control, f.subject) for f in found if f.control.startswith("machine/") and f.outcome is Outcome.PASS}


@settings(deadline=None)
@given(lines=st.lists(st.text(alphabet='-A INPUTDOCKERser{}tablechin acp:0123456789./,=!"\t', max_size=60), max_size=6))
def test_any_text_may_be_a_firewalls(lines: list[str]) -> None:
    firewall = {"backend": "nft", "input_policy": "drop", "rules": lines, "docker_user": lines}
    host = {**GROUND["host"], "firewall": {"is": "set", "value": firewall, "source": {"where": "x"}}}
    machine = _machine({**GROUND, "host": host})
    assert machine is not None and not _trips(machine)


def test_every_control_of_these_chapters_says_where_its_facts_stand() -> None:
    machine = _machine(GROUND)
    assert machine is not None
    mine = [f for f in judge_machine(machine, Level.PRODUCTION) if f.control.startswith(CHAPTERS)]
    assert {f.control for f in mine} == {id for id in all_controls() if id.startswith(CHAPTERS)}
    assert all(f.evidence and f.evidence[0].source is not None for f in mine if f.outcome != "unknown")
    assert isinstance(machine.engine_answers, Set)
