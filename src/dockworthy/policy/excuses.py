"""Exceptions that a change brings along in its own files: they count only as far as they were there before.

By comment: `# dockworthy: allow …` and hadolint's `ignore`; and the rules that a .hadolint.yaml ignores.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Iterator, Sequence

from msgspec import structs

from ..model.allowance import Allowance
from ..model.build import HadolintSilence, ImageBuild
from ..model.control_ids import id_of_today
from ..model.pattern import lazy_pattern
from ..model.written import Written
from .comments import SubjectLines

TextOf = Callable[[str], str | None]
Key = tuple[object, ...]
Excused = tuple[Written, tuple[Allowance, ...], tuple[str, ...]]
"""What was read without silences that do not count, the exceptions that count, and a note for each that does not."""

_FROM = lazy_pattern(r"(?i)FROM\s+(?:--\S+\s+)*(?P<image>[^\s:@]+(?::\d+/[^\s:@]+)?)")


class Excuses:
    """First `noted` hears of the files as they were, then `weighed` of the same files now.

    `as_now`: a name from there as it is here. `since` names the commit.
    """

    def __init__(self, as_now: Callable[[str], str], since: str) -> None:
        self._as_now = as_now
        self._since = since
        self._until: dict[Key, datetime.date] = {}
        self._silences: set[Key] = set()

    def noted(self, written: Written, allowances: Sequence[Allowance], text_of: TextOf) -> Excused:
        places = SubjectLines(written)
        for allowance in allowances:
            key = self._key(allowance, places, text_of)
            self._until[key] = max(allowance.expires, self._until.get(key, allowance.expires))
        self._silences |= {key for build in written.builds for _, key in self._keys(build, text_of)}
        return written, tuple(allowances), ()

    def weighed(self, written: Written, allowances: Sequence[Allowance], text_of: TextOf) -> Excused:
        places = SubjectLines(written)
        counting: list[Allowance] = []
        notes: list[str] = []
        for allowance in allowances:
            until = self._until.get(self._key(allowance, places, text_of))
            if until is not None:
                counting.append(structs.replace(allowance, expires=min(until, allowance.expires)))
            if until is None or until < allowance.expires:
                notes.append(self._note(allowance, until))
        builds = tuple(self._without_new(build, text_of, notes) for build in written.builds)
        return structs.replace(written, builds=builds), tuple(counting), tuple(notes)

    def _note(self, allowance: Allowance, until: datetime.date | None) -> str:
        place = f"{allowance.source.where}:{allowance.source.line}"
        if until is not None:
            return f"{place}: the comment that accepts {allowance.control} counts until {until}, as at {self._since}"
        return f"{place}: the comment accepts nothing: at {self._since} nothing accepted {allowance.control} here"

    def _key(self, allowance: Allowance, places: SubjectLines, text_of: TextOf) -> Key:
        """What the comment accepts: a control on subjects, or, in a file that is one subject, on what stands there."""
        file = self._name(allowance.source.where)
        around = frozenset(map(self._name, places.around(allowance)))
        lines = "" if allowance.of_file or around else _text(text_of(allowance.source.where), allowance)
        return id_of_today(allowance.control), file, allowance.of_file, around if not allowance.of_file else (), lines

    def _name(self, name: str) -> str:
        file, mark, inside = self._as_now(name).partition("#")
        return os.path.normpath(file) + mark + inside

    def _without_new(self, build: ImageBuild, text_of: TextOf, notes: list[str]) -> ImageBuild:
        kept = []
        for silence, key in self._keys(build, text_of):
            if key in self._silences:
                kept.append(silence)
            else:
                place = f"{silence.source.where}:{silence.source.line}"
                notes.append(f"{place}: {silence.rule} is not ignored: at {self._since} it was not ignored here")
        return structs.replace(build, silences=tuple(kept))

    def _keys(self, build: ImageBuild, text_of: TextOf) -> Iterator[tuple[HadolintSilence, Key]]:
        for silence in build.silences:
            where = self._name(silence.source.where)
            lines = _lines(text_of(build.source.where), silence.first, silence.last) if silence.last else ""
            yield silence, (silence.rule, where, lines)


def _text(text: str | None, allowance: Allowance) -> str:
    return _lines(text, allowance.first, allowance.last)


def _lines(text: str | None, first: int, last: int) -> str:
    """What stands on these lines. Of a FROM the image's name: a newer version of it is the same matter."""
    lines = [] if text is None else text.splitlines()[first - 1 : last]
    said = " ".join(" ".join(lines).split())
    base = _FROM.match(said)
    return said if base is None else f"FROM {base['image']}"
