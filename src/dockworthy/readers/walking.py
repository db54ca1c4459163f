"""Walks a folder: what may be ours, what else may be text, what could not be looked into. Bounded in every way."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from .git_ignored import GitIgnored, rules_above
from .recognising import is_never_ours, is_telling

NEVER: Final = frozenset({".git", ".hg", ".svn"})
BY_HABIT: Final = frozenset({".venv", "node_modules", "__pycache__"})
"""Left out also where no ignore file says so: what is in there, others wrote."""

DEEPEST: Final = 100
"""Folders below the one that was named."""

MOST_ENTRIES: Final = 1_000_000


_CHART: Final = "Chart.yaml"
_TEMPLATES: Final = "templates"
"""Beside a chart's file, the folder of what Helm fills in: no manifests yet."""


class WalkedPath(Struct, frozen=True):
    """A path that the walk came by. `problem`: why it could not be looked into; `telling`: its name says it is ours."""

    name: str
    telling: bool = False
    problem: str = ""
    only_text: bool = False
    """Whatever it begins like, it is not judged."""


class Walk:
    """One walk over one folder. `ignored` counts what ignore files left out; a folder that is left out counts once.
    `charts`: folders of Helm charts, whose templates are only texts.
    """

    def __init__(self, *, ignoring: bool = True, tracked: Iterable[str] = ()) -> None:
        """`tracked`: files, by their real paths, that are taken in whatever the rules say."""
        self.ignored = 0
        self.charts: list[str] = []
        self._ignoring = ignoring
        self._tracked = frozenset(tracked)
        self._leading = frozenset(folder for path in self._tracked for folder in _folders_above(path))
        self._entries = 0

    def over(self, folder: str) -> Iterator[WalkedPath]:
        """Files in the order of their names, those of a folder before those of its folders.

        Links to folders are not followed, so that a loop of them ends.
        """
        rules = rules_above(os.path.realpath(folder)) if self._ignoring else GitIgnored()
        yield from self._folder(os.path.normpath(folder), os.path.realpath(folder), rules, 0)

    def _folder(
        self, name: str, path: str, above: GitIgnored, depth: int, templates: bool = False, left_out: bool = False
    ) -> Iterator[WalkedPath]:
        """`left_out`: but for what is tracked in it."""
        if depth > DEEPEST:
            yield WalkedPath(name, problem=f"more than {DEEPEST} folders deep: not looked into")
            return
        try:
            with os.scandir(path) as listed:
                entries = sorted(listed, key=lambda entry: entry.name)
        except OSError as error:
            yield WalkedPath(name, problem=f"can't be listed: {error.strerror}")
            return
        self._entries += len(entries)
        if self._entries > MOST_ENTRIES:
            yield WalkedPath(name, problem=f"more than {MOST_ENTRIES:,} files: from here on nothing was looked at")
            return
        rules = above.entering(path) if self._ignoring else above
        folders = []
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry)
            else:
                if not left_out or os.path.join(path, entry.name) in self._tracked:
                    yield from self._file(entry, name, path, rules, templates)
        is_chart = any(entry.name == _CHART for entry in entries)
        for entry in folders:
            wanted = not left_out and self._is_wanted(entry, path, rules)
            leading = os.path.join(path, entry.name) in self._leading
            if wanted or leading:
                inner, of_chart = _joined(name, entry.name), templates or (is_chart and entry.name == _TEMPLATES)
                if of_chart and not templates:
                    self.charts.append(name)
                yield from self._folder(inner, os.path.join(path, entry.name), rules, depth + 1, of_chart, not wanted)
            if self._entries > MOST_ENTRIES:
                return

    def _file(
        self, entry: os.DirEntry[str], name: str, path: str, rules: GitIgnored, templates: bool
    ) -> Iterator[WalkedPath]:
        telling = not templates and is_telling(entry.name)
        if (not telling and (is_never_ours(entry.name) or not _is_file(entry))) or _leads_to_folder(entry):
            return
        whole = os.path.join(path, entry.name)
        if self._ignoring and whole not in self._tracked and rules.leaves_out(whole, is_folder=False):
            self.ignored += 1
        else:
            yield WalkedPath(_joined(name, entry.name), telling, only_text=templates)

    def _is_wanted(self, entry: os.DirEntry[str], path: str, rules: GitIgnored) -> bool:
        if entry.name in NEVER:
            return False
        if self._ignoring and entry.name in BY_HABIT:
            return False
        if self._ignoring and rules.leaves_out(os.path.join(path, entry.name), is_folder=True):
            self.ignored += 1
            return False
        return True


def _folders_above(path: str) -> Iterator[str]:
    while (folder := os.path.dirname(path)) != path:
        yield folder
        path = folder


def _is_file(entry: os.DirEntry[str]) -> bool:
    """A link to a folder is none, and neither is one that leads nowhere."""
    try:
        return entry.is_file()
    except OSError:
        return False


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_symlink() and os.path.isdir(entry.path)


def _joined(folder: str, name: str) -> str:
    return name if folder == os.curdir else os.path.join(folder, name)
