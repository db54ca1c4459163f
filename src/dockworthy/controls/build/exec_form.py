"""In the shell form a shell is the first process: the engine's signal to stop reaches it, not the program."""

from __future__ import annotations

import re

from ...model.build import ImageBuild, Instruction
from ...model.control import Control, Subject
from ...model.field import Unknown
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._commands import SHELLS
from ._faults import Fault, weigh

control = Control(
    title="The program gets the engine's signals",
    rationale="`docker stop` sends SIGTERM to the first process. A shell in between may keep it: the program is killed "
    "after ten seconds, in the middle of its requests.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="3.zero-downtime",
    subject=Subject.BUILD,
    remedy=Remedy(
        'Write the JSON form (`CMD ["shop", "--port", "80"]`), or begin the shell\'s last command with `exec`.',
        "a new build; variables in the JSON form are not replaced",
    ),
    bad={
        "dockerfile": [
            "FROM debian:13\nCMD shop --port $PORT\n",
            "FROM debian:13\nENTRYPOINT migrate && shop\n",
            'FROM debian:13\nCMD ["sh", "-c", "migrate && shop"]\n',
        ]
    },
    good={
        "dockerfile": [
            'FROM debian:13\nCMD ["shop", "--port", "80"]\n',
            "FROM debian:13\nCMD migrate && exec shop --port $PORT\n",
            'FROM debian:13\nENTRYPOINT old\nENTRYPOINT ["shop"]\n',
        ]
    },
    unclear={"dockerfile": "FROM registry.example.com/base:1\n"},
)

_C_FLAG = re.compile(r"-[a-z]*c[a-z]*\Z")


@control.judge
def exec_form(build: ImageBuild) -> Judgement:
    start = [found for keyword in ("ENTRYPOINT", "CMD") if (found := build.effective(keyword)) is not None]
    if not start:
        gap = Unknown("neither ENTRYPOINT nor CMD: the base image decides what is started", source=build.final.source)
        return weigh(build, "exec-form", (), gaps=(gap,), good="")
    faults = [
        Fault(f"{instruction.keyword} starts a shell, which starts the program", instruction.source)
        for instruction in start
        if _keeps_shell(instruction)
    ]
    return weigh(build, "exec-form", faults, good="the program is the first process", source=start[0].source)


def _keeps_shell(instruction: Instruction) -> bool:
    """`exec` anywhere in its text replaces the shell."""
    words = instruction.exec_form
    if words is not None and not (len(words) > 2 and words[0].rsplit("/", 1)[-1] in SHELLS and _C_FLAG.match(words[1])):
        return False
    return not any(command.words[0] == "exec" for command in instruction.commands)
