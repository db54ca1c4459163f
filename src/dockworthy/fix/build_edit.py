"""Makes changes in the text of a Dockerfile: the lines that must change do, and no other byte.

The text is not written anew: a change is spliced into it where our reader says that its place is, and the new text is
read again. Where that does not mean exactly what the old one meant with the changes made, nothing is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ..errors import UnreadableInput
from ..model.build_change import BuildChange
from .build_meaning import meaning_of, with_changes
from .build_places import Places
from .build_reading import BY_HAND, BuildReading
from .refused import FixRefused
from .splices import Splice


def edit_build(text: str, changes: Sequence[BuildChange], *, file: str) -> str:
    """The text with all changes made at once; their lines and words are those of `text`.

    Raises FixRefused (file, line, what to do by hand) where a change has no place in this text, or would change more
    than was asked; UnreadableInput where the text is broken.
    """
    reading = BuildReading(text, file)
    places = Places(reading)
    splices = sorted((splice for change in changes for splice in places.of(change)), key=lambda s: (s.start, s.end))
    if any(one.end > other.start for one, other in pairwise(splices)):
        raise FixRefused("two changes meet in one place", file=file, line=changes[0].line, hint="make them one by one")
    edited = _applied(text, splices)
    try:
        meant = meaning_of(BuildReading(edited, file))
    except UnreadableInput as broken:
        says = "with it the file could not be read any more"
        raise FixRefused(says, file=file, line=changes[0].line, hint=BY_HAND) from broken
    if meant != with_changes(reading, changes):
        says = "more than this would change with it"
        raise FixRefused(says, file=file, line=changes[0].line, hint=BY_HAND)
    return edited


def _applied(text: str, splices: Sequence[Splice]) -> str:
    parts, at = [], 0
    for splice in splices:
        parts += [text[at : splice.start], splice.text]
        at = splice.end
    return "".join([*parts, text[at:]])
