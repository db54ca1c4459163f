"""Shell text as the commands that it would run, in pipelines. It follows no variables, no functions and no branches."""

from __future__ import annotations

from typing import NamedTuple

from .lexer import Lexer, Token

LONGEST = 256 * 1024
"""Characters of one text: what is longer is cut."""

_KEYWORDS = frozenset("if then else elif fi do done while until for in case esac { } ! ( ) function time".split())
_ENDS = (";", "&", "\n")


class Pipeline(NamedTuple):
    """Commands whose output goes into the next one, each as its words; quotes are off, `>` stands as a word."""

    commands: tuple[tuple[str, ...], ...]
    line: int


def pipelines(text: str) -> list[Pipeline]:
    """Every pipeline of a text, in order; lines count from 1. Broken quotes end with the text: never raises."""
    found: list[Pipeline] = []
    commands: list[tuple[str, ...]] = []
    words: list[str] = []
    first, piped = 1, False
    for token in (*Lexer(text[:LONGEST], shell=True).tokens(), Token("\n", True, 0)):
        if not token.operator:
            if not words and not commands:
                first = token.line
            if words or token.text not in _KEYWORDS:
                words.append(token.text)
            continue
        if token.text == "\n" and piped and not words:
            continue  # a line may end after `|`
        piped = token.text == "|"
        if words:
            commands.append(tuple(words))
            words = []
        if token.text in _ENDS and commands:
            found.append(Pipeline(tuple(commands), first))
            commands = []
    if commands:  # the text ends in the middle of a pipeline
        found.append(Pipeline(tuple(commands), first))
    return found


def words_of(text: str) -> tuple[str, ...]:
    """A command line that no shell reads (systemd's): quotes count, operators do not."""
    return tuple(token.text for token in Lexer(text[:LONGEST], shell=False).tokens())
