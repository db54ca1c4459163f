"""What a package manager leaves behind is carried into every copy of the image."""

from __future__ import annotations

from ...model.build import ImageBuild
from ...model.control import Control, Subject, nist
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._faults import weigh_marks

control = Control(
    title="Package managers leave no cache in the image",
    rationale="Lists and downloads of a package manager serve nothing at run time, make each pull slower, and can't be "
    "taken away by a later step: the layer keeps them.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="6.efficient",
    subject=Subject.BUILD,
    references=(nist("4.1.2"),),
    remedy=Remedy(
        "Clean up in the same RUN (`rm -rf /var/lib/apt/lists/*`, `apk add --no-cache`, `pip install --no-cache-dir`), or "
        "keep the cache out of the image with `RUN --mount=type=cache,target=…`.",
        "a new build of the image",
    ),
    bad={
        "dockerfile": [
            "FROM debian:13\nRUN apt-get update && apt-get install -y curl=8.14.*\n",
            "FROM alpine:3.23\nRUN apk add curl=8.17.0-r1\n",
            "FROM python:3.13\nRUN pip install flask==3.1.0\n",
        ]
    },
    good={
        "dockerfile": [
            "FROM debian:13\nRUN apt-get update && apt-get install -y curl=8.14.* && rm -rf /var/lib/apt/lists/*\n",
            "FROM alpine:3.23\nRUN apk add --no-cache curl=8.17.0-r1\n",
        ]
    },
    unclear={"dockerfile": "# syntax=example.com/other-frontend\nFROM debian:13\nINCLUDE other\n"},
)


@control.judge
def package_cache(build: ImageBuild) -> Judgement:
    return weigh_marks(build, "package-cache", good="no package manager leaves its cache")
