"""A deploy for the person who decides: the plan, why it was refused, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from ..model.counts import number_of
from ..model.finding import Finding, Outcome
from ..model.release import JobOutcome, Observation, Release, ReleaseState
from ..model.rollout import RolloutPlan, RolloutStep
from .grouping import FindingGroup, by_fault, number_of_controls
from .sheet import Sheet

_COLUMN = 13
_STYLES = {ReleaseState.KEPT: "good", ReleaseState.ROLLED_BACK: "bad", ReleaseState.FAILED: "bad"}


def render_rollout_plan(plan: RolloutPlan, *, width: int, colour: bool) -> str:
    """Each step with its causes and the gap that it makes; then what a person must say first."""
    sheet = Sheet(width=width, colour=colour)
    if plan.is_empty and not plan.questions:
        sheet.line(f"{plan.project}: nothing to do, it runs as its files say", style="heading")
    else:
        sheet.line(f"{plan.project}, release {plan.number}: {number_of(len(plan.steps), 'step')}", style="heading")
    for number, step in enumerate(plan.steps, 1):
        sheet.entry(f"{number:>3}.", step.says, indent=1, column=6)
        for cause in step.causes:
            sheet.entry("-", cause, indent=6, column=8)
        sheet.entry("gap", gap_in_words(step), indent=6, column=11, style="" if step.gap == 0 else "bad")
    for question in plan.questions:
        sheet.blank()
        sheet.entry("stop", question.says, indent=1, column=_COLUMN, label_style="bad")
        sheet.entry("", question.hint, column=_COLUMN)
    for note in plan.notes:
        sheet.entry("note", note, indent=1, column=_COLUMN)
    return str(sheet)


def gap_in_words(step: RolloutStep) -> str:
    """How long the service does not answer, as far as that can be told before."""
    if step.gap is None:
        return f"{step.subject} does not answer any more"
    return "none" if step.gap == 0 else f"{step.subject} does not answer for about {max(step.gap, 1):.0f} s"


def render_refusal(
    project: str,
    findings: Sequence[Finding],
    because: Sequence[str],
    *,
    not_pulled: Sequence[str] = (),
    width: int,
    colour: bool,
) -> str:
    """What stopped a deploy at the gate, and what to do next. Nothing was changed."""
    sheet = Sheet(width=width, colour=colour)
    groups = by_fault(findings)
    unknown = [finding for finding in findings if finding.outcome is Outcome.UNKNOWN]
    failing = sum(finding.outcome is Outcome.FAIL for finding in findings)
    told = [f"{number_of(failing, 'finding')} of {number_of_controls(groups)}"] if groups else []
    told += [f"{len(unknown)} unknown"] if unknown else []
    by = f" by {' and '.join(told)}" if told else ""
    sheet.line(f"{project}: refused{by}, and nothing was changed", style="heading")
    for group in groups:
        _write_refused(sheet, group)
    for finding in unknown:  # only where the policy says `unknown: fail`
        _write_unknown(sheet, finding)
    if because:
        sheet.blank()
    for reason in because:
        sheet.entry("refused", reason, indent=1, column=_COLUMN, label_style="bad")
    if findings:
        sheet.blank()
        known = "The images are known here, so this may be more than `dockworthy check` finds in the files. "
        if not_pulled:
            which = f"{'The image' if len(not_pulled) == 1 else 'Images'} of {', '.join(not_pulled)}"
            known = (
                f"{which} {'is' if len(not_pulled) == 1 else 'are'} not here and nothing was pulled: more may follow. "
            )
        sheet.line(
            f"{known}"
            "`dockworthy fix --all --diff .` shows what can be repaired, `dockworthy fix --verify .` also proves it; "
            "an exception with a reason and an end goes into dockworthy.yaml (policy.exceptions)"
        )
    return str(sheet)


def _write_refused(sheet: Sheet, group: FindingGroup) -> None:
    """A fault with all its objects; as `check` lists it, so that the two can be compared."""
    sheet.blank()
    severity = group.severity.value
    says = f"{group.says}: {', '.join(group.objects)}" if group.objects else group.says
    sheet.entry(severity, f"{says} ({', '.join(group.controls)})", indent=1, column=_COLUMN, label_style="bad")
    for finding in group.findings:
        for evidence in finding.evidence[:3]:
            place = f"{evidence.source}: " if evidence.source else ""
            sheet.entry("", f"- {place}{evidence.says}", indent=1, column=_COLUMN)
    if group.brings:
        brought = ", ".join(each.first.control for each in group.brought)
        sheet.entry("brings", brought, indent=1, column=_COLUMN)
    for remedy in group.remedies[:1]:
        sheet.entry("remedy", remedy.says, indent=1, column=_COLUMN)


def _write_unknown(sheet: Sheet, finding: Finding) -> None:
    sheet.blank()
    says = f"{finding.subject} ({finding.control}): policy.unknown is fail"
    sheet.entry("unknown", says, indent=1, column=_COLUMN, label_style="bad")
    for evidence in finding.evidence[:3]:
        place = f"{evidence.source}: " if evidence.source else ""
        sheet.entry("", f"- {place}{evidence.says}", indent=1, column=_COLUMN)
    if finding.remedy is not None:
        sheet.entry("remedy", finding.remedy.says, indent=1, column=_COLUMN)


def render_release(release: Release, *, width: int, colour: bool) -> str:
    """What became of a release."""
    sheet = Sheet(width=width, colour=colour)
    sheet.line(f"{release.project}, {release_name(release)}: {state_in_words(release)}", style="heading")
    if release.why:
        sheet.entry("why", release.why, indent=1, column=_COLUMN, label_style=_STYLES.get(release.state, ""))
    if release.observation is not None:
        sheet.entry("observed", observation_in_words(release.observation), indent=1, column=_COLUMN)
    if release.state is ReleaseState.ROLLED_BACK:
        now = "nothing of it runs, as before" if release.nothing_before else "what ran before runs again"
        sheet.entry("now", now, indent=1, column=_COLUMN)
    write_jobs(sheet, release)
    if release.state is ReleaseState.FAILED:
        look = f"docker stack ps {release.project}" if release.target == "swarm" else "docker compose ps"
        then = release.hint or "`dockworthy deploy` or `rollback` goes on from what there is"
        sheet.entry("next", f"look at `{look}`; {then}", indent=1, column=_COLUMN)
    elif release.hint:
        sheet.entry("hint", release.hint, indent=1, column=_COLUMN)
    return str(sheet)


def write_jobs(sheet: Sheet, release: Release) -> None:
    for number, says in enumerate(jobs_in_words(release)):
        sheet.entry("" if number else "jobs", says, indent=1, column=_COLUMN)


def jobs_in_words(release: Release) -> tuple[str, ...]:
    """What became of each job, and of what it changed."""
    if release.jobs is None:
        every = ", ".join(dict.fromkeys((*release.jobs_before, *release.jobs_after)))
        return (f"whether {every} ran is unknown: an older dockworthy recorded this release",) if every else ()
    stays = "" if release.state is ReleaseState.KEPT else ": what it changed in the data stays"
    made = ": no container was recreated by this release" if _made_nothing(release) else ""
    says = {
        JobOutcome.RAN: f"ran{stays}",
        JobOutcome.FAILED: "failed: what it had changed in the data until then stays",
        JobOutcome.BEGUN: "was begun, and nobody saw how it ended: what it changed in the data stays",
        JobOutcome.NOT_RUN: f"did not run{made}",
    }
    return tuple(f"{run.job} {says[run.outcome]}" for run in release.jobs)


def _made_nothing(release: Release) -> bool:
    """A deploy (no rollback) runs all its jobs as soon as it makes one container."""
    return release.state is ReleaseState.KEPT and release.returns_to is None


def release_name(release: Release) -> str:
    if release.returns_to is not None:
        return f"release {release.number} (back to {release.returns_to})"
    return f"release {release.number}"


def state_in_words(release: Release) -> str:
    return {
        ReleaseState.PREPARED: "ended before anything was changed",
        ReleaseState.ROLLING_OUT: "ended in the middle of its roll-out",
        ReleaseState.OBSERVING: "ended while it was observed",
        ReleaseState.KEPT: "kept",
        ReleaseState.ROLLING_BACK: "ended while it was rolled back",
        ReleaseState.ROLLED_BACK: "rolled back",
        ReleaseState.FAILED: "failed",
    }[release.state]


def observation_in_words(seen: Observation) -> str:
    """`12 s: 120 probes, 0 failed; 3,000 requests, 0 failed; p95 12 ms; 0 restarts`, as far as it is known."""
    parts = []
    if seen.probes:
        parts.append(f"{number_of(seen.probes, 'probe')}, {seen.probes_failed:,} failed")
    if seen.requests is not None:
        parts.append(f"{number_of(seen.requests, 'request')}, {seen.requests_failed or 0:,} failed")
    if seen.p95 is not None:
        parts.append(f"p95 {seen.p95 * 1000:.0f} ms")
    parts.append(number_of(seen.restarts, "restart"))
    return f"{seen.seconds:.0f} s: {'; '.join(parts)}"
