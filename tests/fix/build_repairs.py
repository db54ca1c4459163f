"""Repairs a Dockerfile's text as `fix` does, without a file."""

from __future__ import annotations

from dockworthy.controls.judging import judge_written
from dockworthy.fix.build_choosing import JudgedBuild, repair_build
from dockworthy.fix.choosing import ChosenFixes
from dockworthy.model.compose_fix import KnownToEngine
from dockworthy.model.fix import FixKind
from dockworthy.model.levels import Level
from dockworthy.model.written import Written
from dockworthy.readers.dockerfile.build import read_dockerfile


def judged(text: str) -> JudgedBuild:
    build = read_dockerfile(text, "Dockerfile", path=None)
    return JudgedBuild(build, tuple(judge_written(Written(builds=(build,)), Level.PRODUCTION)))


def repaired(text: str, *controls: str, safe: bool = False, digests: dict[str, str] | None = None) -> ChosenFixes:
    """With all fixes, or with the safe ones, or those of some controls (without their chapter)."""
    wanted = {f"build/{name}" for name in controls}
    return repair_build(
        text,
        judged,
        lambda fix: (not safe or fix.kind is FixKind.SAFE) and (not wanted or fix.control in wanted),
        file="Dockerfile",
        known=KnownToEngine(digests=digests or {}),
    )
