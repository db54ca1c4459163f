"""Makes changes in the text of a Dockerfile: the lines that must change do, and no other byte.

Each character of an instruction has its place in the text. A change is spliced in there, and the new text is read
again; where that does not mean exactly what the old one meant with the changes made, nothing is done.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import singledispatchmethod
from itertools import pairwise
from typing import Any

from msgspec import Struct, structs

from ..errors import UnreadableInput
from ..model.build import Heredoc, Instruction, Pair, ShellCommand, Stage
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
from ..model.field import Field, Set, Unknown
from ..model.fix import Edit
from ..readers.dockerfile.build import instructions_of
from ..readers.dockerfile.lines import LogicalLine, logical_lines, places_in, split_words
from ..readers.dockerfile.shell_commands import ShellText, shell_text
from ..readers.dockerfile.stages import flat
from .refused import FixRefused
from .splices import Splice

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


Command = tuple[tuple[str, ...], bool, bool]


class Meant(Struct, frozen=True):
    """An instruction without its lines. `text` is None where its other parts say all that it means."""

    keyword: str
    trigger: bool = False
    flags: tuple[tuple[str, str], ...] = ()
    text: str | None = None
    words: tuple[Any, ...] = ()
    exec_form: tuple[str, ...] | None = None
    pairs: tuple[tuple[str, Any, bool], ...] = ()
    heredocs: tuple[tuple[str, str, bool], ...] = ()
    commands: tuple[Command, ...] = ()
    separators: tuple[str, ...] = ()


class Meaning(Struct, frozen=True):
    """The instructions in their order, the comments outside of here-documents, and who builds on whom."""

    instructions: tuple[Meant, ...]
    comments: tuple[str, ...]
    stages: tuple[tuple[str, int | None, str], ...]
    directives: tuple[tuple[str, str], ...]


def meaning_of(reading: BuildReading) -> Meaning:
    return _whole(reading, map(_meant, reading.instructions))


def with_changes(reading: BuildReading, changes: Sequence[BuildChange]) -> Meaning:
    """What the text that was read must mean with the changes made."""
    of_line: defaultdict[int, list[BuildChange]] = defaultdict(list)
    for change in changes:
        of_line[change.line].append(change)
    found: list[Meant] = []
    joining = False
    for instruction in reading.instructions:
        mine = of_line[instruction.first]
        meant = _changed(_meant(instruction), mine)
        if not any(isinstance(change, TakeInstruction) for change in mine):
            found.append(_joined(found.pop(), meant) if joining else meant)
        joining = any(isinstance(change, JoinNext) for change in mine)
        found += [_new(change) for change in mine if isinstance(change, PutInstruction)]
    gone = [reading.instruction(change.line) for change in changes if isinstance(change, TakeInstruction)]
    return _whole(reading, found, gone)


def _whole(reading: BuildReading, instructions: Iterable[Meant], gone: Sequence[Instruction] = ()) -> Meaning:
    inside = {line for instruction in gone for line in range(instruction.first, instruction.last + 1)}
    return Meaning(
        tuple(instructions),
        tuple(text.strip() for line, text in reading.lines.comments if line not in inside),
        tuple(map(_stage, reading.stages.stages)),
        tuple(reading.lines.directives.items()),
    )


def _stage(stage: Stage) -> tuple[str, int | None, str]:
    return stage.name, stage.base_stage, stage.platform


def _meant(instruction: Instruction) -> Meant:
    """Text counts where nothing else tells it whole: it is not a list of words or pairs, and no shell's."""
    parts = bool(instruction.words or instruction.pairs or instruction.commands or instruction.exec_form)
    shell = instruction.commands and instruction.exec_form is None
    return Meant(
        keyword=instruction.keyword,
        trigger=instruction.trigger,
        flags=instruction.flags,
        text=None if parts else instruction.text,
        words=tuple(map(_value, instruction.words)),
        exec_form=instruction.exec_form,
        pairs=tuple(map(_pair, instruction.pairs)),
        heredocs=() if shell else tuple(map(_heredoc, instruction.heredocs)),
        commands=tuple(map(_command, instruction.commands)),
        separators=shell_text(instruction.text).separators if shell else (),
    )


def _value(field: Field[str]) -> Any:
    return field.value if isinstance(field, Set) else (type(field).__name__, getattr(field, "reason", ""))


def _pair(pair: Pair) -> tuple[str, Any, bool]:
    return pair.name, _value(pair.value), isinstance(pair.value, Unknown)


def _heredoc(heredoc: Heredoc) -> tuple[str, str, bool]:
    return heredoc.name, heredoc.content, heredoc.expands


def _command(command: ShellCommand) -> Command:
    return command.words, command.piped, command.background


def _changed(meant: Meant, changes: Sequence[BuildChange]) -> Meant:
    words: defaultdict[int, list[PutWords | TakeWord]] = defaultdict(list)
    for change in changes:
        if isinstance(change, PutWords | TakeWord):
            words[change.command].append(change)
        elif (how := _HOW.get(type(change))) is not None:
            meant = how(meant, change)
    if not words:
        return meant
    commands = list(meant.commands)
    for number, mine in words.items():
        said, piped, background = commands[number]
        commands[number] = (_reworded(said, mine), piped, background)
    return structs.replace(meant, commands=tuple(commands[: len(meant.commands)]))


def _reworded(words: tuple[str, ...], changes: Sequence[PutWords | TakeWord]) -> tuple[str, ...]:
    found: list[str] = []
    for index in range(len(words) + 1):
        found += [w for each in changes if isinstance(each, PutWords) and each.word == index for w in each.words]
        if index < len(words):
            taken = next((each for each in changes if isinstance(each, TakeWord) and each.word == index), None)
            found += [words[index]] if taken is None else [taken.to] if taken.to else []
    return tuple(found)


def _with_command(meant: Meant, change: AppendCommand) -> Meant:
    commands = (*meant.commands, (change.words, False, False))
    return structs.replace(meant, commands=commands, separators=(*meant.separators, "&&"))


def _with_flag(meant: Meant, change: TakeFlag) -> Meant:
    kept = [(name, change.to if name == change.name else value) for name, value in meant.flags]
    return structs.replace(meant, flags=tuple(each for each in kept if change.to or each[0] != change.name))


def _with_words(meant: Meant, change: Reword) -> Meant:
    commands = meant.commands
    if change.exec_form is not None:
        commands = ((change.exec_form, False, False),)
    return structs.replace(
        meant,
        keyword=change.keyword or meant.keyword,
        text=meant.text if change.pairs is None and not change.edits else None,
        words=meant.words if change.words is None else change.words,
        pairs=meant.pairs if change.pairs is None else tuple((name, value, False) for name, value in change.pairs),
        exec_form=meant.exec_form if change.exec_form is None else change.exec_form,
        commands=commands,
        separators=meant.separators if change.exec_form is None else (),
    )


def _joined(one: Meant, other: Meant) -> Meant:
    commands = (*one.commands, *other.commands)
    return structs.replace(one, commands=commands, separators=(*one.separators, "&&", *other.separators))


def _new(change: PutInstruction) -> Meant:
    return Meant(keyword=change.keyword, words=(change.text,))


_HOW: dict[type, Callable[[Meant, Any], Meant]] = {
    AppendCommand: _with_command,
    TakeFlag: _with_flag,
    Reword: _with_words,
}


_INDENT = "    "
_SPEAKS_TO_TOOLS = re.compile(r"\s*#\s*(?:hadolint|dockworthy)\b", re.IGNORECASE)
_NOT_BEFORE_MORE = frozenset({"exit", "exec", "return"})


class InstructionEdits:
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


class Edited(Struct, frozen=True):
    """`edits` are the lines that differ, as those of the old text."""

    text: str
    edits: tuple[Edit, ...]


def edit_build(text: str, changes: Sequence[BuildChange], *, file: str) -> str:
    """The text with all changes made at once. Raises as `edited` does."""
    return edited(text, changes, file=file).text


def edited(text: str, changes: Sequence[BuildChange], *, file: str) -> Edited:
    """The text with all changes made at once; their lines and words are those of `text`.

    Raises FixRefused (file, line, what to do by hand) where a change has no place in this text, or would change more
    than was asked; UnreadableInput where the text is broken.
    """
    reading = BuildReading(text, file)
    places = InstructionEdits(reading)
    splices = sorted((splice for change in changes for splice in places.of(change)), key=lambda s: (s.start, s.end))
    if any(one.end > other.start for one, other in pairwise(splices)):
        raise FixRefused("two changes meet in one place", file=file, line=changes[0].line, hint="make them one by one")
    new = _applied(text, splices)
    try:
        meant = meaning_of(BuildReading(new, file))
    except UnreadableInput as broken:
        says = "with it the file could not be read any more"
        raise FixRefused(says, file=file, line=changes[0].line, hint=BY_HAND) from broken
    if meant != with_changes(reading, changes):
        says = "more than this would change with it"
        raise FixRefused(says, file=file, line=changes[0].line, hint=BY_HAND)
    return Edited(new, tuple(_line_edits(text, splices, file)))


def _line_edits(text: str, splices: Sequence[Splice], file: str) -> Iterator[Edit]:
    """Splices of neighbouring lines make one edit; lines are counted once, from the first to the last."""
    line, counted = 1, 0
    for group in _by_lines(text, splices):
        start, end = text.rfind("\n", 0, group[0].start) + 1, _end_of_lines(text, group[-1])
        line, counted = line + text.count("\n", counted, start), start
        inside = [Splice(each.start - start, each.end - start, each.text) for each in group]
        new = _applied(text[start:end], inside)
        taken = text.count("\n", start, end) + (end > start and text[end - 1] != "\n")
        yield Edit(file, line, line + taken - 1, new if not new or new.endswith("\n") else f"{new}\n")


def _by_lines(text: str, splices: Sequence[Splice]) -> Iterator[list[Splice]]:
    group: list[Splice] = []
    for splice in splices:
        if group and splice.start >= _end_of_lines(text, group[-1]):
            yield group
            group = []
        group.append(splice)
    if group:
        yield group


def _end_of_lines(text: str, splice: Splice) -> int:
    """Behind the break of the last line that it touches."""
    if splice.end > splice.start and text[splice.end - 1] == "\n":
        return splice.end
    end = text.find("\n", splice.end)
    return len(text) if end < 0 else end + 1


def _applied(text: str, splices: Sequence[Splice]) -> str:
    parts, at = [], 0
    for splice in splices:
        parts += [text[at : splice.start], splice.text]
        at = splice.end
    return "".join([*parts, text[at:]])
