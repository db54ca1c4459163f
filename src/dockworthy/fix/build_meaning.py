"""What a Dockerfile means apart from its layout, and what it must mean once changes are made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from msgspec import Struct, structs

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
from ..readers.dockerfile.shell_commands import shell_text
from .build_reading import BuildReading

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
