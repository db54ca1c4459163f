"""A Dockerfile as hadolint 2.15 can read it: the same instructions on lines that can be counted back.

It wants a blank line behind a here-document, knows no quoted name together with `<<-`, wants a target for each
mount, fails on a WORKDIR of one character, and takes a here-document for a shell's that another program is given
(`RUN <<EOF python3`). None of this is a fault of the file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .lines import LogicalLine

_OPENS = re.compile(r"(\d*<<)-?([\"']?)([^<\s\"']+)\2")
_MOUNT = re.compile(r"--mount=(?!\S{0,300}(?:target|dst|destination)=)(?!\S{0,300}type=(?:secret|ssh))[^\s\"'\\]+")
_GIVEN_TO = re.compile(
    r"\s*RUN\s+(?:--\S+\s+)*<<-?([\"']?)[\w.-]+\1\s+(?:/usr/bin/env\s+)?([^\s<>|&;]+)", re.IGNORECASE
)
_SHELL = re.compile(r"(?:.*/)?(?:sh|bash|dash|ash|ksh)\Z")
_SHORT_FOLDER = re.compile(r"(\s*WORKDIR\s+)[^\s/](\s*)\Z", re.IGNORECASE)


def readable(text: str, logical: Sequence[LogicalLine]) -> tuple[str, list[int]]:
    """The text to hand over, and for each of its lines (from 0) the line of the file (from 1)."""
    lines = [_MOUNT.sub(r"\g<0>,target=.", _SHORT_FOLDER.sub(r"\1./.\2", line)) for line in text.split("\n")]
    behind: set[int] = set()
    for instruction in logical:
        if not instruction.heredocs:
            continue
        behind.add(instruction.last)
        body = instruction.heredocs[0].first
        strips = "<<-" in instruction.text
        if _is_for_another(instruction.text):
            for heredoc in instruction.heredocs:
                for number in range(heredoc.first, heredoc.first + heredoc.content.count("\n")):
                    lines[number - 1] = ":"
        for number in range(instruction.first, instruction.last + 1):
            line = lines[number - 1]
            if number < body:
                lines[number - 1] = _OPENS.sub(r"\1\3", line)
            elif strips:
                lines[number - 1] = line.lstrip("\t")
    return _spaced(lines, behind)


def _is_for_another(text: str) -> bool:
    """Is the here-document the input of a program that is no shell?"""
    given = _GIVEN_TO.match(text)
    return given is not None and _SHELL.match(given[2]) is None


def _spaced(lines: list[str], behind: set[int]) -> tuple[str, list[int]]:
    written, numbers = [], []
    for number, line in enumerate(lines, 1):
        written.append(line)
        numbers.append(number)
        if number in behind:
            written.append("")
            numbers.append(number)
    return "\n".join(written), numbers
