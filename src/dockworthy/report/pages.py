"""The generated part of the docs: a page a control, their index, every id there ever was, and the benchmarks' table.

`stale_pages` is what CI asks: does the reference still say what the controls say? `write_pages` makes it so.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..errors import OutputError
from ..model.control import Control
from ..model.control_ids import RETIRED
from .benchmark_table import benchmark_table
from .control_page import control_index, control_page
from .markdown import GENERATED

PUBLISHED = "ids.txt"
"""Every id that a control ever had, one a line: a test fails where one is neither in use, nor an alias, nor retired."""

_FOLDERS = ("controls", "benchmarks")


def write_pages(docs: Path, controls: Iterable[Control]) -> list[Path]:
    """Writes every page that differs, deletes generated pages that have no control any more.

    Returns what was written or deleted, sorted. Pages that people wrote are left alone. Raises OutputError.
    """
    wanted = _pages(docs, controls)
    try:
        stale = sorted(_differing(wanted) | _left_over(docs, wanted))
        for path in stale:
            if path in wanted:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(wanted[path], encoding="utf-8", newline="\n")
            else:
                path.unlink()
    except OSError as error:
        raise OutputError(f"{error.filename}: {error.strerror}") from error
    return stale


def stale_pages(docs: Path, controls: Iterable[Control]) -> list[str]:
    """What differs, a sentence a page; empty where the reference is up to date."""
    wanted = _pages(docs, controls)
    missing = {path for path in wanted if not path.exists()}
    says = dict.fromkeys(_differing(wanted) - missing, "differs from the controls")
    says |= dict.fromkeys(missing, "is missing")
    says |= dict.fromkeys(_left_over(docs, wanted), "has no control any more")
    return [f"{path.relative_to(docs)} {what}" for path, what in sorted(says.items())]


def _pages(docs: Path, controls: Iterable[Control]) -> dict[Path, str]:
    controls = tuple(controls)
    pages = {docs / "controls" / f"{control.id}.md": control_page(control) for control in controls}
    pages[docs / "controls" / "README.md"] = control_index(controls)
    pages[docs / "controls" / PUBLISHED] = _published(docs / "controls" / PUBLISHED, controls)
    pages[docs / "benchmarks" / "README.md"] = benchmark_table(controls)
    return pages


def _published(file: Path, controls: Iterable[Control]) -> str:
    """The file's ids with those that are new: what was once there stays."""
    before = file.read_text(encoding="utf-8").split() if file.exists() else []
    ids = {id for control in controls for id in (control.id, *control.aliases)}
    return "".join(f"{id}\n" for id in sorted({*before, *ids, *RETIRED}))


def _differing(wanted: dict[Path, str]) -> set[Path]:
    return {path for path, text in wanted.items() if not path.exists() or path.read_bytes() != text.encode()}


def _left_over(docs: Path, wanted: dict[Path, str]) -> set[Path]:
    """Pages that carry the mark of the generated, but are not made any more."""
    found = (path for folder in _FOLDERS for path in (docs / folder).rglob("*.md"))
    return {path for path in found if path not in wanted and GENERATED.encode() in path.read_bytes()}
