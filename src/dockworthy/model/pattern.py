"""A regular expression that is compiled when it is first used.

A call knows a hundred of them and meets what a third is for: compiling the others would take a tenth of its time.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


def lazy_pattern(expression: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As `re.compile`, but later. Raises re.error at the first use where the expression is none."""
    return cast("re.Pattern[AnyStr]", _LazyPattern(expression, flags))


class _LazyPattern:
    def __init__(self, expression: Any, flags: int) -> None:
        self._expression = expression
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        """Asked once for each name: what is found becomes the object's own, as quick as the compiled one's."""
        found = getattr(re.compile(self._expression, self._flags), name)
        setattr(self, name, found)
        return found
