"""Instructions and forms that builders only still read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...model.build import ImageBuild
from ...model.build_change import BuildChange, Reword
from ...model.build_fix import BuildFix
from ...model.control import Control, Subject
from ...model.finding import Judgement, Remedy
from ...model.fix import FixKind
from ...model.levels import Level, Severity
from ._faults import BuildFault, weigh
from ._repairs import standing

control = Control(
    id="build/current-instructions",
    title="No instruction is a deprecated one",
    fault="{who} [uses|use] deprecated instructions",
    rationale="MAINTAINER, and ENV or LABEL without `=`, are deprecated: builders warn of them, and the old form takes "
    "everything up to the end of the line as one value.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="5.pipeline",
    subject=Subject.BUILD,
    remedy=Remedy(
        "Write `LABEL org.opencontainers.image.authors=…` for MAINTAINER, and `ENV NAME=value`.",
        "a new build of the image",
    ),
    build_fixes=(
        BuildFix(
            says="writes `NAME=value`",
            kind=FixKind.SAFE,
            changes=lambda written: standing(written.build, "current-instructions", _with_equals(written.build)),
        ),
        BuildFix(
            says="names the author in a label; the image's field for it then is empty",
            kind=FixKind.SAFE,
            changes=lambda written: standing(written.build, "current-instructions", _as_label(written.build)),
        ),
    ),
    bad={"dockerfile": ["FROM debian:13\nMAINTAINER ann@example.com\n", "FROM debian:13\nENV PORT 80\n"]},
    good={"dockerfile": "FROM debian:13\nLABEL org.opencontainers.image.authors=ann@example.com\nENV PORT=80\n"},
)


_AUTHORS = "org.opencontainers.image.authors"
_LEGACY = re.compile(r"(\S+)(\s+)(.*)", re.DOTALL)


def _with_equals(build: ImageBuild) -> Iterator[BuildChange]:
    """Quotes around a value of several words; one that has quotes or escapes of its own is left alone."""
    for stage in build.stages:
        for instruction in stage.instructions:
            match = _LEGACY.match(instruction.text)
            if not instruction.legacy or match is None:
                continue
            (start, end), value = match.span(2), match[3]
            if not re.search(r"\s", value):
                yield Reword(instruction.first, ((start, end, "="),))
            elif not set("\"'" + build.escape) & set(value):
                quoted = ((start, end, '="'), (len(instruction.text), len(instruction.text), '"'))
                yield Reword(instruction.first, quoted)


def _as_label(build: ImageBuild) -> Iterator[BuildChange]:
    """MAINTAINER takes its text as it is, quotes too; who wrote them meant none."""
    if any(pair.name == _AUTHORS for _, label in build.instructions("LABEL") for pair in label.pairs):
        return
    for _, instruction in build.instructions("MAINTAINER"):
        author = _unquoted(instruction.text)
        if author and not set('"$' + build.escape) & set(author):
            edit = (0, len(instruction.text), f'{_AUTHORS}="{author}"')
            yield Reword(instruction.first, (edit,), keyword="LABEL", pairs=((_AUTHORS, author),))


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


@control.judge
def current_instructions(build: ImageBuild) -> Judgement:
    faults = []
    for stage in build.stages:
        for instruction in stage.instructions:
            if instruction.keyword == "MAINTAINER":
                faults.append(BuildFault("MAINTAINER is deprecated", instruction.source))
            elif instruction.legacy:
                faults.append(BuildFault(f"{instruction.keyword} without = is deprecated", instruction.source))
    return weigh(build, "current-instructions", faults, good="no instruction is deprecated")
