"""What Git's ignore files leave out of a folder: `.gitignore` at every level and `.git/info/exclude`.

Read by ourselves, so that it works where git is not installed. A person's own global excludes are not asked: the
answer would depend on whose machine it is. A file that is tracked although a rule speaks of it counts as left out.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from ..input_files import read_start, reading_only
from ..model.pattern import lazy_pattern

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


def patterns_of(lines: Sequence[str]) -> GitIgnoreSpec:
    """The patterns, in their order. Of a file with a line that is none (`[z-a]`, `a\\`), all the others."""
    from pathspec import GitIgnoreSpec  # 35 ms to import, for what most single files never need

    from .ignore_pattern import BoundedPattern

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # `[[`: re may read it in another way some day
        try:
            return GitIgnoreSpec.from_lines(lines, BoundedPattern)
        except (ValueError, re.error):
            return GitIgnoreSpec.from_lines([line for line in lines if _is_pattern(line)], BoundedPattern)


def _is_pattern(line: str) -> bool:
    from .ignore_pattern import BoundedPattern

    try:
        BoundedPattern(line)
    except (ValueError, re.error):  # the library makes a regular expression of it, and lets that one's error through
        return False
    return True


_MOST_BYTES = 1024 * 1024
_ANY_FOLDER = "(?P<ps_d>/)"
"""What the library makes of `*/`."""
_ANY_BELOW = lazy_pattern(r"(?<=[^!])/\*\*/\Z")
"""At the end it means every folder below, which the library reads as the folder itself."""


class GitIgnored:
    """The rules that hold in one folder, those of the deepest file first: the first that speaks of a path decides."""

    def __init__(self, rules: tuple[tuple[str, GitIgnoreSpec], ...] = ()) -> None:
        self._rules = rules

    def entering(self, folder: str) -> GitIgnored:
        """The rules inside `folder` (a real path). A repository inside another one has rules of its own alone."""
        above = _excludes(folder) if os.path.lexists(os.path.join(folder, ".git")) else self._rules
        own = _rules_of(os.path.join(folder, ".gitignore"), folder)
        return self if not own and above is self._rules else GitIgnored((*own, *above))

    def leaves_out(self, path: str, *, is_folder: bool) -> bool:
        """Is that real path left out? Folders above it are taken to have been asked before."""
        for base, spec in self._rules:
            inside = path[len(base) :].lstrip("/")
            decided = _decided(spec, f"{inside}/" if is_folder else inside)
            if decided is not None:
                return decided
        return False


def rules_above(folder: str) -> GitIgnored:
    """The rules that the folders above a real path give it, from its repository's root downward.

    None outside of a repository, and none where they leave out `folder` itself: who names it wants it judged.
    """
    chain = list(_up_to_root(folder))
    rules = GitIgnored()
    for here, below in pairwise(chain):
        rules = rules.entering(here)
        if rules.leaves_out(below, is_folder=True):
            return GitIgnored()
    return rules


def is_ignored(path: str) -> bool:
    """Is a single file left out of the repository that it lies in? True where it lies in none: nothing takes it in."""
    folder = os.path.dirname(os.path.realpath(path))
    chain = list(_up_to_root(folder))
    if not chain:
        return True
    rules = GitIgnored()
    for here, below in zip(chain, [*chain[1:], ""], strict=True):
        rules = rules.entering(here)
        at = below or os.path.join(folder, os.path.basename(path))
        if rules.leaves_out(at, is_folder=bool(below)):
            return True
    return False


def _decided(spec: GitIgnoreSpec, path: str) -> bool | None:
    """What the last pattern says that means this very path; a folder's ends in `/`.

    The library also takes a path for matched where the pattern means a folder above it. Git asks level by level: a
    folder that is taken in again does not take in what another pattern leaves out in it.
    """
    for pattern in reversed(spec.patterns):
        regex = pattern.regex
        found = regex.search(path) if regex is not None else None
        if found is not None and _means(found, path):
            return bool(pattern.include)
    return None


def _means(found: re.Match[str], path: str) -> bool:
    folder = found.groupdict().get("ps_d")
    if folder is None:  # `a/**` means all that is in the folder, but not the folder
        return not (path.endswith("/") and found.end() == len(path))
    return found.end("ps_d") == len(path) or (found.re.pattern == _ANY_FOLDER and path.endswith("/"))


def _up_to_root(folder: str) -> Iterator[str]:
    """From the repository's root down to `folder`; nothing where there is none."""
    chain = [folder]
    while not os.path.lexists(os.path.join(chain[-1], ".git")):
        above = os.path.dirname(chain[-1])
        if above == chain[-1]:
            return iter(())
        chain.append(above)
    return reversed(chain)


def _excludes(root: str) -> tuple[tuple[str, GitIgnoreSpec], ...]:
    """`.git/info/exclude`; a worktree and a submodule have a file `.git` that names the folder. No commit holds any of
    these: they are read wherever they lie."""
    with reading_only(None):
        return _rules_of(_exclude_file(root), root)


def _exclude_file(root: str) -> str:
    git = os.path.join(root, ".git")
    named = _text(git) if os.path.isfile(git) else ""
    if named.startswith("gitdir:"):
        git = os.path.join(root, named.removeprefix("gitdir:").strip())
        git = os.path.join(git, _text(os.path.join(git, "commondir")).strip())
    return os.path.join(git, "info", "exclude")


def _rules_of(file: str, base: str) -> tuple[tuple[str, GitIgnoreSpec], ...]:
    lines = [_ANY_BELOW.sub("/**/*/", line.rstrip("\r")) for line in _text(file).split("\n")]
    if not any(line.strip() and not line.startswith("#") for line in lines):
        return ()
    return ((base, patterns_of(lines)),)


def _text(file: str) -> str:
    """The file's text, "" where there is none, or it may not be read: rules that can't be read leave nothing out."""
    return read_start(file, _MOST_BYTES)
