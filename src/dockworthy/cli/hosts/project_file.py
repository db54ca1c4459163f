"""The line of a host in dockworthy.yaml: added or taken out, comments and the rest stay."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..output import deliver, say


class ProjectFileLines:
    """The file that is changed: the one that was named, the nearest above, or a new one here."""

    def __init__(self, policy: str | None) -> None:
        from ...readers.project_file import NAME, find_project_file

        self.path = Path(policy) if policy is not None else find_project_file(Path()) or Path(NAME)

    def add(self, name: str, address: str) -> None:
        """Raises OutputError, UsageError."""
        from ...policy.stating import with_host

        self._edit(
            lambda text: with_host(text, name, address), f"{name} is in it: `dockworthy hosts` shows how it stands"
        )

    def take_out(self, name: str) -> None:
        """Raises OutputError, UsageError."""
        from ...policy.stating import without_host

        self._edit(lambda text: without_host(text, name), f"{name} is not in it any more")

    def _edit(self, change: Callable[[str], str], says: str) -> None:
        from ...readers.project_file import parse_project_file, text_of_file

        before = text_of_file(self.path) if self.path.exists() else ""
        after = change(before)
        parse_project_file(after, str(self.path))  # what is written must be readable
        if after != before:
            deliver(after, str(self.path))
            say(f"{self.path}: {says}")
