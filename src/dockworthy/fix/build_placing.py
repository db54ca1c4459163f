"""Which changes have a place in a Dockerfile's text, and why the others have none."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from ..model.build_change import BuildChange
from .build_edit import edit_build
from .refused import FixRefused


class Placed(Struct, frozen=True):
    """`refused` are those without a place."""

    changes: tuple[BuildChange, ...]
    refused: tuple[tuple[BuildChange, FixRefused], ...]


def place_changes(text: str, changes: Sequence[BuildChange], *, file: str, tries: int = 1000) -> Placed:
    """All at once where that can be; else by halves, so that many good ones and a bad one cost little.

    `tries`: how often the text may be read for it; what is not decided then has no place. Raises UnreadableInput.
    """
    kept, refused = _Halving(text, file, tries).apart(list(changes))
    return Placed(tuple(kept), tuple(refused))


class _Halving:
    def __init__(self, text: str, file: str, tries: int) -> None:
        self.text, self.file, self.tries = text, file, tries

    def apart(self, changes: list[BuildChange]) -> tuple[list[BuildChange], list[tuple[BuildChange, FixRefused]]]:
        why = self._why_not(changes) if changes else None
        if why is None:
            return changes, []
        if len(changes) == 1:
            return [], [(changes[0], why)]
        half = len(changes) // 2
        first, not_first = self.apart(changes[:half])
        second, not_second = self.apart(changes[half:])
        both = [*first, *second]
        if first and second and (clash := self._why_not(both)) is not None:
            return first, [*not_first, *not_second, *((change, clash) for change in second)]
        return both, [*not_first, *not_second]

    def _why_not(self, changes: Sequence[BuildChange]) -> FixRefused | None:
        self.tries -= 1
        if self.tries < 0:
            return FixRefused("too many changes to try each", file=self.file, line=changes[0].line, hint="fix it again")
        try:
            edit_build(self.text, changes, file=self.file)
        except FixRefused as refused:
            return refused
        return None


__all__ = ["Placed", "place_changes"]
