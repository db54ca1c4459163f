"""What the builder refuses in a single instruction, said with file and line."""

from __future__ import annotations

import re

from ...errors import UnreadableInput
from ...model.build import Instruction

KEYWORDS = frozenset(
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME"
    " WORKDIR".split()
)
_NEEDS_WORDS = frozenset("FROM USER WORKDIR STOPSIGNAL EXPOSE VOLUME".split())
_HEALTH = re.compile(r"(?:NONE\s*\Z|CMD\s+\S)", re.IGNORECASE)


def unknown_keyword(keyword: str, trigger: bool, file: str, line: int) -> UnreadableInput:
    """The error, with the nearest instruction that there is."""
    import difflib  # only for the error

    if keyword in KEYWORDS:
        return UnreadableInput(f"{keyword} can't stand behind ONBUILD", file=file, line=line)
    near = difflib.get_close_matches(keyword, KEYWORDS, 1)
    behind = " behind ONBUILD" if trigger else ""
    meant = f" (did you mean {near[0]}?)" if near else ""
    hint = "a Dockerfile's instructions are " + ", ".join(sorted(KEYWORDS))
    says = f"unknown instruction{behind}: {keyword[:40]!r}{meant}"
    return UnreadableInput(says, file=file, line=line, hint="" if near else hint)


def refuse(instruction: Instruction, file: str) -> None:
    """Raises UnreadableInput for an instruction that lacks what it must have."""
    says = _fault(instruction)
    if says:
        raise UnreadableInput(f"{instruction.keyword}: {says}", file=file, line=instruction.first)


def _fault(instruction: Instruction) -> str:
    keyword = instruction.keyword
    if keyword in ("ADD", "COPY"):
        words = len(instruction.words) + len(instruction.heredocs)
        return "" if words >= 2 else "needs a source and a destination"
    if keyword in _NEEDS_WORDS and not instruction.words:
        return "needs an argument"
    if keyword == "HEALTHCHECK" and not _HEALTH.match(instruction.text):
        return "says CMD and a command, or NONE"
    if keyword == "SHELL" and not instruction.exec_form:
        return "needs a JSON list"
    if not instruction.text:
        return "needs an argument"
    return ""
