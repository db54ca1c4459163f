"""Should we run Docker in production, here? Read -> judge -> answer: the whole story of `dockworthy assess`."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import structs

from .controls.judging import judge_machine
from .model import knowledge
from .model.control import Control
from .model.control_ids import control_ids
from .model.counts import number_of
from .model.field import Set, Unknown
from .model.fleet import FleetResult, HostResult
from .model.levels import Level
from .model.machine import Machine
from .model.policy import Policy, ProjectFile
from .model.result import Result
from .model.snapshot import Snapshot
from .policy.applying import notes_on_levels
from .policy.declared import apply_declared
from .policy.exceptions import apply_exceptions, written_in
from .readers.machine import read_machine
from .verdict.answer import answer_for_machine
from .verdict.fleet import answer_for_fleet
from .verdict.requirements import assumed, requirements
from .verdict.subjects import subjects_of
from .verdict.weighing import Weighing

if TYPE_CHECKING:
    from .facts.fleet import HostReading

NO_PROJECT_FILE = ProjectFile()

MOST_SKEW = 60.0
"""Seconds between a host's clock and ours that are not worth a word."""


def assess(
    endpoint: str,
    *,
    level: Level,
    root: Path = Path("/"),
    deadline: float = 10.0,
    sudo: bool = False,
    probe: bool = True,
    project: ProjectFile = NO_PROJECT_FILE,
) -> Result:
    """Reads the host below `root` and the engine at `endpoint` (within `deadline` seconds), and judges both.

    With `ssh://USER@HOST` both are read over there (`sudo`: as root). `probe`: ask services of this host a question.
    Raises HostError where ssh does not get in. An engine that does not answer is a gap in the result, not an error: the
    host is judged all the same.
    """
    import asyncio

    from .facts.reading import read_snapshot

    snapshot = asyncio.run(read_snapshot(endpoint, root=root, deadline=deadline, sudo=sudo, probe=probe))
    return assess_snapshot(snapshot, level=level, project=project)


def assess_snapshot(
    snapshot: Snapshot, *, level: Level, project: ProjectFile = NO_PROJECT_FILE, today: datetime.date | None = None
) -> Result:
    """Judges what was read, whenever and wherever that was, for the use that dockworthy.yaml states."""
    today = today or datetime.datetime.now(datetime.UTC).date()
    machine = structs.replace(read_machine(snapshot), intent=project.intent, published=project.harden.published)
    rules = _rules(project.policy)
    judged = judge_machine(machine, level, project.policy.levels, rules=rules, today=today)
    known = control_ids() | {rule.id for rule in rules}
    accepted = written_in(project.policy)
    findings, excepted = apply_exceptions(judged, accepted, today=today, controls=known, of_unknown=True)
    levels = notes_on_levels(project.policy, level, ((unit.name, unit.id) for unit in machine.units))
    findings, declared = apply_declared(findings, project.evidence, today=today)
    stated = frozenset(evidence.demand for evidence in project.evidence if evidence.until >= today)
    blind = _blind_spots(machine)
    return Result(
        command="assess",
        level=level,
        verdict=answer_for_machine(
            machine, findings, project.intent, level=level, today=today, blind=blind, stated=stated
        ),
        subjects=subjects_of(findings),
        findings=findings,
        demands=Weighing(findings, level, stated).demands(requirements(assumed(project.intent))),
        read=_what_was_read(snapshot, machine),
        notes=(*excepted, *levels, *declared),
    )


def _rules(policy: Policy) -> Sequence[Control]:
    """The policy's own rules; CEL is imported only where there are some."""
    if not policy.rules:
        return ()
    from .policy.rules import compile_rules

    return compile_rules(policy)


def assess_fleet(
    hosts: Mapping[str, str],
    *,
    level: Level,
    deadline: float = 10.0,
    sudo: bool = False,
    probe: bool = True,
    project: ProjectFile = NO_PROJECT_FILE,
) -> FleetResult:
    """Reads every host at once, judges each by itself, and gives one answer for all.

    `hosts`: name -> endpoint. A host that can't be reached is a gap in the result, the others stand.
    """
    import asyncio

    from .facts.fleet import read_fleet

    readings = asyncio.run(read_fleet(list(hosts.values()), deadline=deadline, sudo=sudo, probe=probe))
    names = {endpoint: name for name, endpoint in hosts.items()}
    judged = tuple(_judged(names[reading.endpoint], reading, level, project) for reading in readings)
    return FleetResult(level=level, verdict=answer_for_fleet(judged), hosts=judged)


def _judged(host: str, reading: HostReading, level: Level, project: ProjectFile) -> HostResult:
    if reading.snapshot is None:
        return HostResult(host, None, reading.error, reading.hint)
    return HostResult(host, assess_snapshot(reading.snapshot, level=level, project=project))


def _blind_spots(machine: Machine) -> list[str]:
    """Whole parts that could not be read, as sentences."""
    if isinstance(machine.engine_answers, Unknown):
        return [f"the engine could not be asked: {machine.engine_answers.reason}"]
    return [f"{what} could not be read: {reason}" for what, reason in machine.unseen.items()]


def _skew(seconds: float) -> str:
    minutes = abs(seconds) / 60
    apart = f"{abs(seconds):.0f} seconds" if minutes < 5 else f"{minutes:.0f} minutes"
    if minutes >= 120:
        apart = f"{minutes / 60:.0f} hours"
    where = "ahead of" if seconds > 0 else "behind"
    return f"its clock is {apart} {where} this machine's: what is said of ages and dates on it is off by as much"


def _what_was_read(snapshot: Snapshot, machine: Machine) -> tuple[str, ...]:
    host = machine.host
    name = host.hostname.value if isinstance(host.hostname, Set) else "this host"
    kernel = f", kernel {host.kernel.value.release}" if isinstance(host.kernel, Set) else ""
    sentences = [f"host {name}{kernel}, read {snapshot.taken}"]
    if isinstance(host.clock_skew, Set) and abs(host.clock_skew.value) > MOST_SKEW:
        sentences.append(_skew(host.clock_skew.value))
    if isinstance(machine.engine_answers, Unknown):
        sentences.append(f"no engine: {machine.engine_answers.reason}")
    else:
        version = machine.engine.version.value if isinstance(machine.engine.version, Set) else "of unknown version"
        containers = sum(unit.kind == "container" for unit in machine.units)
        sentences.append(
            f"Docker Engine {version} at {snapshot.engine.endpoint}: {number_of(containers, 'container')}, "
            f"{number_of(len(machine.images), 'image')}, {number_of(len(machine.networks), 'network')}, "
            f"{number_of(len(machine.volumes), 'volume')}"
        )
    return (*sentences, knowledge.sentence())
