"""Which commit is shipped: of the work tree that holds the project's files."""

from __future__ import annotations

from pathlib import Path

from ..errors import UsageError
from ..readers.repository.git import Git


def commit_of(folder: Path) -> str:
    """The commit's id, with `, changed` where files differ from it; "" outside of a work tree, or without git."""
    git = Git(str(folder))
    try:
        head = git.says("rev-parse", "--verify", "--quiet", "HEAD")
        return "" if head is None else head + (", changed" if git.says("status", "--porcelain", "--", ".") else "")
    except UsageError:  # a record without a commit is better than none
        return ""
