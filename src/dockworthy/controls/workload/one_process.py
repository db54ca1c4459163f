"""One container, one service: only then can each be limited, watched, upgraded and restarted on its own."""

from __future__ import annotations

from ...model.control import Control, Subject, nist, owasp
from ...model.field import Set, Source, Unknown
from ...model.finding import Evidence, Judgement, Outcome, Remedy, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ...model.workload import Process, Unit
from ..programs import RUNNING, SUPERVISORS, process, service_programs
from ._life import state_of
from ._platforms import CONTAINERS

control = Control(
    id="workload/one-process",
    title="A container runs one service",
    fault="{who} [runs|run] several services",
    rationale="When one of several services in a container dies, the container runs on and looks well; logs mix, limits "
    "hit the wrong one, and upgrading one restarts all. Workers of the same program, and an init that only starts it, "
    "are one service.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="6.one-process",
    subject=Subject.UNIT,
    needs_running=True,
    platforms=CONTAINERS,
    references=(nist("4.1.2"), owasp("D04")),
    remedy=Remedy("Give each service a container of its own, and join them by a network.", "a redesign of the image"),
    check_yourself="docker top {name} -eo pid,ppid,comm",
    bad={
        "running": [
            {"processes": [process(4242, "nginx"), process(4243, "php-fpm", parent=4242)]},
            {
                "processes": [
                    process(4242, "bash"),
                    process(4243, "shop", parent=4242),
                    process(4244, "worker", parent=4242),
                ]
            },
            {"processes": [process(4242, "supervisord"), process(4243, "shop", parent=4242)]},
            {"processes": [process(4242, "systemd"), process(4243, "shop", parent=4242)]},
            {
                "processes": [
                    process(4242, "tini"),
                    process(4243, "shop", parent=4242),
                    process(4244, "cron", parent=4242),
                ]
            },
        ]
    },
    good={
        "running": [
            {"processes": [process(4242, "shop")]},
            {"processes": [process(4242, "nginx"), process(4243, "nginx", parent=4242)]},
            {"processes": [process(4242, "docker-init"), process(4243, "shop", parent=4242)]},
            {"processes": [process(4242, "sh"), process(4243, "shop", parent=4242)]},
            {"processes": [process(4242, "gitea"), process(4243, "git", parent=4242)]},
            {"processes": [process(4242, "shop"), process(4300, "bash", parent=4299)]},  # docker exec
        ]
    },
    unclear={"container": RUNNING},
)


@control.judge
def one_process(unit: Unit) -> Judgement:
    for container in unit.containers:
        processes, state = container.processes, state_of(container)
        if isinstance(processes, Set) and processes.value:
            first = state.pid if state is not None else 0
            return _judge(processes.value, first, processes.source)
        if state is not None and not state.running:
            return not_applicable("it does not run", container.state.source)
        gap = processes if isinstance(processes, Unknown) else Unknown("its processes were not seen")
        return unknown(gap.reason, gap.source or unit.source, tell=gap.tell)
    return unknown("it has no container", unit.source)


def _judge(processes: tuple[Process, ...], first: int, source: Source) -> Judgement:
    head = next((one for one in processes if one.pid == first), processes[0])
    services = service_programs(processes, first)
    named = ", ".join(sorted({one.program for one in services}))
    if head.program in SUPERVISORS:
        says = f"its first process is {head.program}, which is made to run several services"
        return Judgement(Outcome.FAIL, (Evidence(f"{says}: {named}" if named else says, source),))
    if len(services) > 1:
        return Judgement(Outcome.FAIL, (Evidence(f"runs {len(services)} services: {named}", source),))
    return passed(f"runs one service: {named or head.program}", source)
