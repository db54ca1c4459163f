"""Compose files: the services of a project, each value with its file and line.

Our own reading of the Compose specification, so that it works where Compose is not installed. Where it is, its own
rendering outranks ours.
"""

from .project import is_compose, looks_like_compose, read_compose
from .rendering import ComposeProgram, find_compose, passed_over
from .together import read_project

__all__ = [
    "ComposeProgram",
    "find_compose",
    "is_compose",
    "looks_like_compose",
    "passed_over",
    "read_compose",
    "read_project",
]
