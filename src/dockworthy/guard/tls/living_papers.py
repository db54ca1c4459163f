"""Certificates that are replaced while the guard serves: who is connected stays, who comes next sees the new one."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

from ...errors import UsageError
from ..living import Living
from .papers import Papers, context_of


class LivingPapers(Living[ssl.SSLContext | None]):
    """None as long as none can be used: only where there must be a guard all the same (`must` is False), else they
    raise UsageError from the start."""

    def __init__(self, papers: Papers, say: Callable[[str], None], *, must: bool = True) -> None:
        first = not must

        def load() -> tuple[ssl.SSLContext | None, tuple[Path, ...]]:
            nonlocal first
            is_first, first = first, False
            try:
                return context_of(papers), papers.files
            except UsageError as error:
                if not is_first:
                    raise
                say(f"nobody is served by TLS until this is mended: {error.says}")
                return None, papers.files

        super().__init__("certificate", load, say)


__all__ = ["LivingPapers"]
