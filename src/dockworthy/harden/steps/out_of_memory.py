"""When memory runs out, the kernel takes a container: neither the engine, nor the host as a whole."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from ...model.field import Set
from ...model.finding import Finding
from ...model.hardening import NotDone, Run, Step, WriteFile
from ..engine_ways import ServiceManager
from ..situation import Planning, Situation, causes_of
from .kernel_settings import AS_BEFORE, set_in_kernel

_SYSCTLS = "/etc/sysctl.d/60-dockworthy-memory.conf"
_PANIC = "vm.panic_on_oom"
_DROP_IN = "/etc/systemd/system/docker.service.d/60-dockworthy-memory.conf"
_SCORE = -500
"""As the packages of the engine set it."""
_TEXT = f"# Written by dockworthy harden.\n[Service]\nOOMScoreAdjust={_SCORE}\n"


def plan_out_of_memory(findings: Sequence[Finding], situation: Situation) -> Iterator[Step | NotDone]:
    """The one that fails: the host's panic, or the engine's score. The control tells of the first of them only."""
    host = situation.machine.host
    panic, daemon = host.sysctls.get(_PANIC), host.daemon
    deeds: list[WriteFile | Run] = []
    if isinstance(panic, Set) and panic.value not in ("0", ""):
        deeds += set_in_kernel(_SYSCTLS, {_PANIC: "0"}, situation)
    if isinstance(daemon, Set) and daemon.value.oom_score_adj >= 0:
        if situation.ways.manager is ServiceManager.SYSTEMD and situation.ways.unit == "docker.service":
            deeds += _score(daemon.value.oom_score_adj, situation)
        else:
            yield NotDone(
                id=findings[0].control,
                why="no unit docker.service of systemd starts the engine: a lower score would not outlive its restart",
                instead=f"start it with the score: choom -n {_SCORE} -- dockerd …",
            )
    if deeds:
        yield Step(
            id=findings[0].control,
            title="When memory runs out, the engine and the host live on",
            causes=causes_of(findings),
            deeds=tuple(deeds),
            undone_by=f"{AS_BEFORE}, and the engine's old score",
        )


def _score(old: int, situation: Situation) -> tuple[WriteFile | Run, ...]:
    """For the engine that runs at once, and by its unit for those to come: no restart."""
    read_units = ("systemctl", "daemon-reload")
    return (
        WriteFile(path=_DROP_IN, before=situation.files.get(_DROP_IN), after=_TEXT, mode=0o644, owner=(0, 0)),
        Run(argv=read_units, undo=read_units, says="systemd could not read its units again"),
        Run(
            argv=_set_score(_SCORE, situation),
            undo=(*_set_score(old, situation)[:2], f"{_set_score(old, situation)[2]} || :"),
            says="the engine's oom_score_adj could not be set",
        ),
    )


def _set_score(score: int, situation: Situation) -> tuple[str, str, str]:
    """By its pid file, when it is run: the engine may be another process by then."""
    return ("sh", "-c", f'choom -n {score} -p "$(cat {shlex.quote(situation.ways.pid_file)})"')


PLANNINGS = {"host/out-of-memory": Planning(plan=plan_out_of_memory, reads=(_SYSCTLS, _DROP_IN))}
