"""Release lines of engine, containerd and runc: what their makers still mend."""

from __future__ import annotations

import datetime
import re
from typing import NamedTuple

WHAT = "releases of the engine, containerd and runc"
KNOWN_ON = datetime.date(2026, 11, 24)
SOURCES = (
    "https://github.com/moby/moby/releases",
    "https://github.com/containerd/containerd/blob/main/RELEASES.md",
    "https://github.com/opencontainers/runc/releases",
)

Numbers = tuple[int, ...]


class ReleaseLine(NamedTuple):
    """A release line. `ended` is the day after which nobody mends it (RFC 3339), `""` while somebody does."""

    version: Numbers
    ended: str


ENGINE_LINES = (
    ReleaseLine((29,), ""),
    ReleaseLine((28,), "2025-11-10"),
    ReleaseLine((27,), "2025-05-03"),
    ReleaseLine((26, 1), "2025-02-17"),
    ReleaseLine((26, 0), "2024-06-08"),
    ReleaseLine((24, 0), "2024-06-08"),
    ReleaseLine((23, 0), "2025-05-19"),
    ReleaseLine((20, 10), "2023-12-10"),
    ReleaseLine((19, 3), "2021-01-08"),
)
"""Docker's own builds: a line ends when the next major version is out. Source: moby's BRANCHES-AND-TAGS, tags."""

ENGINE_OLDEST = (19, 3)
"""Everything before it ended, too."""

ENGINE_BY_OTHERS: dict[Numbers, str] = {(25, 0): "mended for Amazon Linux only"}
"""Lines that Docker gave up and somebody else keeps for their own distribution."""

ENGINE_NEWEST = (29, 10, 0)
"""The newest patch that is known here (out on 2026-11-16)."""

CONTAINERD_LINES = (
    ReleaseLine((2, 3), "2028-04-27"),
    ReleaseLine((2, 2), "2026-11-06"),
    ReleaseLine((2, 1), "2026-05-05"),
    ReleaseLine((2, 0), "2025-11-07"),
    ReleaseLine((1, 7), "2026-09-30"),
    ReleaseLine((1, 6), "2025-08-23"),
)
"""Lines before the oldest one ended, too."""

RUNC_MENDED = ((1, 2, 8), (1, 3, 3), (1, 4, 0))
"""First version of each line without the escapes CVE-2025-31133, -52565 and -52881; older lines stay open."""


def numbers(version: str) -> Numbers:
    """`v26.1.5+dfsg1` -> (26, 1, 5); empty where it is no version."""
    match = re.match(r"v?(\d{1,5})\.(\d{1,5})(?:\.(\d{1,5}))?", version)
    return tuple(int(part) for part in match.groups() if part is not None) if match else ()


def line_of(version: Numbers, lines: tuple[ReleaseLine, ...]) -> ReleaseLine | None:
    """The line that a version belongs to."""
    return next((line for line in lines if version[: len(line.version)] == line.version), None)


def text(version: Numbers) -> str:
    return ".".join(str(part) for part in version)
