"""What hadolint knows beyond the controls that have a page of their own."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.build import ImageBuild
from ...model.build_change import BuildChange
from ...model.build_fix import BuildFix
from ...model.control import Control, Subject
from ...model.finding import Judgement, Remedy
from ...model.fix import FixKind
from ...model.levels import Level, Severity
from ._lint import judge_rest
from ._repairs import flag_behind, marked, steps

control = Control(
    id="build/lint",
    title="hadolint finds no other fault",
    fault="{who} [breaks|break] other rules of hadolint",
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
    build_fixes=(
        BuildFix(
            says="adds `-y`: a build has nobody who could answer",
            kind=FixKind.SAFE,
            changes=lambda written: _answered(written.build),
        ),
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


_ASKING = {"DL3014": "apt-get", "DL3030": "yum", "DL3034": "zypper", "DL3038": "dnf"}
"""Rule of hadolint -> the program that waits for an answer."""
_VERBS = ("install", "groupinstall", "localinstall", "reinstall", "in")
_ANSWERS = frozenset({"-y", "--yes", "--assume-yes", "-qq", "--non-interactive", "-n"})


def _answered(build: ImageBuild) -> Iterator[BuildChange]:
    for rule, program in _ASKING.items():
        for run in marked(build, rule):
            found = steps(run, (program,), _VERBS)
            yield from flag_behind((step for step in found if _ANSWERS.isdisjoint(step.command.words)), "-y")


@control.judge
def lint(build: ImageBuild) -> Judgement:
    return judge_rest(build, "lint", good="hadolint has nothing else against it")
