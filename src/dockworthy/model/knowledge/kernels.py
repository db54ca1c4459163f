"""Kernel lines that somebody still mends without a contract: upstream, or a distribution on its own."""

from __future__ import annotations

import datetime
import re

WHAT = "kernel lines"
KNOWN_ON = datetime.date(2026, 11, 24)
SOURCES = (
    "https://www.kernel.org/category/releases.html",
    "https://endoflife.date/rhel",
)

OLDEST_MENDED = (4, 18)
"""Of Enterprise Linux 8, until 2029. Older lines ended upstream and with the last distribution that carried them."""


def is_mended_by_nobody(release: str) -> bool:
    """Is a kernel (`3.10.0-1160.el7`) of a line that ended everywhere? False for what is no version."""
    match = re.match(r"(\d{1,4})\.(\d{1,4})", release)
    return match is not None and (int(match[1]), int(match[2])) < OLDEST_MENDED
