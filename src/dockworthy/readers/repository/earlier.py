"""The files of a repository as they were where a branch began, laid out in a folder of their own to be judged there.

The earlier files lie below a new root under their own absolute paths: a relative path means the same there, and a name
becomes the old one again when the root is taken off.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from msgspec import Struct

from ...errors import UsageError
from ...input_files import Checkout
from ..files import STANDARD_INPUT
from .git import Git
from .tree import lay_out, lay_out_policies

_SHORTENED = re.compile("[0-9a-f]{4,39}", re.IGNORECASE)
"""So a commit's id may be written, too; a name of 40 is an id whatever is called so."""


class Tree(Struct, frozen=True):
    """A commit's files below `root`: `top` is the repository there, `folder` what the current folder is there."""

    root: str
    top: str
    folder: str

    def as_now(self, text: str) -> str:
        """A name or sentence from there as it would read here."""
        return text.replace(self.root, "")

    def there(self, path: str) -> str:
        """A path as it is to be asked for in `folder`: a relative one means the same."""
        return f"{self.root}{os.path.realpath(path)}" if os.path.isabs(path) else path


class EarlierTree(Struct, frozen=True):
    """`paths` as they are to be asked for in `files.folder`, and `says` names the commit in words.

    `checkout` is what the earlier files may read: one another, and what Git ignores. `policy_then` and `policy_there`
    hold the files a policy may consist of, under the names that they had: where the two branches parted, and at `ref`
    itself. `tracked`: files that Git tracks although a rule says to ignore them.
    """

    paths: tuple[str, ...]
    files: Tree
    says: str
    repository: str
    checkout: Checkout
    policy_then: Tree
    policy_there: Tree
    tracked: tuple[str, ...]

    def holds(self, path: str | os.PathLike[str]) -> bool:
        """Is that a name inside of the repository, wherever a link there may lead?"""
        return Checkout((self.repository,)).names(path)


@contextmanager
def files_since(
    ref: str, paths: Sequence[str], *, stdin_name: str = STANDARD_INPUT, policy: str | None = None
) -> Iterator[EarlierTree]:
    """The files at the commit where this branch and `ref` parted. The folder is removed at the end.

    Raises UsageError: no git, no repository, no such commit, no common history, or paths of several repositories.
    """
    named = [stdin_name if path == "-" else path for path in paths if path != "-" or stdin_name != STANDARD_INPUT]
    git = _repository_of(named)
    tip, base = _commits(git, ref)
    with tempfile.TemporaryDirectory(prefix="dockworthy-earlier-", ignore_cleanup_errors=True) as made:
        here = os.path.realpath(made)
        files = _tree(git, os.path.join(here, "files"))
        lay_out(git, base, files.top)
        then = there = _tree(git, os.path.join(here, "then"))
        lay_out_policies(git, base, then.top, policy)
        if tip != base:
            there = _tree(git, os.path.join(here, "there"))
            lay_out_policies(git, tip, there.top, policy)
        asked = [files.there(path) for path in named]
        yield EarlierTree(
            paths=tuple(path for path in asked if os.path.lexists(os.path.join(files.folder, path))),
            files=files,
            says=f"{ref} ({base[:12]})",
            repository=git.folder,
            checkout=Checkout((files.top, git.folder)),
            policy_then=then,
            policy_there=there,
            tracked=tuple(git.listed("ls-files", "-z", "--cached", "--ignored", "--exclude-standard")),
        )


def _tree(git: Git, root: str) -> Tree:
    folder = f"{root}{os.path.realpath(os.curdir)}"
    os.makedirs(f"{root}{git.folder}")
    os.makedirs(folder, exist_ok=True)
    return Tree(root, f"{root}{git.folder}", folder)


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


def _commits(git: Git, ref: str) -> tuple[str, str]:
    """The commit that `ref` names, and the one where HEAD and that parted."""
    known = None if ref.startswith("-") else git.says("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    if known is None:
        raise UsageError(
            f"--changed-since {ref}: there is no such commit in {git.folder}",
            hint="name a branch, tag or commit; in a pipeline it may have to be fetched first: git fetch origin main",
        )
    _refuse_two_meanings(git, ref)
    base = git.says("merge-base", "HEAD", known)
    if base is None:
        raise UsageError(
            f"--changed-since {ref}: it has no commit in common with what is checked out",
            hint="a shallow clone lacks the history: `git fetch --unshallow`, or a greater depth in the pipeline",
        )
    return known.split()[0], base.split()[0]


def _refuse_two_meanings(git: Git, ref: str) -> None:
    """A tag `origin/main` goes before the branch of that name, and a branch or tag `1675c85` before the commit that is
    shortened so: who may push one would choose the base."""
    name = re.split(r"[~^@:]", ref, maxsplit=1)[0]
    if not name or name.startswith("refs/") or name.isupper():  # HEAD, FETCH_HEAD: git's own come first
        return
    meant = [f"refs/{name}", f"refs/tags/{name}", f"refs/heads/{name}", f"refs/remotes/{name}"]
    asked = ("for-each-ref", "--format=%(refname) %(objectname)", *meant, f"refs/remotes/{name}/HEAD")
    found = dict(line.split(" ") for line in os.fsdecode(git.ask(*asked)).splitlines())
    found = {each: commit for each, commit in found.items() if each in meant or each.endswith("/HEAD")}
    if found and _SHORTENED.fullmatch(name):
        begins = os.fsdecode(git.ask("rev-parse", f"--disambiguate={name}")).split()
        found |= {each: each for each in begins if git.says("cat-file", "-t", each) == "commit"}
    if len(set(found.values())) > 1:
        raise UsageError(
            f"--changed-since {ref} has more than one meaning here: {', '.join(sorted(found))}",
            hint=f"write the whole name of the one that is meant: {sorted(found)[0]}",
        )
