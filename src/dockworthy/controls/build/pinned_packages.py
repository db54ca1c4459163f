"""A package without a version is another one in each build, and nobody sees the change."""

from __future__ import annotations

from ...model.build import ImageBuild
from ...model.control import Control, Subject, nist, owasp
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._faults import weigh_marks

control = Control(
    id="build/pinned-packages",
    title="Packages are installed at a version",
    fault="{who} [installs|install] packages without a version",
    rationale="Two builds of the same commit install different packages: what was tested is not what is deployed, and a "
    "package that was taken over enters unseen. A lock file does the same for a language's packages.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="5.pipeline",
    subject=Subject.BUILD,
    references=(nist("4.1.1"), owasp("D02")),
    remedy=Remedy(
        "Name versions (`curl=8.14.*`), install from a lock file, or from a snapshot of the repository. A distribution's "
        "stable release that only gets security updates may be a reason to accept it: `# hadolint ignore=DL3008`.",
        "an updater that moves the versions",
    ),
    bad={
        "dockerfile": [
            "FROM debian:13\nRUN apt-get update && apt-get install -y --no-install-recommends curl\n",
            "FROM alpine:3.23\nRUN apk add --no-cache curl\n",
            "FROM python:3.13\nRUN pip install --no-cache-dir flask\n",
        ]
    },
    good={
        "dockerfile": [
            "FROM debian:13\nRUN apt-get update && apt-get install -y --no-install-recommends curl=8.14.*\n",
            "FROM python:3.13\nRUN pip install --no-cache-dir -r requirements.txt\n",
        ]
    },
    unclear={"dockerfile": "# syntax=example.com/other-frontend\nFROM debian:13\nINCLUDE other\n"},
)


@control.judge
def pinned_packages(build: ImageBuild) -> Judgement:
    return weigh_marks(build, "pinned-packages", good="no package is installed without a version")
