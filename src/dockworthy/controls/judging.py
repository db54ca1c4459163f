"""Asks every control that applies about every subject, and makes findings of the answers.

A judge that crashes is an `unknown` with the crash as its reason: never a pass, never the end of the others.

Which controls are asked: by level, by platform and version.

A level asks everything that the level below asks. A stricter control never takes the place of a laxer one: an exception
for the stricter one would then accept what only the laxer one forbids.
"""

from __future__ import annotations

import datetime
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from msgspec import structs

from ..model.build import ImageBuild
from ..model.control import Control, Subject
from ..model.dialect import Dialect
from ..model.field import NOT_READ
from ..model.finding import Finding, Judgement, Outcome, unknown
from ..model.levels import Level
from ..model.pattern import lazy_pattern
from ..model.workload import Unit
from ..model.written import Written
from .registry import controls_judging

if TYPE_CHECKING:
    from ..model.machine import Machine  # a file's judging need not know all that a host has


@lru_cache(maxsize=256)
def controls_for_units(level: Level, dialect: Dialect) -> tuple[Control, ...]:
    """The controls that judge units of this dialect at this level."""
    return tuple(
        c for c in controls_judging(Subject.UNIT) if c.speaks_of(dialect) and level.includes(c.level_for(dialect))
    )


def rules_for(rules: Iterable[Control], level: Level, dialect: Dialect) -> list[Control]:
    """Those of a team's own rules that are asked at this level, on this platform."""
    return [rule for rule in rules if level.includes(rule.level) and rule.speaks_of(dialect)]


@lru_cache(maxsize=256)
def controls_for(subject: Subject, level: Level) -> tuple[Control, ...]:
    """The controls that judge subjects other than units at this level."""
    return tuple(c for c in controls_judging(subject) if level.includes(c.level))


NO_LEVELS: Mapping[str, Level] = MappingProxyType({})


def judge_written(
    written: Written,
    level: Level,
    levels: Mapping[str, Level] = NO_LEVELS,
    *,
    rules: Sequence[Control] = (),
    today: datetime.date | None = None,
) -> Iterator[Finding]:
    """Findings on everything that files say: units, image builds, rights, and the files as such."""
    yield from judge_units(written.units, level, levels, rules=rules, today=today)
    named = (
        (Subject.BUILD, [structs.replace(build, judged_on=today) for build in written.builds]),
        (Subject.ACCESS, written.accesses),
        (Subject.FILE, written.files),
        (Subject.POLICY, written.policies),
    )
    for kind, subjects in named:
        for subject in subjects:
            for control in controls_for(kind, levels.get(subject.id, level)):
                yield from _ask(control, subject, subject=subject.id, kind=kind.value, level=control.level)


def judge_units(
    units: Iterable[Unit],
    level: Level,
    levels: Mapping[str, Level] = NO_LEVELS,
    *,
    rules: Sequence[Control] = (),
    only_bad: bool = False,
    today: datetime.date | None = None,
) -> Iterator[Finding]:
    """Findings on units, of whatever platform each is. `levels`: a unit's own, by name or id. `rules`: a team's own
    controls. `only_bad`: what passes and what does not apply is not told of, for who waits for the answer."""
    for each in units:
        unit = each if today is None else structs.replace(each, judged_on=today)
        own = levels.get(unit.name) or levels.get(unit.id) or level
        only_written = all(container.state == NOT_READ for container in unit.containers)
        for control in (*controls_for_units(own, unit.dialect), *rules_for(rules, own, unit.dialect)):
            if only_written and control.needs_running:
                continue
            level_here = control.level_for(unit.dialect)
            yield from _ask(control, unit, subject=unit.id, kind=unit.kind, level=level_here, only_bad=only_bad)


def judge_machine(
    machine: Machine,
    level: Level,
    levels: Mapping[str, Level] = NO_LEVELS,
    *,
    rules: Sequence[Control] = (),
    today: datetime.date | None = None,
) -> Iterator[Finding]:
    """Findings on everything a machine has: units, images, networks, volumes, engine, host, swarm, and the whole."""
    yield from judge_units(machine.units, level, levels, rules=rules, today=today)
    for image in machine.images:
        name = image.tags[0] if image.tags else image.id.removeprefix("sha256:")[:12]
        yield from _ask_all(Subject.IMAGE, image, f"image/{name}", level)
    for network in machine.networks:
        yield from _ask_all(Subject.NETWORK, network, f"network/{network.name}", level)
    for volume in machine.volumes:
        yield from _ask_all(Subject.VOLUME, volume, f"volume/{volume.name}", level)
    yield from _ask_all(Subject.ENGINE, machine.engine, "engine", level)
    yield from _ask_all(Subject.HOST, machine.host, "host", level)
    if machine.cluster is not None:
        yield from _ask_all(Subject.CLUSTER, machine.cluster, "swarm", level)
    yield from _ask_all(Subject.MACHINE, machine, "machine", level)


def _ask_all(kind: Subject, subject: Any, subject_id: str, level: Level) -> Iterator[Finding]:
    for control in controls_for(kind, level):
        yield from _ask(control, subject, subject=subject_id, kind=kind.value, level=control.level)


def _ask(
    control: Control, model: Any, *, subject: str, kind: str, level: Level, only_bad: bool = False
) -> Iterator[Finding]:
    for judgement in _judgements(control, model):
        failing = judgement.outcome not in _GOOD
        if only_bad and not failing:
            continue
        name, its_kind = _named(subject, kind, judgement.about)
        remedy = control.remedy if failing else None
        if remedy is not None:
            says, command = judgement.remedy or remedy.says, judgement.command or remedy.command
            remedy = structs.replace(remedy, says=says, command=command)
        yield Finding(
            control=control.id,
            title=control.title,
            subject=name,
            kind=its_kind,
            outcome=judgement.outcome,
            severity=judgement.severity or control.severity,
            level=level,
            demand=control.demand,
            evidence=judgement.evidence,
            check_yourself=_how_to_check(control, judgement, model, name),
            tell=_way_to_decide(judgement, model, control.subject),
            remedy=remedy,
            references=control.references,
            stricter_than=control.stricter_than,
            also_for=control.also_for,
            fault=control.fault,
            follows_from=control.follows_from,
        )


_GOOD = frozenset((Outcome.PASS, Outcome.NOT_APPLICABLE))


def _way_to_decide(judgement: Judgement, model: Any, kind: Subject) -> str:
    """For an unknown: the command, right or value that would tell, and where dockworthy reads none of these a statement
    or an exception. No unknown is a dead end."""
    if judgement.outcome is not Outcome.UNKNOWN:
        return judgement.tell
    if kind in _ONLY_IN_FILES or (isinstance(model, Unit) and model.source.line is not None):
        return judgement.tell or _GAP_IN_A_FILE
    if not judgement.tell:
        return f"look yourself, and {_STATED}"
    return judgement.tell if _IS_READ.search(judgement.tell) else f"{judgement.tell}; then {_STATED}"


_ONLY_IN_FILES = frozenset({Subject.BUILD, Subject.ACCESS, Subject.FILE})
_GAP_IN_A_FILE = "write the value out where it stands, or accept the gap by an exception (`policy.exceptions`)"
_STATED = "state it under `evidence:` in dockworthy.yaml (who says so, until when), or accept it by an exception"
_IS_READ = lazy_pattern(
    r"evidence:|exception|dockworthy|\broot\b|sudo|socket|\bmanager|again|apt-get|on the host|read access|permission"
    r"|in the environment|--build-arg|in the tag"
)
"""Ways after which dockworthy itself reads the fact, or that are statements already."""


def _how_to_check(control: Control, judgement: Judgement, model: Any, subject: str) -> str:
    """A command that needs no dockworthy. A name from outside is quoted: people paste these into a shell."""
    if judgement.check_yourself:
        return judgement.check_yourself
    if isinstance(model, Unit | ImageBuild) and model.source.line is not None:  # it stands in a file
        return _read_the_line(judgement)
    return control.check_yourself.replace("{name}", shlex.quote(subject.rsplit("/", 1)[-1]))


def _read_the_line(judgement: Judgement) -> str:
    """What a file says is checked in the file."""
    source = judgement.evidence[0].source if judgement.evidence else None
    return "" if source is None or source.line is None else f"sed -n {source.line}p {shlex.quote(source.where)}"


def _judgements(control: Control, model: Any) -> list[Judgement]:
    assert control.judge_function is not None, f"{control.id} has no judge"
    try:
        answer = control.judge_function(model)
        return [answer] if isinstance(answer, Judgement) else list(answer)
    except Exception as crash:
        # Whatever a judge trips over, the other controls still answer and this one says that it could not.
        return [
            unknown(
                f"the control itself failed: {type(crash).__name__}: {crash}",
                tell="report it as a bug; until it is mended, accept it by an exception",
            )
        ]


def _named(subject: str, kind: str, about: str) -> tuple[str, str]:
    """A family's finding names its object; on the whole machine the object is the subject itself."""
    if not about:
        return subject, kind
    if kind == Subject.MACHINE:
        return about, about.split("/", 1)[0]
    return f"{subject}:{about}", kind
