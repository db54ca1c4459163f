"""A Dockerfile's text, read so that each character of an instruction has its place in the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ..model.build import Heredoc, Instruction
from ..readers.dockerfile.build import instructions_of
from ..readers.dockerfile.lines import LogicalLine, logical_lines, places_in, split_words
from ..readers.dockerfile.shell_commands import ShellText, shell_text
from ..readers.dockerfile.stages import flat
from .refused import FixRefused

Span = tuple[int, int]
_KEYWORD = re.compile(r"\s*(?:ONBUILD\s+)?(\S+)", re.IGNORECASE)
_HEREDOC = re.compile(r"\d*<<-?[^<]+\Z")
BY_HAND = "make the change by hand there"


class BuildReading:
    """Raises UnreadableInput where the text is no Dockerfile. Places are characters of the text, from 0."""

    def __init__(self, text: str, file: str) -> None:
        self.text, self.file = text, file
        self.lines = logical_lines(text, file)
        self.stages = instructions_of(self.lines, file)
        self.instructions = (*self.stages.arguments, *flat(self.stages.stages))
        self._at = {line.first: line for line in self.lines.logical}
        self._by_line = {instruction.first: instruction for instruction in self.instructions}
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._commands: dict[int, list[tuple[tuple[str, ...], list[Span]]]] = {}
        self.newline = "\r\n" if "\r\n" in text else "\n"

    def refused(self, line: int, says: str, hint: str = BY_HAND) -> FixRefused:
        return FixRefused(says, file=self.file, line=line, hint=hint)

    def instruction(self, line: int) -> Instruction:
        if line not in self._by_line:
            raise self.refused(line, "no instruction begins here")
        return self._by_line[line]

    def keyword(self, instruction: Instruction) -> Span:
        line = self._at[instruction.first]
        match = _KEYWORD.match(line.text)
        assert match is not None
        return self._place(line, match.start(1)), self._end(line, match.end(1))

    def argument(self, instruction: Instruction, start: int, end: int) -> Span:
        """Where characters of the instruction's `text` stand; an empty span stands behind the one before it."""
        line = self._at[instruction.first]
        base = len(line.text.rstrip()) - len(instruction.text)
        if start == end and start:
            return (self._end(line, base + start),) * 2
        return self._place(line, base + start), (
            self._end(line, base + end) if end > start else self._place(line, base + start)
        )

    def flags(self, instruction: Instruction) -> Iterator[tuple[str, Span]]:
        """Each flag as it is written, with its place."""
        line = self._at[instruction.first]
        match = _KEYWORD.match(line.text)
        assert match is not None
        for word, offset in split_words(line.text, self.lines.escape, match.end()):
            if not word.startswith("--"):
                return
            yield word, (self._place(line, offset), self._end(line, offset + len(word)))

    def command(self, line: int, number: int) -> list[Span]:
        """Where the words of a command stand. Raises FixRefused where that can't be told."""
        instruction = self.instruction(line)
        if line not in self._commands:
            self._commands[line] = [*self._own_commands(instruction), *self._in_heredocs(instruction)]
        places = self._commands[line]
        known = min(len(places), len(instruction.commands))
        if number >= known or places[number][0] != instruction.commands[number].words:
            raise self.refused(line, "where the words of its command stand can't be told")
        return places[number][1]

    def shell(self, instruction: Instruction) -> ShellText:
        """Its shell text. Raises FixRefused where there is none, or one that is not plainly understood."""
        shell = shell_text(instruction.text)
        if instruction.heredocs:
            raise self.refused(instruction.first, "its commands stand in a here-document")
        if instruction.exec_form is not None or not instruction.commands:
            raise self.refused(instruction.first, f"{instruction.keyword} has no text of a known shell")
        if not shell.plain or "&" in shell.separators or len(shell.separators) >= _top(shell):
            raise self.refused(instruction.first, "its shell text is more than a plain list of commands")
        return shell

    def line_of(self, place: int) -> str:
        start = self.text.rfind("\n", 0, place) + 1
        end = self.text.find("\n", place)
        return self.text[start : len(self.text) if end < 0 else end].removesuffix("\r")

    def line_start(self, line: int) -> int:
        """Of a line from 1; the text's end where there is no such line."""
        return self._starts[line - 1] if line <= len(self._starts) else len(self.text)

    def _own_commands(self, instruction: Instruction) -> Iterator[tuple[tuple[str, ...], list[Span]]]:
        if instruction.exec_form is not None:
            return
        shell = shell_text(instruction.text)
        for command, spans in zip(shell.commands, shell.spans, strict=True):
            if not (instruction.heredocs and all(_HEREDOC.match(word) for word in command.words)):
                yield command.words, [self.argument(instruction, *span) for span in spans.words]

    def _in_heredocs(self, instruction: Instruction) -> Iterator[tuple[tuple[str, ...], list[Span]]]:
        """Those that the reader took for a script."""
        lines = {command.source.line for command in instruction.commands}
        for heredoc in instruction.heredocs:
            shell = shell_text(heredoc.content)
            if lines.isdisjoint(range(heredoc.first, heredoc.first + heredoc.content.count("\n") + 1)):
                continue
            place = self._inside(heredoc)
            for command, spans in zip(shell.commands, shell.spans, strict=True):
                yield command.words, [(place(start), place(end - 1) + 1) for start, end in spans.words]

    def _inside(self, heredoc: Heredoc) -> Callable[[int], int]:
        """Where a character of its content stands: `<<-` takes the tabs away that come first in a line."""
        told, lines = places_in(heredoc, self.file, ""), heredoc.content.split("\n")

        def place(offset: int) -> int:
            source = told(offset)
            assert source.line is not None and source.column is not None
            start = self.line_start(source.line)
            tabs = len(self.line_of(start)) - len(lines[source.line - heredoc.first])
            return start + tabs + source.column - 1

        return place

    def _place(self, line: LogicalLine, offset: int) -> int:
        source = line.place(offset, self.file)
        assert source.line is not None and source.column is not None
        return self._starts[source.line - 1] + source.column - 1

    def _end(self, line: LogicalLine, offset: int) -> int:
        """Behind the character before `offset`: a word may end where a continuation line does."""
        return self._place(line, offset - 1) + 1


def _top(shell: ShellText) -> int:
    return sum(spans.depth == 1 for spans in shell.spans)
