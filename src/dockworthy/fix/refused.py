"""What a text can't be made to say without changing more of it than was asked."""

from __future__ import annotations

from ..errors import UsageError


class FixRefused(UsageError):
    """A change that was not made: the file, the line where a person would make it (from 1), and why."""

    def __init__(self, says: str, *, file: str, line: int | None = None, hint: str = "") -> None:
        super().__init__(f"{file if line is None else f'{file}:{line}'}: {says}", hint=hint)
        self.file = file
        self.line = line
        self.problem = says
