"""A result with the names of its files as a repository knows them: relative to its root, wherever the command ran."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from msgspec import structs

from ..model.field import Source
from ..model.finding import Evidence, Finding
from ..model.fix import Fix
from ..model.result import Result

Rename = Callable[[str], str]


def seen_from(result: Result, *, root: str, here: str) -> Result:
    """`root` and `here` are absolute: the repository's root, and the folder that relative names begin in.

    A file outside of the root keeps its name; so does standard input.
    """
    names = {name: _name(name, root, here) for name in _files(result)}
    if all(name == new for name, new in names.items()):
        return result
    renamed: dict[str, str] = {}

    def rename(text: str) -> str:
        """A file's own name, or that of a subject in it (`compose.yaml#web`)."""
        if text not in renamed:
            file = _file_of(text, names)
            renamed[text] = names.get(file, file) + text[len(file) :]
        return renamed[text]

    return structs.replace(
        result,
        subjects=tuple(structs.replace(s, id=rename(s.id), file=names.get(s.file, s.file)) for s in result.subjects),
        findings=tuple(_finding(finding, rename) for finding in result.findings),
        known=tuple(_finding(finding, rename) for finding in result.known),
        unread=tuple((names.get(what, what), _why(what, why, names)) for what, why in result.unread),
        fixes=tuple(_fix(fix, rename) for fix in result.fixes),
        lines={names.get(file, file): lines for file, lines in result.lines.items()},
    )


def _files(result: Result) -> set[str]:
    return {
        *(subject.file for subject in result.subjects if subject.file),
        *(what for what, _ in result.unread),
        *result.lines,
        *(edit.file for fix in result.fixes for edit in fix.edits),
    }


def _name(name: str, root: str, here: str) -> str:
    if name.startswith("<"):  # standard input
        return name
    whole = posixpath.normpath(posixpath.join(here, name))
    if whole == root or not whole.startswith(root.rstrip("/") + "/"):
        return name
    return posixpath.relpath(whole, root)


def _file_of(text: str, names: dict[str, str]) -> str:
    """The file that the text names, or begins with; a file's name may hold a `#`, too."""
    file = text
    while file not in names and "#" in file:
        file = file.rpartition("#")[0]
    return file if file in names else text


def _why(what: str, why: str, names: dict[str, str]) -> str:
    """The words of an error begin with the file."""
    return names.get(what, what) + why[len(what) :] if why.startswith(what) else why


def _finding(finding: Finding, rename: Rename) -> Finding:
    evidence = tuple(Evidence(fact.says, _source(fact.source, rename)) for fact in finding.evidence)
    return structs.replace(finding, subject=rename(finding.subject), evidence=evidence)


def _fix(fix: Fix, rename: Rename) -> Fix:
    edits = tuple(structs.replace(edit, file=rename(edit.file)) for edit in fix.edits)
    return structs.replace(fix, subject=rename(fix.subject), edits=edits)


def _source(source: Source | None, rename: Rename) -> Source | None:
    if source is None:
        return None
    return structs.replace(source, where=rename(source.where), via=_source(source.via, rename))
