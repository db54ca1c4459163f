"""What a command of a RUN really starts: the program behind assignments, sudo, env and the like."""

from __future__ import annotations

import re

from msgspec import Struct

from ...model.build import ShellCommand

ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_STARTERS = frozenset(
    "sudo env exec command nohup time nice ionice eatmydata builtin doas xargs timeout gosu su-exec"
    " tini tini-static dumb-init docker-init catatonit".split()
)
_TAKES_ONE = frozenset("timeout gosu su-exec".split())
"""They have one word of their own before the program."""
_WITH_VALUE = frozenset({"-u", "-g", "-n", "-C", "--user", "--group", "-I", "-L", "-P", "-d", "-k", "-s"})

SHELLS = frozenset("sh bash dash ash zsh ksh".split())
DOWNLOADERS = frozenset({"curl", "wget", "aria2c", "fetch"})


class Started(Struct, frozen=True):
    """A program by its name without folders, its arguments, and the words that stood before it (`sudo`)."""

    program: str
    arguments: tuple[str, ...]
    before: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """Arguments that are no flags."""
        return tuple(word for word in self.arguments if not word.startswith("-"))


def started(command: ShellCommand) -> Started:
    """`FOO=1 sudo -E apt-get install x` starts `apt-get`. Program "" for an assignment alone."""
    words = list(command.words)
    before: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        name = word.rsplit("/", 1)[-1]
        if ASSIGNMENT.match(word):
            at += 1
        elif name in _STARTERS:
            before.append(name)
            at = _behind_flags(words, at + 1) + (1 if name in _TAKES_ONE else 0)
        else:
            return Started(name, tuple(words[at + 1 :]), tuple(before))
    return Started("", (), tuple(before))


def _behind_flags(words: list[str], at: int) -> int:
    while at < len(words) and words[at].startswith("-"):
        at += 2 if words[at] in _WITH_VALUE else 1
    return at
