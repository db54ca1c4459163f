"""Lines of an ignore file as patterns. One that is none leaves out nothing: Git reads past it, and so do we."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


def patterns_of(lines: Sequence[str]) -> GitIgnoreSpec:
    """The patterns, in their order. Of a file with a line that is none (`[z-a]`, `a\\`), all the others."""
    from pathspec import GitIgnoreSpec  # 35 ms to import, for what most single files never need

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # `[[`: re may read it in another way some day
        try:
            return GitIgnoreSpec.from_lines(lines)
        except (ValueError, re.error):
            return GitIgnoreSpec.from_lines([line for line in lines if _is_pattern(line)])


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except (ValueError, re.error):  # the library makes a regular expression of it, and lets that one's error through
        return False
    return True
