"""An image that starts several services makes a container in which nobody sees which of them died."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.build import ImageBuild, Instruction
from ...model.control import Control, Subject, nist, owasp
from ...model.field import Unknown
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ..programs import SUPERVISORS
from ._commands import SHELLS, Started, started
from ._faults import BuildFault, weigh

control = Control(
    id="build/one-process",
    title="The image starts one service",
    fault="{who} [makes|make] an image that starts several services",
    rationale="When one of several services in a container dies, the container runs on and looks well; logs mix, limits "
    "hit the wrong one, and upgrading one restarts all.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="6.one-process",
    subject=Subject.BUILD,
    references=(nist("4.1.2"), owasp("D04")),
    remedy=Remedy("Build an image for each service, and join them by a network.", "a redesign of the image"),
    bad={
        "dockerfile": [
            'FROM debian:13\nCMD ["/usr/bin/supervisord", "-n"]\n',
            "FROM debian:13\nCMD service cron start && shop\n",
            "FROM debian:13\nCMD worker & web\n",
            'FROM debian:13\nENTRYPOINT ["/sbin/init"]\n',
            'FROM debian:13\nCMD ["sh", "-c", "/etc/init.d/cron start; exec shop"]\n',
        ]
    },
    good={
        "dockerfile": [
            'FROM debian:13\nCMD ["nginx", "-g", "daemon off;"]\n',
            'FROM debian:13\nENTRYPOINT ["tini", "--"]\nCMD ["shop"]\n',
            "FROM debian:13\nCMD migrate && exec shop >/dev/null 2>&1\n",
        ]
    },
    unclear={
        "dockerfile": [
            'FROM debian:13\nENTRYPOINT ["/entrypoint.sh"]\nCMD ["shop"]\n',
            'FROM debian:13\nENTRYPOINT ["/usr/bin/tini", "--", "/start.sh"]\n',
            "FROM registry.example.com/base:1\n",
        ]
    },
)


@control.judge
def one_process(build: ImageBuild) -> Judgement:
    start = [found for keyword in ("ENTRYPOINT", "CMD") if (found := build.effective(keyword)) is not None]
    if not start:
        gap = Unknown("neither ENTRYPOINT nor CMD: the base image decides what is started", source=build.final.source)
        return weigh(build, "one-process", (), gaps=(gap,), good="")
    faults = [fault for instruction in start for fault in _faults(instruction)]
    gaps = [gap for instruction in start for gap in _scripts(instruction)]
    return weigh(build, "one-process", faults, gaps=gaps, good="it starts one program", source=start[-1].source)


def _faults(instruction: Instruction) -> Iterator[BuildFault]:
    """A program in the background is a second one only where another follows it."""
    for command in instruction.commands:
        what = started(command)
        if what.program in SUPERVISORS:
            yield BuildFault(f"{what.program} is made to run several services", command.source)
        elif _starts_service(what, command.words):
            yield BuildFault("a service is started beside the program", command.source)
        elif command.background and command is not instruction.commands[-1]:
            yield BuildFault(f"{what.program or 'a command'} runs in the background beside another", command.source)


def _starts_service(what: Started, words: tuple[str, ...]) -> bool:
    if what.program in ("service", "rc-service", "systemctl"):
        return "start" in what.arguments
    return "/init.d/" in words[0] and "start" in words[1:]


def _scripts(instruction: Instruction) -> Iterator[Unknown]:
    for command in instruction.commands:
        what = started(command)
        script = what.arguments[0] if what.program in SHELLS and what.arguments else what.program
        if script.endswith(".sh") or "entrypoint" in script:
            yield Unknown("what its start script starts stands in another file", "read that script", command.source)
            return
