"""The record of a release as it is first written: by `Shipping`, before the first step of its roll-out."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ..engine.clock import now
from ..engine.who import who_runs
from ..errors import UsageError
from ..model.deploy_settings import TargetKind
from ..model.release import GateFinding, JobRun, Release, ReleaseState
from ..model.rollout import RolloutPlan
from ..readers.repository.git import Git
from .preparing import Prepared


def new_record(
    prepared: Prepared,
    plan: RolloutPlan,
    target: TargetKind,
    findings: tuple[GateFinding, ...],
    last: Release | None,
    returns_to: Release | None,
    commit: str,
) -> Release:
    """`last`: the release in force; `returns_to`: where this is a rollback, the one that it brings back."""
    desired = prepared.desired
    return Release(
        number=plan.number,
        project=plan.project,
        target=target,
        state=ReleaseState.PREPARED,
        spec=prepared.recorded,
        services=desired.services,
        container_names=desired.container_names,
        jobs_before=desired.jobs_before,
        jobs_after=desired.jobs_after,
        jobs=tuple(JobRun(job=job) for job in dict.fromkeys((*desired.jobs_before, *desired.jobs_after))),
        left=desired.left,
        versions=prepared.versions,
        settings=msgspec.to_builtins(prepared.settings),
        commit=commit,
        who=who_runs(),
        began=now(),
        rollback_of=last.number if returns_to is not None and last is not None else None,
        returns_to=returns_to.number if returns_to is not None else None,
        irreversible=prepared.settings.jobs.irreversible,
        steps=tuple(step.says for step in plan.steps),
        nothing_before=plan.nothing_before,
        findings=findings,
    )


def commit_of(folder: Path) -> str:
    """The commit of the work tree that holds the project's files: its id, with `, changed` where files differ from it;
    "" outside of a work tree, or without git."""
    git = Git(str(folder))
    try:
        head = git.says("rev-parse", "--verify", "--quiet", "HEAD")
        return "" if head is None else head + (", changed" if git.says("status", "--porcelain", "--", ".") else "")
    except UsageError:  # a record without a commit is better than none
        return ""
