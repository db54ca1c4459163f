"""The simple commands in a shell's text: what it would start, with which words, and where each stands.

No shell and no evaluation: variables stay as they are written. One pass over the text, whatever it is; what is nested
deeper than a person would write is taken as plain text.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from ...model.build import ShellCommand
from ...model.field import Source
from .shell_splitting import Place, Spans, Splitter

_SHELLS = frozenset("sh bash dash ash zsh ksh".split())


class ShellText(Struct, frozen=True):
    """`separators` are those between the commands outside of parentheses, in order. `plain`: no `if`, no loop, no group
    in braces and no comment is there."""

    commands: tuple[ShellCommand, ...]
    spans: tuple[Spans, ...]
    separators: tuple[str, ...]
    plain: bool


def shell_commands(text: str, place: Place) -> tuple[ShellCommand, ...]:
    """The commands of a text, those inside of substitutions before the one that uses them."""
    return tuple(Splitter(text, place).split())


def shell_text(text: str) -> ShellText:
    """The same with the place of each word in the text. (The commands know no file here.)"""
    splitter = Splitter(text, lambda _: Source(""))
    commands = tuple(splitter.split())
    return ShellText(commands, tuple(splitter.spans), tuple(splitter.separators), splitter.plain)


def exec_commands(words: Sequence[str], source: Source) -> tuple[ShellCommand, ...]:
    """What the exec form starts; of `["sh", "-c", "…"]` the commands of its text."""
    if len(words) > 2 and words[0].rsplit("/", 1)[-1] in _SHELLS and words[1].startswith("-") and "c" in words[1]:
        return shell_commands(words[2], lambda _: source)
    return (ShellCommand(tuple(words), source),) if words else ()
