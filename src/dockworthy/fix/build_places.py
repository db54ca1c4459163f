"""Finds where in a Dockerfile's text a change has its place, and what is written there."""

from __future__ import annotations

import re
from functools import singledispatchmethod

from ..model.build import Instruction
from ..model.build_change import (
    AppendCommand,
    BuildChange,
    JoinNext,
    PutInstruction,
    PutWords,
    Reword,
    TakeFlag,
    TakeInstruction,
    TakeWord,
)
from .build_reading import BuildReading
from .splices import Splice

_INDENT = "    "
_SPEAKS_TO_TOOLS = re.compile(r"\s*#\s*(?:hadolint|dockworthy)\b", re.IGNORECASE)
_NOT_BEFORE_MORE = frozenset({"exit", "exec", "return"})


class Places:
    """Each raises FixRefused where the text has no place of its own for the change."""

    def __init__(self, reading: BuildReading) -> None:
        self._reading = reading
        self._text = reading.text

    def of(self, change: BuildChange) -> list[Splice]:
        return list(self._of(change))

    @singledispatchmethod
    def _of(self, change: BuildChange) -> list[Splice]:
        raise TypeError(change)

    @_of.register
    def _(self, change: PutWords) -> list[Splice]:
        """Behind the word before it, so that what stands on the next line stays there."""
        spans, written = self._reading.command(change.line, change.command), " ".join(change.words)
        if change.word == 0:
            return [Splice(spans[0][0], spans[0][0], f"{written} ")]
        at = spans[change.word - 1][1]
        return [Splice(at, at, f" {written}")]

    @_of.register
    def _(self, change: TakeWord) -> list[Splice]:
        spans = self._reading.command(change.line, change.command)
        start, end = spans[change.word]
        if change.to:
            return [Splice(start, end, change.to)]
        if change.word + 1 < len(spans):
            return [self._with_blanks(change.line, start, end)]
        raise self._reading.refused(change.line, "nothing would be left of the command")

    @_of.register
    def _(self, change: TakeFlag) -> list[Splice]:
        instruction = self._reading.instruction(change.line)
        for written, (start, end) in self._reading.flags(instruction):
            if written.partition("=")[0] != f"--{change.name}":
                continue
            if not change.to:
                return [self._with_blanks(change.line, start, end)]
            if re.fullmatch(r"--[a-z]+=[^\s\"'\\`$]+", written) and end - start == len(written):
                return [Splice(start + len(change.name) + 3, end, change.to)]
        raise self._reading.refused(change.line, f"--{change.name} is not written plainly")

    @_of.register
    def _(self, change: Reword) -> list[Splice]:
        instruction = self._reading.instruction(change.line)
        found = [] if change.keyword is None else [self._keyword(instruction, change.keyword)]
        for start, end, new in change.edits:
            found.append(Splice(*self._reading.argument(instruction, start, end), new))
        return found

    @_of.register
    def _(self, change: AppendCommand) -> list[Splice]:
        instruction = self._reading.instruction(change.line)
        self._must_go_on(instruction)
        at = self._reading.argument(instruction, len(instruction.text), len(instruction.text))[0]
        first = self._reading.keyword(instruction)[0]
        command = " ".join(change.words)
        inside = self._text[first:at]
        if "\n" not in inside:
            return [Splice(at, at, f" && {command}")]
        lines = [line.rstrip().rstrip(self._reading.lines.escape).rstrip() for line in inside.split("\n")]
        leads = not any(line.endswith("&&") for line in lines)
        indent = self._indent_in(inside)
        goes_on = f" {self._reading.lines.escape}{self._reading.newline}{indent}"
        return [Splice(at, at, f"{goes_on}&& {command}" if leads else f" &&{goes_on}{command}")]

    @_of.register
    def _(self, change: JoinNext) -> list[Splice]:
        first, second = self._reading.instruction(change.line), self._reading.instruction(change.next)
        self._must_go_on(first)
        if set(self._reading.shell(second).separators) - {"&&", "|"}:
            raise self._reading.refused(second.first, "a failure of the first step would not end the second one")
        if first.flags or second.flags or first.trigger or second.trigger:
            raise self._reading.refused(second.first, "the two steps do not run alike")
        start = self._reading.argument(first, len(first.text), len(first.text))[0]
        end = self._reading.argument(second, 0, 0)[0]
        between = self._text[start : self._reading.keyword(second)[0]]
        if between.strip():
            raise self._reading.refused(second.first, "something else stands between the two steps")
        indent = self._indent_in(self._text[end : self._reading.argument(second, 0, len(second.text))[1]])
        return [Splice(start, end, f" && {self._reading.lines.escape}{self._reading.newline}{indent}")]

    @_of.register
    def _(self, change: TakeInstruction) -> list[Splice]:
        instruction = self._reading.instruction(change.line)
        start, end = self._reading.line_start(instruction.first), self._reading.line_start(instruction.last + 1)
        above = self._text[:start].rstrip()
        if _SPEAKS_TO_TOOLS.match(above[above.rfind("\n") + 1 :]):
            raise self._reading.refused(change.line, "the comment above would then speak of another instruction")
        return [Splice(start, end, "")]

    @_of.register
    def _(self, change: PutInstruction) -> list[Splice]:
        instruction = self._reading.instruction(change.line)
        at = self._reading.line_start(instruction.last)
        at += len(self._reading.line_of(at))
        keyword = self._like(instruction, change.keyword)
        return [Splice(at, at, f"{self._reading.newline}{keyword} {change.text}")]

    def _keyword(self, instruction: Instruction, to: str) -> Splice:
        start, end = self._reading.keyword(instruction)
        return Splice(start, end, self._like(instruction, to))

    def _like(self, instruction: Instruction, keyword: str) -> str:
        start, end = self._reading.keyword(instruction)
        return keyword.lower() if self._text[start:end].islower() else keyword

    def _with_blanks(self, line: int, start: int, end: int) -> Splice:
        """A word goes with the blanks behind it."""
        blanks = len(self._text[end:]) - len(self._text[end:].lstrip(" \t"))
        following = self._text[end + blanks : end + blanks + 2]
        if not blanks or following[:1] in ("\n", "\r", self._reading.lines.escape):
            raise self._reading.refused(line, "the word stands alone on its line")
        return Splice(start, end + blanks, "")

    def _must_go_on(self, instruction: Instruction) -> None:
        """Another command behind its last one must run whenever the last one succeeded."""
        shell = self._reading.shell(instruction)
        if any(command.words[0] in _NOT_BEFORE_MORE for command in shell.commands):
            raise self._reading.refused(instruction.first, "a command behind its last one might never run")

    def _indent_in(self, text: str) -> str:
        """Of its continuation lines the smallest indentation: the list of packages stands deeper."""
        lines = [line for line in text.split("\n")[1:] if line.strip() and not line.lstrip().startswith("#")]
        indents = [line[: len(line) - len(line.lstrip())] for line in lines]
        return min(indents, key=len, default=_INDENT)
