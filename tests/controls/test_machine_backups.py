"""What counts as a backup that was seen, and what does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from asked import outcome, silent

import examples
from dockworthy.controls.machine.backup_evidence import backup_evidence
from dockworthy.model.field import Source
from dockworthy.model.finding import Judgement
from dockworthy.model.proof import Proof, Strength

CONTROL = "machine/backup-evidence"
ENDED = {"Running": False, "Status": "exited", "ExitCode": 0, "FinishedAt": "2026-11-24T02:00:00Z"}


def mount(name: str, *, writes: bool, kind: str = "volume") -> dict[str, Any]:
    return {"Type": kind, "Name": name, "Source": name, "Destination": f"/{name}", "RW": writes}


def with_data(
    *more: dict[str, Any], mounts: tuple[dict[str, Any], ...] = (mount("data", writes=True),)
) -> dict[str, Any]:
    return {"engine": {"containers": [{"name": "db", "inspect": {"Mounts": list(mounts)}}, *more]}}


def backup(image: str = "restic/restic", *, sees: str = "data", **state: Any) -> dict[str, Any]:
    inspect = {"Config": {"Image": image}, "Mounts": [mount(sees, writes=False)], "State": {**ENDED, **state}}
    return {"name": "backup", "inspect": inspect}


@pytest.mark.parametrize(
    ("saver", "expected"),
    [
        (backup(), "pass"),
        (backup("ghcr.io/offen/docker-volume-backup:v2@sha256:" + "a" * 64), "pass"),
        (backup(sees="/var/lib/docker/volumes"), "pass"),
        (backup(ExitCode=1), "fail"),
        (backup(FinishedAt="2026-11-20T02:00:00Z"), "fail"),
        (backup(FinishedAt="0001-01-01T00:00:00Z", Status="created"), "unknown"),
        (backup(Running=True, Status="running"), "unknown"),
        (backup(sees="other"), "unknown"),
        (backup("shop/backup-of-my-cat"), "unknown"),
    ],
)
def test_a_backup_container(saver: dict[str, Any], expected: str) -> None:
    assert outcome(CONTROL, with_data(saver)) == expected


@pytest.mark.parametrize(
    "mounts",
    [
        (),
        (mount("conf", writes=False),),
        (mount("/run/docker.sock", writes=True, kind="bind"),),
        ({"Type": "tmpfs", "Destination": "/tmp", "RW": True},),
    ],
)
def test_without_data_there_is_nothing_to_save(mounts: tuple[dict[str, Any], ...]) -> None:
    assert outcome(CONTROL, with_data(mounts=mounts)) == "not_applicable"


def test_containers_that_were_not_seen_may_have_data() -> None:
    assert outcome(CONTROL, {"engine": {"containers": silent()}}) == "unknown"


def proof(strength: Strength, *, good: bool = True, demand: str = "1.backup") -> Proof:
    return Proof(demand=demand, tool="restic", strength=strength, says="last snapshot", source=Source("x"), good=good)


@pytest.mark.parametrize(
    ("proofs", "expected"),
    [
        ((proof(Strength.MEASURED),), "pass"),
        ((proof(Strength.SEEN),), "unknown"),
        ((proof(Strength.DECLARED),), "unknown"),
        ((proof(Strength.DECLARED), proof(Strength.MEASURED)), "pass"),
        ((proof(Strength.MEASURED), proof(Strength.MEASURED, good=False)), "fail"),
        ((proof(Strength.MEASURED, demand="1.monitor"),), "unknown"),
    ],
)
def test_proofs(proofs: tuple[Proof, ...], expected: str) -> None:
    machine = examples.machine_of("snapshot", with_data(), Path("/nonexistent"))
    judged = backup_evidence(msgspec.structs.replace(machine, proofs=proofs))
    assert isinstance(judged, Judgement) and judged.outcome == expected
