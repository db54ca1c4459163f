"""ShellCheck reads the shell in RUN, through hadolint."""

from __future__ import annotations

from ...model.build import ImageBuild
from ...model.control import Control, Subject
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._lint import judge_rest

control = Control(
    id="build/shell-lint",
    title="ShellCheck finds no fault in the build's shell",
    fault="{who} [has|have] faults in shell code that ShellCheck finds",
    rationale="A word that is not quoted, a failure that `;` hides, a `cd` that fails: the build succeeds and the image "
    "is wrong.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="5.pipeline",
    subject=Subject.BUILD,
    remedy=Remedy("ShellCheck's wiki has a page for each rule (SC…).", "a new build of the image"),
    bad={"dockerfile": "FROM debian:13\nRUN rm -rf $(cat /tmp/list)\n"},
    good={"dockerfile": "FROM debian:13\nRUN test -f /etc/shop || exit 1\n"},
    unclear={"dockerfile": "# syntax=example.com/other-frontend\nFROM debian:13\nINCLUDE other\n"},
)


@control.judge
def shell_lint(build: ImageBuild) -> Judgement:
    return judge_rest(build, "shell-lint", good="ShellCheck has nothing against it")
