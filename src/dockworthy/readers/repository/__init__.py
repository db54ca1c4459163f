"""A Git repository's files as they were at an earlier commit, through the program git."""

from .earlier import EarlierTree, Tree, files_since

__all__ = ["EarlierTree", "Tree", "files_since"]
