"""Should we run Docker in production, here? Read -> judge -> answer: the whole story of `dockworthy assess`."""

from __future__ import annotations

from pathlib import Path

from .controls.judging import judge_machine
from .model.field import Set, Unknown
from .model.levels import Level
from .model.machine import Machine
from .model.result import Result
from .model.snapshot import Snapshot
from .readers.machine import read_machine
from .verdict.answer import answer_for_machine
from .verdict.demands import answer_by_demand
from .verdict.subjects import subjects_of


def assess(endpoint: str, *, level: Level, root: Path = Path("/"), deadline: float = 10.0) -> Result:
    """Reads the host below `root` and the engine at `endpoint` (within `deadline` seconds), and judges both.

    An engine that does not answer is a gap in the result, not an error: the host is judged all the same.
    """
    import asyncio

    from .facts.reading import read_snapshot

    return assess_snapshot(asyncio.run(read_snapshot(endpoint, root=root, deadline=deadline)), level=level)


def assess_snapshot(snapshot: Snapshot, *, level: Level) -> Result:
    """Judges what was read, whenever and wherever that was."""
    machine = read_machine(snapshot)
    findings = tuple(judge_machine(machine, level))
    return Result(
        command="assess",
        level=level,
        verdict=answer_for_machine(findings, blind=_blind_spots(machine)),
        subjects=subjects_of(findings),
        findings=findings,
        demands=answer_by_demand(findings),
        read=_what_was_read(snapshot, machine),
    )


def _blind_spots(machine: Machine) -> list[str]:
    """Whole parts that could not be read, as sentences."""
    if isinstance(machine.engine_answers, Unknown):
        return [f"the engine could not be asked: {machine.engine_answers.reason}"]
    return [f"{what} could not be read: {reason}" for what, reason in machine.unseen.items()]


def _what_was_read(snapshot: Snapshot, machine: Machine) -> tuple[str, ...]:
    host = machine.host
    name = host.hostname.value if isinstance(host.hostname, Set) else "this host"
    kernel = f", kernel {host.kernel.value.release}" if isinstance(host.kernel, Set) else ""
    sentences = [f"host {name}{kernel}, read {snapshot.taken}"]
    if isinstance(machine.engine_answers, Unknown):
        sentences.append(f"no engine: {machine.engine_answers.reason}")
    else:
        version = machine.engine.version.value if isinstance(machine.engine.version, Set) else "of unknown version"
        containers = sum(unit.kind == "container" for unit in machine.units)
        sentences.append(
            f"Docker Engine {version} at {snapshot.engine.endpoint}: {containers} containers, "
            f"{len(machine.images)} images, {len(machine.networks)} networks, {len(machine.volumes)} volumes"
        )
    return tuple(sentences)
