"""Packages that nobody asked for are holes that nobody watches."""

from __future__ import annotations

from ...model.build import ImageBuild
from ...model.build_fix import BuildFix
from ...model.control import Control, Subject, cis, nist
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._faults import weigh_marks
from ._repairs import flag_behind, marked, steps

control = Control(
    id="build/recommended-packages",
    title="Only the packages that are named are installed",
    fault="{who} [installs|install] recommended packages that nobody named",
    rationale="apt installs what a package recommends, too: often several times as much, none of it needed to run, all "
    "of it to be patched.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="6.efficient",
    subject=Subject.BUILD,
    references=(cis("1.6.0", "4.3"), cis("1.8.0", "4.3"), nist("4.1.1")),
    remedy=Remedy(
        "Write `apt-get install --no-install-recommends`, and name what is then missing.", "a new build and its tests"
    ),
    build_fixes=(
        BuildFix(
            says="adds `--no-install-recommends`",
            may_break="the image lacks what only a recommended package brought: certificates, locales, plug-ins",
            changes=lambda written: (
                change
                for run in marked(written.build, "DL3015")
                for change in flag_behind(steps(run, ("apt-get",), ("install",)), "--no-install-recommends")
            ),
        ),
    ),
    bad={"dockerfile": "FROM debian:13\nRUN apt-get update && apt-get install -y curl\n"},
    good={"dockerfile": "FROM debian:13\nRUN apt-get update && apt-get install -y --no-install-recommends curl\n"},
    unclear={"dockerfile": "# syntax=example.com/other-frontend\nFROM debian:13\nINCLUDE other\n"},
)


@control.judge
def recommended_packages(build: ImageBuild) -> Judgement:
    return weigh_marks(build, "recommended-packages", good="apt installs nothing beyond what is named")
