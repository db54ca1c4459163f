"""A Git repository's files as they were at an earlier commit, through the program git."""

from .earlier import Earlier, Tree, files_since

__all__ = ["Earlier", "Tree", "files_since"]
