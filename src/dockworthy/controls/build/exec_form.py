"""In the shell form a shell is the first process: the engine's signal to stop reaches it, not the program."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from ...model.build import ImageBuild, Instruction
from ...model.build_change import BuildChange, PutWords, Reword
from ...model.build_fix import BuildFix
from ...model.control import Control, Subject
from ...model.field import Unknown
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._commands import SHELLS
from ._faults import BuildFault, weigh
from ._repairs import standing

control = Control(
    id="build/exec-form",
    title="The program gets the engine's signals",
    fault="{who} [starts|start] the program through a shell, which keeps signals from it",
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
    build_fixes=(
        BuildFix(
            says="starts the program itself, in the JSON form",
            may_break="a program that as first process does not end on SIGTERM, that is a script without `#!`, or whose entrypoint looks at its arguments",
            changes=lambda written: standing(written.build, "exec-form", _as_json(written.build)),
        ),
        BuildFix(
            says="begins the shell's last command with `exec`",
            may_break="a program that as first process does not end on SIGTERM, or does not reap the children that it leaves",
            changes=lambda written: standing(written.build, "exec-form", _with_exec(written.build)),
        ),
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


_BUILTINS = frozenset(
    ". : [ alias bg break cd command continue echo eval exec exit export false fg getopts hash jobs kill let local printf"
    " pwd read readonly return set shift source test times trap true type ulimit umask unalias unset wait".split()
)
_VALUES = re.compile(r"\$\{[^{}]*\}|'[^']*'|\"[^\"$`\\]*\"")
_FLOW = re.compile(r"(?:^|[\s;&|])(?:if|for|while|until|case|select|function|!)\s|[{}()`]|\|\|")
"""What makes of a shell's text more than a list of commands, values and quoted words left out."""
_PROGRAM = re.compile(r"[\w./+-]+\Z")
_PLAIN = re.compile(r"(?:[\w./:@,+%=\s-]|\"[^\"$`\\\n!]*\"|'[^'\n]*')+\Z")


def _startable(instruction: Instruction) -> bool:
    """Is its last command a program, the one that all of a plain list of commands in the foreground leads to?"""
    if not instruction.commands or instruction.exec_form is not None or _FLOW.search(_VALUES.sub("", instruction.text)):
        return False
    if any(command.piped or command.background or command.words[0] == "trap" for command in instruction.commands):
        return False
    last = instruction.commands[-1]
    return _PROGRAM.match(last.words[0]) is not None and last.words[0] not in _BUILTINS


def _keeping_shell(build: ImageBuild) -> Iterator[Instruction]:
    for keyword in ("ENTRYPOINT", "CMD"):
        found = build.effective(keyword)
        if found is not None and found.commands and _keeps_shell(found) and _startable(found):
            yield found


def _is_plain(build: ImageBuild, instruction: Instruction) -> bool:
    """Words alone for a CMD. An ENTRYPOINT would get the CMD behind it, and another SHELL may do more than start it."""
    shell = any(True for _ in build.instructions("SHELL"))
    plain = instruction.keyword == "CMD" and len(instruction.commands) == 1 and _PLAIN.match(instruction.text)
    return bool(plain) and not shell and instruction.commands[0].words[0].rsplit("/", 1)[-1] not in SHELLS


def _as_json(build: ImageBuild) -> Iterator[BuildChange]:
    for instruction in _keeping_shell(build):
        if _is_plain(build, instruction):
            words = instruction.commands[0].words
            edit = (0, len(instruction.text), json.dumps(words, ensure_ascii=False))
            yield Reword(instruction.first, (edit,), exec_form=words)


def _with_exec(build: ImageBuild) -> Iterator[BuildChange]:
    for instruction in _keeping_shell(build):
        if not _is_plain(build, instruction):
            yield PutWords(instruction.first, len(instruction.commands) - 1, 0, ("exec",))


@control.judge
def exec_form(build: ImageBuild) -> Judgement:
    start = [found for keyword in ("ENTRYPOINT", "CMD") if (found := build.effective(keyword)) is not None]
    if not start:
        gap = Unknown("neither ENTRYPOINT nor CMD: the base image decides what is started", source=build.final.source)
        return weigh(build, "exec-form", (), gaps=(gap,), good="")
    faults = [
        BuildFault(f"{instruction.keyword} starts a shell, which starts the program", instruction.source)
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
