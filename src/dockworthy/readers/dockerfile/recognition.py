"""Is a text a Dockerfile? By its content first; a name says so where the content is broken."""

from __future__ import annotations

import os
import re

from ...model.pattern import lazy_pattern

_FIRST = lazy_pattern(
    r"(?:FROM[ \t]+(?:--platform=\S+[ \t]+)?[\w./$\"'-][\w./:@${}+\"'-]*(?:[ \t]+AS[ \t]+\S+)?"
    r"|ARG[ \t]+[A-Za-z_]\w*(?:=.*)?)"
    r"[ \t]*(?:\\|`)?[ \t]*\Z",
    re.IGNORECASE,
)
_BACKUPS = (".dockerignore", ".md", ".txt", ".j2", ".tmpl", ".template", ".erb", ".in", ".jinja", ".jinja2", ".py")
"""`Dockerfile.md` is about a Dockerfile, and `Dockerfile.j2` makes one."""
_LOOKED_AT = 65_536
"""Characters: a Dockerfile's first instruction stands within."""


def may_be_dockerfile(name: str) -> bool:
    """Does a file's name (no folder) say that it is one? Dockerfile, Dockerfile.web, web.Dockerfile, Containerfile."""
    low = name.lower()
    if low.endswith(_BACKUPS):
        return False
    for word in ("dockerfile", "containerfile"):
        if low == word or low.startswith((f"{word}.", f"{word}-")) or low.endswith(f".{word}"):
            return True
    return False


def is_dockerfile(text: str, name: str) -> bool:
    """Is the first instruction FROM, or an ARG, written as a Dockerfile writes it; or does the name say so?"""
    return may_be_dockerfile(os.path.basename(name)) or _begins_like_one(text)


def _begins_like_one(text: str) -> bool:
    """YAML and JSON have a colon or a bracket where FROM has its image."""
    for line in text[:_LOOKED_AT].lstrip("\ufeff").splitlines():
        line = line.strip()
        if line and not line.startswith("#"):
            return _FIRST.match(line) is not None
    return False
