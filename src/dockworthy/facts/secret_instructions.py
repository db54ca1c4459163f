"""Secrets in an image's history: the instructions of its Dockerfile, as the engine and BuildKit write them down."""

from __future__ import annotations

import re

from ..model.pattern import lazy_pattern
from .secret_names import is_secret
from .secret_values import Hide

_INSTRUCTION = lazy_pattern(r"(?:ENV|LABEL|ARG) |(?:RUN )?\|[0-9]+ |/bin/sh -c #\(nop\) +(?:ENV|LABEL|ARG) ")
_PAIR = lazy_pattern(
    r"(?<![\w.-])([A-Za-z_][\w.-]*)=(.+?)(?=\s+[A-Za-z_][\w.-]*=|\s+/[\w/]*sh(?:\s|\Z)|\s+# buildkit|\Z)", re.DOTALL
)
"""Written without quotes, blanks included: a value ends where the next name, or the shell of a RUN, begins."""


def hide_in_instruction(text: str, hide: Hide) -> str:
    """Hides the values of secret names in ENV, LABEL, ARG and a RUN's build arguments."""
    if _INSTRUCTION.match(text):
        text = _PAIR.sub(lambda match: _hidden(match, hide), text)
    return text


def _hidden(match: re.Match[str], hide: Hide) -> str:
    return f"{match[1]}={hide(match[2])}" if is_secret(match[1], match[2]) else match[0]
