"""Judges one container, described by part of an inspect answer, with every control of a level."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

import examples
import tight
from dockworthy.controls.judging import judge_machine
from dockworthy.model.finding import Finding, Outcome
from dockworthy.model.levels import Level
from dockworthy.model.snapshot import Snapshot
from dockworthy.readers.machine import read_machine

NOWHERE = Path("/nonexistent")


def findings(syntax: str, example: Any, *, level: Level = Level.PRODUCTION) -> dict[str, Finding]:
    """Control -> its finding on the unit of an example, controls of the chapter `workload` only."""
    return _of_units(examples.machine_of(syntax, example, NOWHERE), level)


def findings_at(engine: dict[str, Any], *, level: Level = Level.PRODUCTION) -> dict[str, Finding]:
    """The same for a snapshot whose engine says other things than a tight one: plain values by name."""
    return findings("snapshot", {"engine": engine}, level=level)


def with_links(inspect: dict[str, Any], links: dict[str, str]) -> dict[str, Finding]:
    """The same where the facts resolved links: the path that was mounted -> where it leads."""
    snapshot = tight.snapshot()
    said = examples._merged(tight.inspect(), inspect)
    container = {"id": "a", "name": "example", "inspect": tight.known(said), "resolved_binds": links}
    snapshot["engine"] = {**snapshot["engine"], "containers": tight.known([container])}
    return _of_units(read_machine(msgspec.convert(snapshot, Snapshot, strict=False)), Level.PRODUCTION)


def failing(found: dict[str, Finding]) -> set[str]:
    """The names of the controls that fail, without their chapter."""
    return {name for name, finding in found.items() if finding.outcome is Outcome.FAIL}


def mounted(source: str, *, read_only: bool = False, target: str = "/x") -> dict[str, Any]:
    return {"Mounts": [{"Type": "bind", "Source": source, "Destination": target, "RW": not read_only}]}


def _of_units(machine: Any, level: Level) -> dict[str, Finding]:
    return {
        finding.control.removeprefix("workload/"): finding
        for finding in judge_machine(machine, level)
        if finding.control.startswith("workload/")
    }
