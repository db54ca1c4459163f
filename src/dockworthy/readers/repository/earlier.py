"""The files of a repository as they were where a branch began, laid out in a folder of their own to be judged there.

The earlier files lie below a new root under their own absolute paths: a relative path means the same there, and a name
becomes the old one again when the root is taken off.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from msgspec import Struct

from ...errors import UsageError
from ...input_files import Checkout
from ..files import STANDARD_INPUT
from .git import Git
from .tree import lay_out


class Earlier(Struct, frozen=True):
    """`paths` as they are to be asked for in `folder`; `root` is what stands before every absolute path there.

    `says` names the commit in words, `checkout` is what the earlier files may read: one another, and what Git ignores.
    """

    paths: tuple[str, ...]
    folder: str
    root: str
    says: str
    checkout: Checkout

    def as_now(self, text: str) -> str:
        """A name or sentence from there as it would read here."""
        return text.replace(self.root, "")


@contextmanager
def files_since(ref: str, paths: Sequence[str], *, stdin_name: str = STANDARD_INPUT) -> Iterator[Earlier]:
    """The files at the commit where this branch and `ref` parted. The folder is removed at the end.

    Raises UsageError: no git, no repository, no such commit, no common history, or paths of several repositories.
    """
    named = [stdin_name if path == "-" else path for path in paths if path != "-" or stdin_name != STANDARD_INPUT]
    git = _repository_of(named)
    base = _base(git, ref)
    with tempfile.TemporaryDirectory(prefix="dockworthy-earlier-", ignore_cleanup_errors=True) as made:
        root = os.path.realpath(made)
        there = f"{root}{git.folder}"
        lay_out(git, base, there)
        folder = f"{root}{os.path.realpath(os.curdir)}"
        os.makedirs(folder, exist_ok=True)
        asked = [f"{root}{os.path.realpath(path)}" if os.path.isabs(path) else path for path in named]
        present = tuple(path for path in asked if os.path.lexists(os.path.join(folder, path)))
        yield Earlier(present, folder, root, f"{ref} ({base[:12]})", Checkout((there, git.folder)))


def _repository_of(paths: Sequence[str]) -> Git:
    """The one that all of them lie in. Its folder is a real path."""
    roots = {folder: _root(folder) for folder in {_folder_of(path) for path in paths} or {os.path.realpath(os.curdir)}}
    if len(set(roots.values())) > 1:
        raise UsageError(
            f"the paths lie in several repositories: {', '.join(sorted(set(roots.values())))}",
            hint="check each of them on its own",
        )
    return Git(next(iter(roots.values())))


def _folder_of(path: str) -> str:
    real = os.path.realpath(path)
    return real if os.path.isdir(real) else os.path.dirname(real)


def _root(folder: str) -> str:
    return os.path.realpath(os.fsdecode(Git(folder).ask("rev-parse", "--show-toplevel").rstrip(b"\n")))


def _base(git: Git, ref: str) -> str:
    """The commit where HEAD and `ref` parted."""
    known = None if ref.startswith("-") else git.says("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    if known is None:
        raise UsageError(
            f"--changed-since {ref}: there is no such commit in {git.folder}",
            hint="name a branch, tag or commit; in a pipeline it may have to be fetched first: git fetch origin main",
        )
    base = git.says("merge-base", "HEAD", known)
    if base is None:
        raise UsageError(
            f"--changed-since {ref}: it has no commit in common with what is checked out",
            hint="a shallow clone lacks the history: `git fetch --unshallow`, or a greater depth in the pipeline",
        )
    return base.split()[0]
