"""dockworthy.yaml as it counts: with the policies of other files that it extends."""

from __future__ import annotations

from pathlib import Path

from ..model.policy import ProjectFile
from .joined_policy import with_extended
from .project_file import parse_document, text_of_file


def read_project_file(path: Path) -> ProjectFile:
    """The whole of it. Raises UnreadableInput with the line for anything that is not understood."""
    project, document = parse_document(text_of_file(path), str(path))
    return with_extended(project, document, path)
