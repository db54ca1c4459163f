"""Versions of Docker Engine that the guard was tried against, with every attack and every good call of its drill.

Another version may have a route, a key or a default that the judges do not know: there the drill comes first.
"""

from __future__ import annotations

import datetime
import re

WHAT = "engines that the guard was tried against"
KNOWN_ON = datetime.date(2026, 11, 26)
SOURCES = ("dockworthy drill guard, against the engine itself",)

TRIED = ("26.1",)
"""Major and minor: patches change no request's meaning."""


def line_of(version: str) -> str:
    """`26.1` of `26.1.5+dfsg1`; `""` of what is no version."""
    match = re.match(r"\d{1,4}\.\d{1,4}", version)
    return match[0] if match else ""
