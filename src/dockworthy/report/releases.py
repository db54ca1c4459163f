"""Releases for people: a list, one as a page, and what differs between two."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..model.counts import number_of
from ..model.release import JobLastRun, JobOutcome, Release, ReleaseState
from ..model.rollout import ServiceStanding, UnseenNode
from .deploy import jobs_in_words, observation_in_words, release_name, state_in_words, write_jobs
from .sheet import Sheet

_COLUMN = 13


def render_releases(releases: Sequence[Release], *, width: int, colour: bool) -> str:
    """Newest first; the one in force is marked."""
    sheet = Sheet(width=width, colour=colour)
    if not releases:
        sheet.line("No release was made here yet: `dockworthy deploy` makes the first one")
        return str(sheet)
    in_force = next((each.number for each in reversed(releases) if each.state is ReleaseState.KEPT), None)
    several = len({release.target for release in releases}) > 1
    for release in reversed(releases):
        mark = "now" if release.number == in_force else ""
        sheet.entry(
            f"{release.number:>4} {mark}",
            f"{release.began} {release.who}: {_words(release)}" + (f", target {release.target}" if several else ""),
            column=9,
            label_style="good" if mark else "",
        )
        sheet.line(_images(release), indent=11)
        if release.why:
            sheet.line(release.why, indent=11, at_most=4)
        for says in jobs_in_words(release):
            sheet.line(f"job {says}" if release.jobs else says, indent=11)
    return str(sheet)


def render_release_page(release: Release, *, width: int, colour: bool) -> str:
    sheet = Sheet(width=width, colour=colour)
    sheet.line(f"{release.project}, {release_name(release)}: {state_in_words(release)}", style="heading")
    entries = [
        ("began", f"{release.began} by {release.who}"),
        ("ended", release.ended),
        ("commit", release.commit),
        ("why", release.why),
        ("hint", release.hint),
        ("observed", observation_in_words(release.observation) if release.observation else ""),
    ]
    for label, text in entries:
        if text:
            sheet.entry(label, text, indent=1, column=_COLUMN)
    write_jobs(sheet, release)
    sheet.heading("Services")
    for name, service in sorted(release.services.items()):
        times = f", {service.replicas} times" if service.replicas != 1 else ""
        sheet.entry(name, f"{service.reference} as {service.image}{times}", indent=1, column=_COLUMN)
    if release.steps:
        sheet.heading("Steps")
        for step in release.steps:
            sheet.point(step, indent=1)
    if release.findings:
        sheet.heading(f"Found by the gate: {number_of(len(release.findings), 'entry', 'entries')}")
        for finding in release.findings:
            sheet.point(f"{finding.outcome} {finding.control} {finding.subject}: {finding.says}", indent=1)
    return str(sheet)


def difference_of(older: Release, newer: Release) -> str:
    """A unified diff of what was shipped; "" where it is the same."""
    before, after = ([*_lines(_shown(each), 0)] for each in (older, newer))
    names = (f"release {older.number}", f"release {newer.number}")
    return "".join(f"{line}\n" for line in difflib.unified_diff(before, after, *names, lineterm=""))


def _shown(release: Release) -> dict[str, Any]:
    """What a person wrote, with what their image names stood for, and versions in place of secrets."""
    written = release.spec.to_json()
    return {
        **{part: written.get(part, {}) for part in ("services", "volumes", "networks")},
        "images": {name: f"{each.reference} {each.image}" for name, each in release.services.items()},
        "versions": release.versions,
        "deploy": release.settings,
    }


def _lines(value: Any, depth: int) -> Iterator[str]:
    """Nested mappings and lists, one value a line."""
    pad = "  " * depth
    pairs = sorted(value.items()) if isinstance(value, dict) else [("-", each) for each in value]
    for key, inner in pairs:
        if isinstance(inner, dict | list) and inner:
            yield f"{pad}{key}{'' if key == '-' else ':'}"
            yield from _lines(inner, depth + 1)
        else:
            yield f"{pad}{key}{'' if key == '-' else ':'} {inner}"


def _words(release: Release) -> str:
    back = f", back to {release.returns_to}" if release.returns_to is not None else ""
    return f"{state_in_words(release)}{back}"


def _images(release: Release) -> str:
    return ", ".join(f"{name} {service.reference}" for name, service in sorted(release.services.items()))


_DRIFT_COLUMN = 15


def render_standing(
    release: Release,
    standing: Sequence[ServiceStanding],
    unfinished: Sequence[Release],
    unseen: Sequence[UnseenNode],
    jobs: Sequence[JobLastRun] = (),
    *,
    width: int,
    colour: bool,
) -> str:
    sheet = Sheet(width=width, colour=colour)
    sheet.line(f"{release.project}, {release_name(release)} of {release.began} by {release.who}", style="heading")
    for each in standing:
        as_released = "" if each.serving == each.wanted else " as released"
        says = f"{each.serving} of {each.wanted} serve{as_released}, {each.image}"
        sheet.entry(each.service, says, indent=1, column=_DRIFT_COLUMN, label_style="good" if each.is_good else "bad")
        if each.standby:
            sheet.entry("-", f"{each.standby}: `dockworthy rollback` brings it back in under 1 s",
                        indent=_DRIFT_COLUMN, column=_DRIFT_COLUMN + 2)  # fmt: skip
        for fault in each.faults:
            sheet.entry("-", fault, indent=_DRIFT_COLUMN, column=_DRIFT_COLUMN + 2)
    for begun in unfinished:
        says = f"{release_name(begun)} {state_in_words(begun)}"
        says += ": `dockworthy deploy` finishes it, `dockworthy rollback` takes it back"
        sheet.entry("unfinished", says, indent=1, column=_DRIFT_COLUMN, label_style="bad")
    for number, job in enumerate(jobs):
        sheet.entry("" if number else "jobs", _last_run(job), indent=1, column=_DRIFT_COLUMN)
    for says in unseen_in_words(unseen):
        sheet.entry("unknown", says, indent=1, column=_DRIFT_COLUMN, label_style="open")
    return str(sheet)


def _last_run(run: JobLastRun) -> str:
    if run.release is None or run.state is None:
        return f"{run.job}: no release that is kept here says that it ran"
    how = {
        JobOutcome.FAILED: "ran last, and failed,",
        JobOutcome.BEGUN: "was last begun, and nobody saw how it ended,",
    }.get(run.outcome or JobOutcome.RAN, "ran last")
    if run.state is ReleaseState.KEPT:
        return f"{run.job} {how} in release {run.release}"
    became = {ReleaseState.ROLLED_BACK: "which was rolled back", ReleaseState.FAILED: "which failed"}
    which = became.get(run.state, "which ended in the middle")
    return f"{run.job} {how} in release {run.release}, {which}: what it changed in the data stays"


def unseen_in_words(unseen: Iterable[UnseenNode]) -> Iterator[str]:
    """One sentence for all nodes that nobody could ask for the same reason."""
    by_reason: dict[tuple[str, str], list[str]] = {}
    for each in unseen:
        by_reason.setdefault((each.why, each.hint), []).append(each.name)
    for (why, hint), names in by_reason.items():
        more = f" ({hint})" if hint else ""
        where = " and ".join(names)
        yield f"whether containers without a task in the swarm run on {where} is unknown: {why}{more}"
