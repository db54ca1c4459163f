"""Engine versions: a table of yesterday never calls an old engine current, nor a new one old."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import examples
from dockworthy.controls.examples import both, known, not_seen, on_host
from dockworthy.controls.registry import all_controls
from dockworthy.model.finding import Outcome
from dockworthy.model.knowledge.releases import ENGINE_LINES, ENGINE_NEWEST, KNOWN_ON, line_of, numbers


def outcome(control: str, version: str, folder: Path, package: str | None = "docker-ce", **parts: str) -> Outcome:
    components = [{"Name": name, "Version": number} for name, number in parts.items()]
    said = {"engine": {"version": known({"Version": version, "Components": components})}}
    packages: Any = not_seen() if package is None else [{"name": package, "version": version}] if package else []
    snapshot = both(said, on_host(packages=packages))
    (judgement,) = examples.judgements(all_controls()[control], "snapshot", snapshot, folder)
    return judgement.outcome


@pytest.mark.parametrize(
    ("version", "package", "expected"),
    [
        ("17.06.0-ce", "docker-ce", Outcome.FAIL),
        ("1.13.1", "docker-ce", Outcome.FAIL),
        ("18.09.9", "docker-ce", Outcome.FAIL),
        ("20.10.27", "docker-ce", Outcome.FAIL),
        ("28.5.2", "docker-ce", Outcome.FAIL),
        ("29.7.2", "docker-ce", Outcome.PASS),
        ("29.0.1", "docker-ce", Outcome.PASS),  # host/pending-updates says that an update waits
        ("29.0.1", "", Outcome.FAIL),  # nobody else would say it
        ("30.0.0", "docker-ce", Outcome.PASS),
        ("26.1.5+dfsg1", None, Outcome.PASS),
        ("20.10.24", "docker.io", Outcome.PASS),
        ("27.5.1", None, Outcome.UNKNOWN),
        ("17.06.0-ce", None, Outcome.UNKNOWN),
        ("17.06.0-ce", "", Outcome.FAIL),
        ("dev", "docker-ce", Outcome.UNKNOWN),
    ],
)
def test_release(version: str, package: str | None, expected: Outcome, tmp_path: Path) -> None:
    assert outcome("engine/release", version, tmp_path, package) is expected


@pytest.mark.parametrize(
    ("containerd", "runc", "package", "expected"),
    [
        ("v2.3.1", "1.3.3", "containerd.io", Outcome.PASS),
        ("v2.3.1", "1.2.7", "containerd.io", Outcome.FAIL),
        ("v2.3.1", "1.1.15", "containerd.io", Outcome.FAIL),
        ("v2.3.1", "2.0.0", "containerd.io", Outcome.PASS),
        ("v1.6.33", "1.3.3", "containerd.io", Outcome.FAIL),
        ("v1.4.13", "1.3.3", "containerd.io", Outcome.FAIL),
        ("1.7.24~ds1", "1.1.15+ds1", "docker.io", Outcome.NOT_APPLICABLE),
        ("1.7.24", "1.1.15", "runc", Outcome.NOT_APPLICABLE),
        ("1.7.24", "1.1.15", "", Outcome.FAIL),
        ("1.7.24", "1.1.15", None, Outcome.UNKNOWN),
    ],
)
def test_runtime_release(containerd: str, runc: str, package: str | None, expected: Outcome, tmp_path: Path) -> None:
    seen = outcome("engine/runtime-release", "29.7.2", tmp_path, package, containerd=containerd, runc=runc)
    assert seen is expected


def test_the_table_is_dated_and_its_newest_version_belongs_to_a_line_that_is_mended() -> None:
    line = line_of(ENGINE_NEWEST, ENGINE_LINES)
    assert line is not None and line.ended == ""
    assert all(line.ended < KNOWN_ON.isoformat() for line in ENGINE_LINES)
    assert numbers("26.1.5+dfsg1") == (26, 1, 5)
    assert numbers("nonsense") == ()
