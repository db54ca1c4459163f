"""Compose files: the services of a project, each value with its file and line.

Our own reading of the Compose specification, so that it works where Compose is not installed. Where it is, its own
rendering outranks ours.

`together` and `project` read what is recognised here; they are not imported, for many files are something else.
"""

from .recognising import is_compose, looks_like_compose, may_be_laid_over
from .rendering import ComposeProgram, find_compose, passed_over

__all__ = ["ComposeProgram", "find_compose", "is_compose", "looks_like_compose", "may_be_laid_over", "passed_over"]
