"""Makes changes in the text of a Dockerfile: the lines that must change do, and no other byte.

The text is not written anew: a change is spliced into it where our reader says that its place is, and the new text is
read again. Where that does not mean exactly what the old one meant with the changes made, nothing is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec import Struct

from ..errors import UnreadableInput
from ..model.build_change import BuildChange
from ..model.fix import Edit
from .build_meaning import meaning_of, with_changes
from .build_places import Places
from .build_reading import BY_HAND, BuildReading
from .refused import FixRefused
from .splices import Splice


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
    places = Places(reading)
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
