"""Secret values never leave the host: they are replaced by `***` before anything is kept."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

HIDDEN = "***"

_SECRET = r"(?:passw|passphrase|secret|token|credential|api[-_.]?key|access[-_.]?key|private[-_.]?key)"
_SECRET_NAME = re.compile(_SECRET, re.IGNORECASE)
_USER_INFO = re.compile(r"(\b[a-z][a-z0-9+.-]{0,20}://)(?:([^\s:/?#@'\"]*):)?[^\s/?#'\"]*@", re.IGNORECASE)
_NAME = rf"[\w.-]*{_SECRET}[\w.-]*"
_QUOTED = re.compile(rf"""(["'])({_NAME}=)[^\n]*?\1""", re.IGNORECASE)
_BARE = re.compile(rf"""((?:^|[\s=])-{{0,2}}{_NAME}=)(?:"[^"\n]*"|'[^'\n]*'|[^\s"']+)""", re.IGNORECASE | re.MULTILINE)


def mask_urls(text: str) -> str:
    """`http://user:password@proxy` -> `http://user:***@proxy`; a lone token before `@` goes, too."""
    if "://" not in text:
        return text
    return _USER_INFO.sub(lambda m: f"{m[1]}{m[2]}:{HIDDEN}@" if m[2] is not None else f"{m[1]}{HIDDEN}@", text)


def mask_text(text: str) -> str:
    """A unit file or the like: passwords in URLs, and values of `NAME=value` whose name speaks of a secret."""
    text = _QUOTED.sub(rf"\1\2{HIDDEN}\1", mask_urls(text))
    return _BARE.sub(rf"\1{HIDDEN}", text)


def mask_arguments(arguments: Iterable[str]) -> tuple[str, ...]:
    """A command line: as text, and the argument after `--some-token`."""
    masked: list[str] = []
    hide_next = False
    for argument in arguments:
        masked.append(HIDDEN if hide_next else mask_text(argument))
        hide_next = argument.startswith("-") and "=" not in argument and bool(_SECRET_NAME.search(argument))
    return tuple(masked)


def mask_value(value: Any, name: str = "") -> Any:
    """A JSON value: what stands under a secret's name is replaced, passwords in URLs too."""
    if isinstance(value, dict):
        return {key: mask_value(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [mask_value(inner, name) for inner in value]
    if isinstance(value, str) and value:
        return HIDDEN if _SECRET_NAME.search(name) else mask_text(value)
    return value
