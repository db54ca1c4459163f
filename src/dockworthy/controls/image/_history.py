"""The instructions that made an image's layers, in the words of whichever builder wrote them down."""

from __future__ import annotations

import re
from collections.abc import Callable

from ...model.engine import Image
from ...model.field import Set, Source, Unknown
from ...model.finding import Evidence, Judgement, Outcome, not_applicable, passed, unknown

_NOP = re.compile(r"/bin/sh -c #\(nop\)\s+([A-Z]+)\s*(.*)", re.DOTALL)
"""The classic builder writes all but RUN like this."""
_SHELL = re.compile(r"(?:\|\d+ .*?)?/bin/(?:ba)?sh (?:-\w+ )*?-\w*c ", re.DOTALL)
"""Before a step's own words, build arguments first: `|1 VERSION=2 /bin/sh -c make`."""
_BUILDKIT = re.compile(
    r"(RUN|COPY|ADD|ENV|ARG|LABEL|CMD|ENTRYPOINT|USER|EXPOSE|VOLUME|WORKDIR|HEALTHCHECK)\s+(.*)", re.DOTALL
)


def instruction(created_by: str) -> tuple[str, str]:
    """`("ADD", "https://… /x")`; the word is empty where no builder of Dockerfiles wrote the line."""
    text = created_by.strip().removesuffix("# buildkit").rstrip()
    if found := _NOP.match(text):
        return found[1], found[2]
    if found := _BUILDKIT.match(text):
        return found[1], _SHELL.sub("", found[2]) if found[1] == "RUN" else found[2]
    shell = _SHELL.match(text)
    return ("RUN", text[shell.end() :]) if shell else ("", text)


def instructions(image: Image) -> list[tuple[str, str]]:
    """Oldest first; empty where the history is not known (ask `image.history` first)."""
    return [instruction(line) for line in image.history.value] if isinstance(image.history, Set) else []


def short(text: str, most: int = 100) -> str:
    """An instruction on one line of a report."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def place(image: Image) -> Source | None:
    return image.history.source


def judge_steps(image: Image, word: str, is_fault: Callable[[str], bool], *, good: str) -> Judgement:
    """Fails with every instruction `word` that is a fault; an image that does not say how it was made is none of ours."""
    if isinstance(image.history, Unknown):
        return unknown(image.history.reason, image.history.source, tell=image.history.tell)
    if not isinstance(image.history, Set) or not image.history.value:
        return not_applicable("the image does not say how it was made", place(image))
    faults = [rest for found, rest in instructions(image) if found == word and is_fault(rest)]
    if faults:
        return Judgement(Outcome.FAIL, tuple(Evidence(f"{word} {short(rest)}", place(image)) for rest in faults))
    return passed(good, place(image))
