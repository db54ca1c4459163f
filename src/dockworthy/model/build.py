"""An image build: what a Dockerfile says, instruction by instruction, with the lines that each one takes."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator

from msgspec import Struct

from .field import NOT_READ, Field, Set, Source, Unknown


class ShellCommand(Struct, frozen=True, omit_defaults=True):
    """One simple command of a shell's text: its words without their quotes, variables as they are written.

    `piped`: what it prints goes to the next command of the list. `background`: it ends in `&`.
    """

    words: tuple[str, ...]
    source: Source
    piped: bool = False
    background: bool = False


class Pair(Struct, frozen=True, omit_defaults=True):
    """`NAME=value` of ENV, ARG and LABEL. `value` is Unset for an `ARG NAME` that has none.

    `literal`: a part of it stands in the file, so that it is not handed in from outside as a whole.
    """

    name: str
    value: Field[str]
    source: Source
    literal: bool = False


class Heredoc(Struct, frozen=True, omit_defaults=True):
    """A here-document: its first line of content (from 1) and the lines, as they reach the image."""

    name: str
    first: int
    content: str
    expands: bool = True


class Instruction(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One instruction, from line `first` to `last` (from 1, both included, here-documents too).

    `keyword` in capitals. `text` is what follows it and its flags, continuation lines joined, nothing substituted.
    `words` are its arguments after substitution, where the instruction has plain words (FROM, COPY, USER, …).
    `exec_form` are the strings of its JSON form. `trigger`: it stands behind ONBUILD. `commands` is what a shell, or
    the exec form, would start. `legacy`: ENV or LABEL with a space instead of `=`.
    """

    keyword: str
    first: int
    last: int
    source: Source
    text: str = ""
    flags: tuple[tuple[str, str], ...] = ()
    words: tuple[Field[str], ...] = ()
    exec_form: tuple[str, ...] | None = None
    pairs: tuple[Pair, ...] = ()
    heredocs: tuple[Heredoc, ...] = ()
    commands: tuple[ShellCommand, ...] = ()
    trigger: bool = False
    legacy: bool = False

    def flag(self, name: str) -> str | None:
        """The value of `--name`; "" where it has none, None where it is not there."""
        return next((value for flag, value in self.flags if flag == name), None)


class Stage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A build stage: FROM and what follows. `base` is an image; `base_stage` the earlier stage it builds on instead."""

    index: int
    name: str
    source: Source
    first: int
    last: int
    base: Field[str] = NOT_READ
    base_stage: int | None = None
    platform: str = ""
    instructions: tuple[Instruction, ...] = ()

    @property
    def title(self) -> str:
        return f"stage {self.name}" if self.name else f"stage {self.index}"


class LintMark(Struct, frozen=True):
    """What hadolint says of a line. `level` is `error`, `warning`, `info` or `style`."""

    rule: str
    level: str
    says: str
    source: Source


class HadolintSilence(Struct, frozen=True, omit_defaults=True):
    """A rule of hadolint that a comment, or the project's .hadolint.yaml, ignores: on lines `first` to `last`, or in
    the whole file (`last` 0)."""

    rule: str
    source: Source
    first: int = 0
    last: int = 0

    def covers(self, line: int) -> bool:
        return self.last == 0 or self.first <= line <= self.last


_FRONTENDS = frozenset(
    f"{hub}docker/{name}" for hub in ("", "docker.io/") for name in ("dockerfile", "dockerfile-upstream")
)


def is_dockers_frontend(image: str) -> bool:
    """Is it Docker's own reader of Dockerfiles, in whichever version? Empty is the one that the builder brings."""
    return not image or image.partition("@")[0].partition(":")[0] in _FRONTENDS


class ImageBuild(Struct, frozen=True, kw_only=True):
    """A Dockerfile. `id` is its file's name.

    `ignore_file` holds the patterns of the .dockerignore that belongs to it; Unset where there is none.
    """

    id: str
    source: Source
    stages: tuple[Stage, ...] = ()
    arguments: tuple[Instruction, ...] = ()
    """ARG instructions before the first FROM."""
    syntax: str = ""
    """The image of the program that reads the file; empty where it names none."""
    escape: str = "\\"
    ignore_file: Field[tuple[str, ...]] = NOT_READ
    lint: Field[tuple[LintMark, ...]] = NOT_READ
    silences: tuple[HadolintSilence, ...] = ()
    judged_on: datetime.date | None = None
    """The day for which it is judged: releases end by a calendar. None: the day of what dockworthy knows."""

    @property
    def final(self) -> Stage:
        return self.stages[-1]

    @property
    def lineage(self) -> tuple[Stage, ...]:
        """The final stage, the stage it builds on, and so on: what ends up in the image."""
        found = [self.final]
        while (above := found[-1].base_stage) is not None:
            found.append(self.stages[above])
        return tuple(found)

    @property
    def base(self) -> Field[str]:
        """The image that the final stage stands on in the end."""
        return self.lineage[-1].base

    def effective(self, *keywords: str) -> Instruction | None:
        """The last instruction of these kinds that counts for the image; None: the base image decides."""
        for stage in self.lineage:
            for instruction in reversed(stage.instructions):
                if instruction.keyword in keywords and not instruction.trigger:
                    return instruction
        return None

    def instructions(self, *keywords: str) -> Iterator[tuple[Stage, Instruction]]:
        """Every instruction of these kinds, triggers included, in the order of the file."""
        for stage in self.stages:
            for instruction in stage.instructions:
                if instruction.keyword in keywords:
                    yield stage, instruction

    def commands(self) -> Iterator[tuple[Instruction, ShellCommand]]:
        """What all RUN instructions start."""
        for _, instruction in self.instructions("RUN"):
            for command in instruction.commands:
                yield instruction, command

    def silence(self, rules: Iterable[str], line: int | None) -> HadolintSilence | None:
        """Where one of these rules is ignored on that line, if it is."""
        wanted = frozenset(rules)
        return next((s for s in self.silences if s.rule in wanted and s.covers(line or 0)), None)

    def marks(self, rules: Iterable[str]) -> tuple[LintMark, ...]:
        wanted = frozenset(rules)
        return tuple(mark for mark in self.lint.value if mark.rule in wanted) if isinstance(self.lint, Set) else ()

    @property
    def lint_gap(self) -> Unknown | None:
        return self.lint if isinstance(self.lint, Unknown) else None
