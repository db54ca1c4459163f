"""A step that did not succeed; what it had begun is taken back already."""

from __future__ import annotations

from ...errors import DockworthyError


class StepFailed(DockworthyError):
    """`service`: which one; `log`: the last lines that it wrote; `began`: did anything of it run?"""

    def __init__(
        self, service: str, why: str, *, log: tuple[str, ...] = (), hint: str = "", began: bool = True
    ) -> None:
        super().__init__(why, hint=hint, excerpt=tuple(f"  {line}" for line in log))
        self.service = service
        self.log = log
        self.began = began
