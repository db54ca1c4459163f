"""Where an exact repair has its place: the commands and instructions in which a fault stands that nobody accepts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from msgspec import Struct

from ...model.build import ImageBuild, Instruction, ShellCommand
from ...model.build_change import BuildChange, PutWords
from ._commands import Started, started
from ._hadolint_rules import RULES

_PYTHON = re.compile(r"python[\d.]*\Z")


class RunStep(Struct, frozen=True):
    """A command of a RUN; `number` is its index there, `verb` the index of the word that says what it does."""

    instruction: Instruction
    number: int
    command: ShellCommand
    what: Started
    verb: int


def standing(build: ImageBuild, matter: str, changes: Iterable[BuildChange]) -> Iterator[BuildChange]:
    """Without those of instructions for which a comment accepts the fault."""
    return (change for change in changes if build.silence(RULES.get(matter, ()), change.line) is None)


def marked(build: ImageBuild, *rules: str) -> Iterator[Instruction]:
    """The RUN instructions that hadolint marks by these rules, and no comment accepts."""
    lines = {mark.source.line for mark in build.marks(rules) if not build.silence((mark.rule,), mark.source.line)}
    return (instruction for _, instruction in build.instructions("RUN") if instruction.first in lines)


def steps(instruction: Instruction, programs: Collection[str], verbs: Collection[str]) -> Iterator[RunStep]:
    """Its commands that start one of the programs (`python -m pip` is pip) with one of the verbs."""
    for number, command in enumerate(instruction.commands):
        what = started(command)
        at = len(command.words) - len(what.arguments)
        arguments = list(what.arguments)
        if _PYTHON.match(what.program) and arguments[:2] == ["-m", "pip"] and "pip" in programs:
            at, arguments = at + 2, arguments[2:]
        elif what.program not in programs:
            continue
        verb = next((index for index, word in enumerate(arguments) if word in verbs), None)
        if verb is not None:
            yield RunStep(instruction, number, command, what, at + verb)


def flag_behind(found: Iterable[RunStep], flag: str) -> Iterator[BuildChange]:
    """The flag behind the verb, where it is not there yet."""
    for step in found:
        if flag not in step.command.words:
            yield PutWords(step.instruction.first, step.number, step.verb + 1, (flag,))
