"""The lines that findings point to, fit to be shown: each ends where a secret begins, and in doubt there is none."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from textwrap import dedent

from msgspec import Struct, structs

from ...model.field import Source
from ...model.finding import Finding, Outcome
from ...model.fix import Edit, Fix
from .in_yaml import Places, places_in_yaml
from .telling import Telling

CITED = frozenset({Outcome.FAIL, Outcome.UNKNOWN, Outcome.EXCEPTED, Outcome.PENDING})

HIDDEN = "***"
"""Stands for a secret, and for all that follows it in its line."""

LONGEST_LINE = 2000
"""Characters. A longer line was written by a program, and is read by none but programs."""

LARGEST_TEXT = 16 * 1024 * 1024
"""Characters. In a larger text only a program looks up lines."""

_OTHER_BREAKS = re.compile("\r(?!\n)|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
"""Line breaks to some programs and none to others: nobody can say which line is line 7."""

_STRUCTURED = (".yaml", ".yml", ".json")


def quoted_lines(
    findings: Iterable[Finding], text_of: Callable[[str], str | None], secrets: Iterable[str]
) -> dict[str, dict[int, str]]:
    """File -> line (from 1) -> text. `text_of` gives what a file held when it was read, None where that is gone.

    `secrets` are values that were hidden from the findings: they are hidden here, too.
    """
    telling = Telling(secrets)
    quoted: dict[str, dict[int, str]] = {}
    for file, cited in _cited(findings).items():
        text = text_of(file)
        if text is not None and len(text) <= LARGEST_TEXT and not _OTHER_BREAKS.search(text):
            quoted[file] = dict(_quotes(file, text, cited, telling))
    return {file: lines for file, lines in quoted.items() if lines}


def without_secrets(fixes: Iterable[Fix], secrets: Iterable[str]) -> Iterator[Fix]:
    """Fixes as they may be reported: without the edits of one that would write a secret anew (`fix` knows them)."""
    telling = Telling(secrets)
    for fix in fixes:
        tells = any(_tells(edit, telling) for edit in fix.edits)
        yield structs.replace(fix, edits=()) if tells else fix


def _tells(edit: Edit, telling: Telling) -> bool:
    lines = edit.text.splitlines()
    if any(telling.tells(line) for line in lines):
        return True
    places = places_in_yaml(dedent(edit.text), range(len(lines)), telling)
    if places is None:
        return edit.text.strip() != "" and edit.file.endswith(_STRUCTURED)
    return bool(places.begins)


class _Cited(Struct, frozen=True):
    """`about_secret`: a finding there speaks of one. `ends`: the column (from 0) at which it found it."""

    about_secret: bool = False
    ends: int | None = None


def _cited(findings: Iterable[Finding]) -> dict[str, dict[int, _Cited]]:
    """File -> line -> what the findings there say of secrets."""
    cited: defaultdict[str, dict[int, _Cited]] = defaultdict(dict)
    for finding in findings:
        source = finding.evidence[0].source if finding.evidence else None
        if finding.outcome in CITED and source is not None and source.line:
            lines = cited[source.where]
            lines[source.line] = _with(lines.get(source.line, _Cited()), finding, source)
    return cited


def _with(known: _Cited, finding: Finding, source: Source) -> _Cited:
    """A file that is looked through as a text has its secret right where the finding points to."""
    about_secret = _speaks_of_secrets(finding)
    if not about_secret or finding.kind != "file" or not source.column:
        return _Cited(known.about_secret or about_secret, known.ends)
    return _Cited(True, min(source.column - 1, known.ends if known.ends is not None else source.column))


def _speaks_of_secrets(finding: Finding) -> bool:
    return "secret" in finding.control or finding.demand == "7.credentials"


def _quotes(file: str, text: str, cited: dict[int, _Cited], telling: Telling) -> Iterator[tuple[int, str]]:
    all_lines = text.split("\n")
    numbers = sorted(line for line in cited if line <= len(all_lines))
    places = places_in_yaml(text, [line - 1 for line in numbers], telling)
    if places is None and file.endswith(_STRUCTURED):
        return
    for number in numbers:
        line = all_lines[number - 1].rstrip("\r")
        quote = _quote(line, number - 1, places, telling, cited[number])
        if quote:
            yield number, quote


def _quote(line: str, number: int, places: Places | None, telling: Telling, cited: _Cited) -> str:
    """`""` where nothing can be shown. What is said to be a secret and was not found is not shown, either."""
    if len(line) > LONGEST_LINE:
        return ""
    begins = [cited.ends, *([] if places is None else [places.begins.get(number)])]
    kept = line if places is None else _without_comment(line, places.ends.get(number, 0))
    found = [place for place in (*begins, telling.begins(kept)) if place is not None]
    if not found:
        return "" if cited.about_secret else kept.rstrip()
    shown = line[: min(found)]
    return shown + HIDDEN if shown.strip(" \t-[{\"'") else ""


def _without_comment(line: str, end: int) -> str:
    """A comment may say anything. `end`: where the last value of the line ends."""
    comment = re.compile(r"(?:^|\s)#").search(line, end)
    return line if comment is None else line[: comment.start()]
