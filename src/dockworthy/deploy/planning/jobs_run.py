"""Which jobs ran in which releases: what they did to the data outlives the release. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...model.release import JobLastRun, JobOutcome, Release, ReleaseState

_BEGUN = (JobOutcome.RAN, JobOutcome.FAILED, JobOutcome.BEGUN)
_WORDS = {JobOutcome.RAN: "ran", JobOutcome.FAILED: "failed", JobOutcome.BEGUN: "was begun, and nobody saw its end,"}
_NAMED = 5
"""Releases that one sentence names."""


def jobs_since(wanted: Release, releases: Sequence[Release], number: int) -> tuple[str, ...]:
    """For the plan of a rollback to `wanted`, in sentences: whether the data is still as that release left it.
    `number`: of the release that the rollback makes."""
    newer = sorted((each for each in releases if each.number > wanted.number), key=lambda each: each.number)
    with_jobs = [each for each in newer if each.jobs_before or each.jobs_after]
    if not with_jobs and not (wanted.jobs_before or wanted.jobs_after):
        return ()
    ran = [*_ran(newer)]
    unknown = [
        *_listed([each.number for each in with_jobs if each.jobs is None], "was recorded by an older dockworthy"),
        *_listed(sorted({*range(wanted.number + 1, number)} - {each.number for each in newer}), "has no record here"),
    ]
    told = []
    if ran:
        told.append(
            f"since release {wanted.number} {_joined(ran)}: what that changed in the data stays, so release "
            f"{wanted.number} meets data of newer releases (their schema, too)"
        )
    if unknown:
        told.append(f"it is unknown whether a job changed the data in {_joined(unknown)}")
    if not told:
        told.append(f"no job ran since release {wanted.number} (`deploy.jobs`)")
    return tuple(told)


def last_runs(in_force: Release, releases: Sequence[Release]) -> tuple[JobLastRun, ...]:
    """Of each job of the release in force, and of those that a newer one began."""
    found: dict[str, JobLastRun] = {}
    for release in sorted(releases, key=lambda each: each.number, reverse=True):
        for run in release.jobs or ():
            known = run.job in (*in_force.jobs_before, *in_force.jobs_after) or release.number > in_force.number
            if known and run.outcome in _BEGUN and run.job not in found:
                found[run.job] = JobLastRun(
                    job=run.job, release=release.number, state=release.state, outcome=run.outcome
                )
    own = dict.fromkeys((*in_force.jobs_before, *in_force.jobs_after))
    return tuple(found.get(job, JobLastRun(job=job)) for job in (*own, *(job for job in found if job not in own)))


def _ran(newer: Sequence[Release]) -> Iterator[str]:
    runs: dict[tuple[str, JobOutcome], list[str]] = {}
    for release in newer:
        for run in release.jobs or ():
            if run.outcome in _BEGUN:
                runs.setdefault((run.job, run.outcome), []).append(_named(release))
    for (job, outcome), named in runs.items():
        more = [f"{len(named) - _NAMED} more"] if len(named) > _NAMED else []
        yield f"the job {job} {_WORDS[outcome]} in release {_joined([*named[-_NAMED:], *more])}"


def _named(release: Release) -> str:
    back = release.state in (ReleaseState.ROLLED_BACK, ReleaseState.ROLLING_BACK)
    return f"{release.number} (rolled back)" if back else str(release.number)


def _listed(numbers: Sequence[int], why: str) -> Iterator[str]:
    if not numbers:
        return
    shown = f"{numbers[0]} to {numbers[-1]}" if len(numbers) > _NAMED else _joined([str(each) for each in numbers])
    several = why.replace("was ", "were ", 1).replace("has ", "have ", 1)
    yield f"release {shown}, which {why}" if len(numbers) == 1 else f"releases {shown}, which {several}"


def _joined(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
