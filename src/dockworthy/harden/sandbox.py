"""A second runtime that gives containers a kernel of their own: gVisor, and Kata where it and /dev/kvm are there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..engine.host_shell import shell_on
from ..model.hardening import Effect, Hardened, NotDone, Run, SetSettings, Step
from ..model.saying import Say
from .asked_for import carry_out, plan_asked_for
from .packages import install, installed_words, installing_of, question
from .reading import HardenOptions, read_here, situation_of
from .runs import hold_lock
from .situation import Planning, Situation
from .story import Agree
from .taking_back import recover

RUNTIME = "setup/sandbox-runtime"
PACKAGE = "setup/sandbox-package"
_GVISOR = "runsc"
_WHERE = "where gVisor is"
_KATA = "whether Kata can run"
_ASKS = {
    _WHERE: "command -v runsc || :",
    _KATA: "[ -c /dev/kvm ] && command -v containerd-shim-kata-v2 >/dev/null && echo yes || :",
    **question(_GVISOR),
}
_TRY = ("runsc", "--platform=systrap", "--network=none", "do", "true")
"""A sandbox without a container, in which nothing is done: does it come up on this kernel?"""


async def bring_sandbox(asked: HardenOptions, *, agree: Agree | None, say: Say) -> Hardened:
    """The plan; where `agree` is given and says yes to it, done. Raises UsageError, UnreadableInput, HostError."""
    async with shell_on(asked.endpoint, sudo=asked.sudo) as shell:
        if agree is not None:
            await hold_lock(shell)
            await recover(shell, say)
        machine = await read_here(asked)
        situation = await situation_of(asked, shell, machine, [Planning(plan=lambda *_: (), asks=_ASKS)], [])
        planned = list(plan_sandbox(situation))
        steps = [each for each in planned if isinstance(each, Step)]
        left = [each for each in planned if isinstance(each, NotDone)]
        if not planned:
            say("nothing to do: containers run in a sandbox with --runtime runsc (in Compose: runtime: runsc)")
        plan = plan_asked_for(shell, situation, steps, left)
        return await carry_out(asked, shell, machine, plan, situation.ways, agree=agree, say=say)


def plan_sandbox(situation: Situation) -> Iterator[Step | NotDone]:
    """The package first, and tried; then the engine's settings, which name it."""
    path = situation.answers.get(_WHERE, "").strip()
    if not path:
        installing = installing_of(situation.answers, _GVISOR)
        if installing.refused:
            instead = f"{installing.instead}; or gVisor's own archive, which has it for other distributions"
            yield NotDone(id=PACKAGE, why=installing.refused, instead=instead)
            return
        yield Step(
            id=PACKAGE,
            title="Install gVisor",
            causes=("you asked for a sandbox for code that is not trusted",),
            deeds=(install(installing, _GVISOR), _tried()),
            disturbs=installed_words(installing, _GVISOR),
            undone_by=f"{_GVISOR} purged",
        )
    wanted = _runtimes(path or "/usr/bin/runsc", kata=situation.answers.get(_KATA, "").strip() == "yes")
    there = situation.settings().get("runtimes")
    missing = {name: value for name, value in wanted.items() if not isinstance(there, dict) or name not in there}
    if missing:
        yield Step(
            id=RUNTIME,
            title=f"Containers may ask for a kernel of their own: --runtime {' or '.join(missing)}",
            causes=("you asked for a sandbox for code that is not trusted",),
            deeds=(SetSettings(values={"runtimes": missing}, gone_means={"runtimes": {}}), _tried()),
            effect=Effect.RELOAD,
            disturbs=(
                "nothing uses it by itself: name it where it is needed (runtime: runsc), and hold units to it with a "
                "rule of your own in dockworthy.yaml, on `runtime`",
            ),
            undone_by="the old daemon.json, read again; containers that were made with it do not start any more",
        )


def _tried() -> Run:
    """In both steps: without a gVisor that runs, the engine must not offer one."""
    return Run(argv=_TRY, says="gVisor does not run here")


def _runtimes(path: str, *, kata: bool) -> dict[str, Any]:
    gvisor = {"path": path, "runtimeArgs": ["--platform=systrap"]}
    return {"runsc": gvisor, **({"kata": {"runtimeType": "io.containerd.kata.v2"}} if kata else {})}
