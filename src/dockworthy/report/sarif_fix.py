"""A repair as SARIF's `fix`: lines that are replaced, for editors that offer it at a click."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from ..model.fix import Edit, Fix
from .sarif_document import ArtifactChange, FixOut, Region, Replacement, Text
from .sarif_place import uri
from .visible import visible


def fixes_out(fixes: Iterable[Fix]) -> Iterator[FixOut]:
    """Those that are edits of lines; the standard asks for at least one change."""
    for fix in fixes:
        if fix.edits:
            says = f"{fix.says}. What might break: {fix.may_break}" if fix.may_break else fix.says
            yield FixOut(Text(visible(says)), tuple(_changes(fix)), {"kind": fix.kind.value})


def _changes(fix: Fix) -> Iterator[ArtifactChange]:
    by_file: defaultdict[str, list[Edit]] = defaultdict(list)
    for edit in fix.edits:
        by_file[edit.file].append(edit)
    for file, edits in by_file.items():
        yield ArtifactChange(uri(file), tuple(Replacement(_lines(edit), Text(edit.text)) for edit in edits))


def _lines(edit: Edit) -> Region:
    """Whole lines, the break behind the last one included: it ends where the next line begins."""
    return Region(edit.first, 1, edit.last + 1, 1)
