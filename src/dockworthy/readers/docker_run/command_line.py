"""A command line parted into flags, image and command, as Docker's own does it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from msgspec import Struct

from ...errors import UsageError
from .flags import ALIASES, ALL_FLAGS, SHORT, SWITCHES


class Given(Struct, frozen=True):
    """`flags` in their order, by their long names: a flag can come several times."""

    flags: tuple[tuple[str, str], ...]
    image: str
    command: tuple[str, ...]

    def last(self, flag: str, default: str = "") -> str:
        return next((value for name, value in reversed(self.flags) if name == flag), default)


def part(arguments: Sequence[str]) -> Given:
    """What stands after `docker run`; the words `docker [container] run|create` in front may be there too.

    The first word that is no flag is the image; all behind it is the command. Raises UsageError.
    """
    words = _without_program(list(arguments))
    flags = tuple(_flags(words))
    if not words:
        raise UsageError("docker run: no image is named")
    return Given(flags, words[0], tuple(words[1:]))


def _without_program(words: list[str]) -> list[str]:
    if words[:1] != ["docker"]:
        return words
    rest = words[2:] if words[1:2] == ["container"] else words[1:]
    if rest[:1] not in (["run"], ["create"]):
        raise UsageError("not a command line of docker run or docker create")
    return rest[1:]


def _flags(words: list[str]) -> Iterator[tuple[str, str]]:
    """Takes the flags off the front of `words`."""
    while words and words[0].startswith("-") and words[0] != "-":
        word = words.pop(0)
        if word == "--":
            return
        if word.startswith("--"):
            yield _long_flag(word, words)
        else:
            yield from _short_flags(word, words)


def _long_flag(word: str, words: list[str]) -> tuple[str, str]:
    """`--flag value`, `--flag=value`, and `--switch` alone."""
    written, has_value, value = word[2:].partition("=")
    name = ALIASES.get(written, written)
    if name not in ALL_FLAGS:
        near = difflib.get_close_matches(written, [*ALL_FLAGS, *ALIASES], n=1)
        raise UsageError(f"docker run: unknown flag --{written}", hint=f"did you mean --{near[0]}?" if near else "")
    if has_value:
        return name, value
    return name, "true" if name in SWITCHES else _next(words, f"--{written}")


def _short_flags(word: str, words: list[str]) -> Iterator[tuple[str, str]]:
    """`-itd`, `-e A=b`, `-eA=b`, `-e=A=b`, `-ite A=b`, `-t=false`."""
    letters = word[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        name = SHORT.get(letter)
        if name is None:
            raise UsageError(f"docker run: unknown flag -{letter} in {word}", hint=_two_dashes(word))
        if letters.startswith("="):
            yield name, letters[1:]
            return
        if name in SWITCHES:
            yield name, "true"
            continue
        yield name, letters or _next(words, f"-{letter}")
        return


def _two_dashes(word: str) -> str:
    written = word[1:].partition("=")[0]
    return f"did you mean --{written}?" if written in ALL_FLAGS else ""


def _next(words: list[str], flag: str) -> str:
    if not words:
        raise UsageError(f"docker run: {flag} needs a value")
    return words.pop(0)
