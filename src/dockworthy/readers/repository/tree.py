"""Lays out a commit's files in a folder: those that can be judged, or that these refer to. No filter or hook is run."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from msgspec import Struct

from ..files import MOST_BYTES, MOST_OTHER_BYTES
from ..project_file import NAME
from ..recognising import is_never_ours, is_telling
from .git import Git

_LINK, _REPOSITORY = "120000", "160000"


class TreeEntry(Struct, frozen=True):
    """A file of a commit. `mode` as Git writes it, `size` in bytes."""

    mode: str
    object: str
    size: int
    path: str


def lay_out(git: Git, commit: str, folder: str) -> None:
    """Writes the commit's files below `folder`. A file that was renamed since goes by its new name.

    What Git ignores was never committed: it is taken to be as it is now.
    """
    os.makedirs(folder, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.symlink(os.path.join(git.folder, ".git"), os.path.join(folder, ".git"))
    renamed = _renamed(git, commit)
    entries = [entry for entry in _entries(git, commit) if _is_wanted(entry)]
    blobs = [entry for entry in entries if entry.mode != _REPOSITORY]
    links = []
    for entry, content in zip(blobs, git.contents(entry.object for entry in blobs), strict=True):
        to = os.path.join(folder, renamed.get(entry.path, entry.path))
        if entry.mode == _LINK:
            links.append((to, os.fsdecode(content)))
        else:
            _write(to, content)
    for to, target in links:  # last, so that no file is written through one
        _link(target, to)
    for name in git.listed("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory"):
        _link(os.path.join(git.folder, name.rstrip("/")), os.path.join(folder, name.rstrip("/")))
    for entry in entries:
        if entry.mode == _REPOSITORY:
            _lay_out_inner(git, entry, folder)


def lay_out_policies(git: Git, commit: str, folder: str, policy: str | None) -> None:
    """Writes those of the commit's files that a policy may consist of, under the names that they have there. Nothing is
    written where the commit has no policy: `policy` is the name of one that was asked for."""
    os.makedirs(folder, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.symlink(os.path.join(git.folder, ".git"), os.path.join(folder, ".git"))
    entries = [entry for entry in _entries(git, commit) if entry.mode != _REPOSITORY]
    names = {NAME, os.path.basename(policy or NAME)}
    if not any(os.path.basename(entry.path) in names for entry in entries):
        return
    wanted = [e for e in entries if e.size <= MOST_OTHER_BYTES and not is_never_ours(os.path.basename(e.path))]
    links = []
    for entry, content in zip(wanted, git.contents(entry.object for entry in wanted), strict=True):
        to = os.path.join(folder, entry.path)
        if entry.mode == _LINK:
            links.append((to, os.fsdecode(content)))
        else:
            _write(to, content)
    for to, target in links:
        _link(target, to)


def _lay_out_inner(git: Git, entry: TreeEntry, folder: str) -> None:
    """A submodule at the commit that it stood at; what was not fetched of it counts as new."""
    inner = Git(os.path.join(git.folder, entry.path))
    here = os.path.lexists(os.path.join(inner.folder, ".git"))
    if here and inner.says("cat-file", "-e", f"{entry.object}^{{commit}}") is not None:
        lay_out(inner, entry.object, os.path.join(folder, entry.path))


def _entries(git: Git, commit: str) -> Iterator[TreeEntry]:
    for line in git.listed("ls-tree", "-r", "-z", "-l", "--full-tree", commit):
        about, _, path = line.partition("\t")
        mode, _, name, size = about.split()
        if not {"..", ".", ".git", ""}.intersection(path.split("/")):
            yield TreeEntry(mode, name, int(size) if size.isdigit() else 0, path)


def _is_wanted(entry: TreeEntry) -> bool:
    name = os.path.basename(entry.path)
    return entry.mode == _REPOSITORY or (
        entry.size <= (MOST_BYTES if is_telling(name) else MOST_OTHER_BYTES) and not is_never_ours(name)
    )


def _renamed(git: Git, commit: str) -> dict[str, str]:
    """Earlier path -> the path now."""
    asked = ("--cached", "--no-ext-diff", "--no-textconv", "--name-status", "-z", "-M", "--diff-filter=R")
    said = git.listed("diff-index", *asked, commit, "--")  # of the index: working files would be filtered
    return dict(zip(said[1::3], said[2::3], strict=True))


def _write(path: str, content: bytes) -> None:
    with contextlib.suppress(FileExistsError, NotADirectoryError, IsADirectoryError):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "xb") as file:
            file.write(content)


def _link(target: str, path: str) -> None:
    """Where its folder is not there, or something else is, nothing: what is missing counts as new."""
    with contextlib.suppress(OSError):
        os.symlink(target, path)
