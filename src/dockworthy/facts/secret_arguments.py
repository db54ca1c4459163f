"""Secrets among the words of a command: by a flag's name, by the program's usage, by what is piped into it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ..model.pattern import lazy_pattern
from ..model.secret_names import is_secret
from .secret_programs import READS_STANDARD_INPUT, Place, found_by_usage, may_be_secret, program_name
from .shell_words import Command

_FLAG = lazy_pattern(r"--?[A-Za-z][\w.-]*\Z")
_ASSIGNED = lazy_pattern(r"(-{0,2}[A-Za-z_][\w.-]*)=(.+)\Z", re.DOTALL)
_TAKES_SCRIPT = lazy_pattern(r"-[a-z]*c\Z|CMD-SHELL\Z|eval\Z")
_OPERATOR = lazy_pattern(r"[$|&;<>()\]\[{},]+\Z")
_NEXT_NAME = lazy_pattern(r"[,;&](?=[A-Za-z_][\w. -]*=)")


def secrets_in_words(words: Sequence[str]) -> list[Place]:
    """Where secrets stand among the words of one command."""
    by_usage = found_by_usage(list(words))
    found = by_usage.secrets
    for number, word in enumerate(words):
        if number not in by_usage.judged:
            before = words[number - 1] if number and number - 1 not in by_usage.judged else ""
            found.extend(_by_name(number, word, before))
    return found


def _by_name(number: int, word: str, before: str) -> Iterator[Place]:
    assigned = _ASSIGNED.match(word)
    if assigned is not None:
        quoted = assigned[2][:1] in ("'", '"') and assigned[2][:1] == assigned[2][-1:] and len(assigned[2]) > 1
        value = assigned[2][1:-1] if quoted else assigned[2]
        if _TAKES_SCRIPT.match(before) and any(map(str.isspace, value)):
            return  # whose first word is a variable; it is looked through as a text
        end = _NEXT_NAME.search(value)
        value = value[: end.start()] if end else value
        if is_secret(assigned[1], value) and not _OPERATOR.match(value):
            start = value.find(":") + 1 if assigned[1].endswith("auth") else 0  # `--auth=user:password`
            yield number, assigned.start(2) + quoted + start, assigned.start(2) + quoted + len(value)
    elif (
        word
        and not word.startswith("-")
        and _FLAG.match(before)
        and is_secret(before, word)
        and not _OPERATOR.match(word)
    ):
        yield number, 0, len(word)


def secrets_piped_in(commands: Sequence[Command]) -> Iterator[tuple[int, Place]]:
    """What `echo X | docker login --password-stdin` and `… <<< X` give away: the command's number, and the place."""
    for number, (command, following) in enumerate(pairwise(commands)):
        first, second = ([word.value for word in words] for _, words in (command, following))
        if following.operator == "<<<" and second and _reads_secret(first):
            yield from ((number + 1, place) for place in _whole(0, second[0], first))
        if following.operator == "|" and len(first) > 1 and program_name(first[0]) in ("echo", "printf"):
            if _reads_secret(second):
                yield from ((number, place) for place in _whole(len(first) - 1, first[-1], second))


def _reads_secret(words: list[str]) -> bool:
    sudo = "sudo" in words and any(word.startswith("-") and not word.startswith("--") and "S" in word for word in words)
    return sudo or not READS_STANDARD_INPUT.isdisjoint(words)


def _whole(number: int, word: str, reader: list[str]) -> Iterator[Place]:
    """`chpasswd` reads `user:password`, the others a password."""
    start = word.find(":") + 1 if "chpasswd" in reader else 0
    value = word[start:]
    if may_be_secret(value) and (start or "chpasswd" not in reader) and not word.startswith("-"):
        yield number, start, len(word)
