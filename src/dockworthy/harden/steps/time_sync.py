"""A service that keeps the clock: switched on where it is installed, installed where there is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...host_scripts import HostScript
from ...model.field import Set
from ...model.finding import Finding
from ...model.hardening import NotDone, Run, Step
from ..packages import install, installed_words, installing_of, question
from ..situation import Planning, Situation, causes_of

_PACKAGE = "systemd-timesyncd"
_WHERE = "where the clock is set"
_ASK_WHERE = HostScript(__package__, "clock_setter.sh")


def plan_time_sync(findings: Sequence[Finding], situation: Situation) -> Iterator[Step | NotDone]:
    control, field = findings[0].control, situation.machine.host.time_sync
    where = situation.answers.get(_WHERE, "").strip()
    if isinstance(field, Set) and field.value.running:
        yield NotDone(
            id=control,
            why=f"{field.value.service} runs and reaches no time server, or does so only since a moment ago",
            instead="let UDP port 123 out, or name servers of your own network; then: timedatectl timesync-status, "
            "or chronyc sources",
        )
    elif where == "outside":
        yield NotDone(
            id=control,
            why="this host may not set its clock (a container, or CAP_SYS_TIME is missing): it has that of the machine "
            "around it",
            instead="let a time service run there",
        )
    elif where == "nobody":
        yield NotDone(
            id=control,
            why="no systemd runs here that would start a time service",
            instead="install chrony, and have this system's init start chronyd",
        )
    elif where:
        yield _switched_on(findings, where)
    else:
        yield _installed(findings, situation)


def _switched_on(findings: Sequence[Finding], unit: str) -> Step:
    return Step(
        id=findings[0].control,
        title=f"Switch {unit.removesuffix('.service')} on",
        causes=causes_of(findings),
        deeds=(
            Run(
                argv=("systemctl", "enable", "--now", unit),
                undo=("systemctl", "disable", "--now", unit),
                says=f"{unit} could not be switched on",
            ),
        ),
        disturbs=("a clock that is wrong is set right: it may jump once",),
        undone_by=f"systemctl disable --now {unit}",
    )


def _installed(findings: Sequence[Finding], situation: Situation) -> Step | NotDone:
    installing = installing_of(situation.answers, _PACKAGE)
    if installing.refused:
        return NotDone(id=findings[0].control, why=installing.refused, instead=installing.instead)
    return Step(
        id=findings[0].control,
        title="Install a service that keeps the clock",
        causes=causes_of(findings),
        deeds=(install(installing, _PACKAGE),),
        disturbs=(*installed_words(installing, _PACKAGE), "a clock that is wrong is set right: it may jump once"),
        undone_by=f"{_PACKAGE} purged",
    )


PLANNINGS = {"host/time-sync": Planning(plan=plan_time_sync, asks={_WHERE: _ASK_WHERE.text, **question(_PACKAGE)})}
