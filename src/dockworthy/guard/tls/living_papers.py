"""Certificates that are replaced while the guard serves: who is connected stays, who comes next sees the new one."""

from __future__ import annotations

import ssl
from collections.abc import Callable

from ..living import Living
from .papers import Papers, context_of


class LivingPapers(Living[ssl.SSLContext]):
    """Raises UsageError for papers that can't be used from the start."""

    def __init__(self, papers: Papers, say: Callable[[str], None]) -> None:
        super().__init__("certificate", lambda: (context_of(papers), papers.files), say)


__all__ = ["LivingPapers"]
