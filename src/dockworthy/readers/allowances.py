"""Comments that accept a failure: `# dockworthy: allow workload/writable-root until 2027-03-01: reason`.

A comment at the end of a line speaks for that line, one on a line of its own for the next line that is no comment, or,
where it is indented deeper than that one, for the line before: what is inside a service is that service's. A Dockerfile
knows comments on lines of their own alone. JSON has no comments.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator

import yaml

from ..errors import UnreadableInput
from ..model.allowance import Allowance
from ..model.field import Source
from ..model.pattern import lazy_pattern
from ..model.written import Written
from .yaml_source import documents

MARK = "dockworthy:"
_COMMENT = lazy_pattern(r"(?:^|(?<=\s))#[ \t]*dockworthy:[ \t]*(?P<says>.*?)\s*$")
_SAYS = lazy_pattern(
    r"(?P<word>allow(?:-file)?)\s+(?P<control>\S+)\s+until\s+(?P<day>\S+?)(?:\s+by\s+(?P<owner>\S+?))?\s*:\s+(?P<reason>\S.*)"
)
SHAPE = "# dockworthy: allow CONTROL until YYYY-MM-DD: REASON"


def allowances_in(
    written: Written, text_of: Callable[[str], str | None]
) -> tuple[tuple[Allowance, ...], tuple[str, ...]]:
    """The same for every file that holds something to judge. `text_of` gives the text that was read of one, or None."""
    dockerfiles = {build.source.where for build in written.builds}
    found: list[Allowance] = []
    notes: list[str] = []
    for file in dict.fromkeys(written.files_of_subjects().values()):
        text = text_of(file)
        if text is not None:
            some, unclear = read_allowances(text, file, is_yaml=file not in dockerfiles)
            found += some
            notes += unclear
    return tuple(found), tuple(notes)


def read_allowances(text: str, file: str, *, is_yaml: bool) -> tuple[tuple[Allowance, ...], tuple[str, ...]]:
    """The exceptions, and a sentence for each comment that looks like one and is not understood."""
    if MARK not in text:
        return (), ()
    lines = text.splitlines()
    found: list[Allowance] = []
    notes: list[str] = []
    hidden = _inside_values(text, file) if is_yaml else frozenset()
    above = _keys_above(lines)
    for number, column, says in _comments(lines, is_yaml=is_yaml):
        if number in hidden:
            continue
        allowance = _understood(says, Source(file, line=number, column=column), lines, above)
        if isinstance(allowance, Allowance):
            found.append(allowance)
        else:
            notes.append(f"{file}:{number}: {allowance}")
    return tuple(found), tuple(notes)


def _comments(lines: list[str], *, is_yaml: bool) -> Iterator[tuple[int, int, str]]:
    """(line, column, what it says) of each comment of ours, both from 1."""
    for number, line in enumerate(lines, 1):
        if MARK not in line:
            continue
        match = _COMMENT.search(line)
        if match is not None and (is_yaml or not line[: match.start()].strip()):
            yield number, match.start() + 1, match["says"]


def _inside_values(text: str, file: str) -> frozenset[int]:
    """Lines on which the mark is part of a value (a script in a block, a quoted text), not a comment."""
    hidden: set[int] = set()
    try:
        nodes = [document.node for document in documents(text, file)]
    except UnreadableInput:
        return frozenset()  # nothing of such a file is judged
    seen: set[int] = set()
    while nodes:
        node = nodes.pop()
        if id(node) in seen:  # an alias is the same node
            continue
        seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            if MARK in node.value:
                hidden.update(range(node.start_mark.line + 1, node.end_mark.line + 1 + (node.style not in ("|", ">"))))
        elif isinstance(node, yaml.MappingNode):
            nodes.extend(part for pair in node.value for part in pair)
        else:
            nodes.extend(node.value)
    return frozenset(hidden)


def _understood(says: str, source: Source, lines: list[str], above: dict[int, int]) -> Allowance | str:
    match = _SAYS.fullmatch(says)
    if match is None:
        return f"the comment accepts nothing: it is not understood; it is written {SHAPE}"
    try:
        day = datetime.date.fromisoformat(match["day"])
    except ValueError:
        return f"the comment accepts nothing: {match['day']!r} is not a day like 2027-03-01"
    first = _speaks_for(source, lines)
    return Allowance(
        control=match["control"],
        reason=match["reason"],
        expires=day,
        owner=match["owner"] or "",
        source=source,
        first=first,
        last=_last_of(first, lines),
        of_file=match["word"] == "allow-file",
        within=tuple(_enclosing(first, above)),
    )


def _speaks_for(source: Source, lines: list[str]) -> int:
    number, column = source.line or 1, source.column or 1
    if lines[number - 1][: column - 1].strip():
        return number
    after = next((n for n in range(number + 1, len(lines) + 1) if _is_content(lines[n - 1])), 0)
    before = next((n for n in range(number - 1, 0, -1) if _is_content(lines[n - 1])), 0)
    if after and not (before and _indent(lines[after - 1]) < column - 1):
        return after
    return before or number


def _is_content(line: str) -> bool:
    bare = line.strip()
    return bool(bare) and not bare.startswith("#") and bare not in ("---", "...")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _keys_above(lines: list[str]) -> dict[int, int]:
    """Each line that says something -> the one before it that is indented less; 0 where there is none."""
    above: dict[int, int] = {}
    open_ones: list[int] = []
    for number, line in enumerate(lines, 1):
        if _is_content(line):
            while open_ones and _indent(lines[open_ones[-1] - 1]) >= _indent(line):
                open_ones.pop()
            above[number] = open_ones[-1] if open_ones else 0
            open_ones.append(number)
    return above


def _enclosing(first: int, above: dict[int, int]) -> Iterator[int]:
    """The line and, outwards, each line before it that is indented less: the keys that it is under."""
    line = first
    while line:
        yield line
        line = above.get(line, 0)


def _last_of(first: int, lines: list[str]) -> int:
    """An instruction of a Dockerfile goes on behind a backslash."""
    last = first
    while last < len(lines) and lines[last - 1].rstrip().endswith("\\"):
        last += 1
    return last
