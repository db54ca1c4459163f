"""`COPY . .` takes all that lies in the folder: the .git folder, .env files, whatever a developer left there."""

from __future__ import annotations

import re

from ...model.build import ImageBuild, Instruction
from ...model.control import Control, Subject, nist, owasp
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._faults import BuildFault, weigh

control = Control(
    id="build/whole-context",
    title="What is copied into the image is chosen",
    fault="{who} [copies|copy] the whole folder into the image",
    rationale="History, credentials and local files of whoever builds end up in the image, where everybody who pulls it "
    "can read them; and each change of any of them builds everything again.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="7.credentials",
    subject=Subject.BUILD,
    references=(nist("4.1.4"), owasp("D06")),
    remedy=Remedy(
        "Write a .dockerignore that leaves out everything (`*`) but what is needed (`!src`), or copy by name.",
        "a new build and its tests",
    ),
    bad={
        "dockerfile": [
            "FROM debian:13\nCOPY . /app\n",
            "FROM debian:13 AS base\nADD ./ /app/\nFROM base\n",
            {"Dockerfile": "FROM debian:13\nCOPY . /app\n", ".dockerignore": "# nothing yet\n"},
        ]
    },
    good={
        "dockerfile": [
            "FROM debian:13\nCOPY src /app/src\n",
            "FROM golang:1.25 AS build\nCOPY . .\nFROM scratch\nCOPY --from=build /src/shop /shop\n",
            {"Dockerfile": "FROM debian:13\nCOPY . /app\n", ".dockerignore": "*\n!src\n"},
        ]
    },
    unclear={"dockerfile": "FROM debian:13\nARG FROM_WHERE\nCOPY ${FROM_WHERE} /app\n"},
)

_VARIABLE = re.compile(r"(?:\./)?\$\{?\w+\}?/?\Z")


@control.judge
def whole_context(build: ImageBuild) -> Judgement:
    """In the stages that end up in the image."""
    copies = [i for stage in build.lineage for i in stage.instructions if i.keyword in ("COPY", "ADD")]
    whole = [copy for copy in copies if _takes_all(copy)]
    patterns = build.ignore_file
    if whole and isinstance(patterns, Unknown):
        gap = Unknown(f"the whole folder is copied; what a .dockerignore leaves out is not seen: {patterns.reason}")
        return weigh(build, "whole-context", (), gaps=(gap,), good="")
    if whole and isinstance(patterns, Set) and patterns.value:
        good = f"{patterns.source.where} chooses, with {len(patterns.value)} patterns"
        return weigh(build, "whole-context", (), good=good, source=whole[0].source)
    faults = [
        BuildFault(f"{copy.keyword} takes the whole folder, and no .dockerignore leaves out a thing", copy.source)
        for copy in whole
    ]
    gaps = [word for copy in copies if _may_take_all(copy) for word in copy.words[:-1] if isinstance(word, Unknown)]
    return weigh(build, "whole-context", faults, gaps=gaps, good="files are copied by name")


def _may_take_all(copy: Instruction) -> bool:
    """`dist/$VERSION` can't be the whole folder; `$FROM` alone can."""
    sources = copy.text.split()[:-1]
    return copy.flag("from") is None and any(_VARIABLE.match(source) for source in sources)


def _takes_all(copy: Instruction) -> bool:
    sources = [word.value for word in copy.words[:-1] if isinstance(word, Set)]
    return copy.flag("from") is None and any(source in (".", "./", "/", "*", "./*") for source in sources)
