"""Compose files: the services of a project, each value with its file and line.

Our own reading of the Compose specification, so that it works where Compose is not installed.
"""

from .project import is_compose, looks_like_compose, read_compose

__all__ = ["is_compose", "looks_like_compose", "read_compose"]
