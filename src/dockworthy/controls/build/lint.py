"""What hadolint knows beyond the controls that have a page of their own."""

from __future__ import annotations

from ...model.build import ImageBuild
from ...model.control import Control, Subject
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._lint import judge_rest

control = Control(
    title="hadolint finds no other fault",
    rationale="hadolint holds what many teams learned of Dockerfiles that build and then surprise: ports that don't "
    "exist, stages that are named twice, installs that wait for an answer.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="5.pipeline",
    subject=Subject.BUILD,
    remedy=Remedy(
        "hadolint's wiki has a page for each rule (DL…). A rule that does not fit is ignored by "
        "`# hadolint ignore=DL3003` above the instruction, or in .hadolint.yaml.",
        "a new build of the image",
    ),
    bad={
        "dockerfile": [
            "FROM debian:13\nEXPOSE 80000\n",
            "FROM debian:13\nRUN apt-get install curl\n",
        ]
    },
    good={"dockerfile": 'FROM debian:13\nCOPY shop /bin/shop\nUSER 10001\nCMD ["shop"]\n'},
    unclear={"dockerfile": "# syntax=example.com/other-frontend\nFROM debian:13\nINCLUDE other\n"},
)


@control.judge
def lint(build: ImageBuild) -> Judgement:
    return judge_rest(build, "lint", good="hadolint has nothing else against it")
