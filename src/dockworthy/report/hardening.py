"""The plan that makes a host fit, and what became of it: for the person who decides, and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from ..model.counts import number_of
from ..model.finding import Finding, Outcome
from ..model.hardening import Effect, Hardened, HardenPlan, Journal, Step, TakenBack
from ..model.hardening_journal import StageState
from .json_text import json_text
from .sheet import Sheet
from .visible import visible

_IN_FORCE = {
    Effect.AT_ONCE: "at once",
    Effect.RELOAD: "when the engine reads its settings again (SIGHUP)",
    Effect.RESTART: "after a restart of the engine",
    Effect.WHEN_IDLE: "after a start of the engine while no container runs",
    Effect.REBOOT: "after a reboot of the host",
}
_COLUMN = 15
_STUCK = (
    "mend what it says; the next dockworthy harden --undo or --apply goes on taking it back, and --forget leaves it as "
    "it is then. Old files and log lie in the newest folder of /var/lib/dockworthy/harden"
)


def render_plan(plan: HardenPlan, *, width: int, colour: bool) -> str:
    """What would be done, why, and how it is taken back; then what is left to a person."""
    sheet = Sheet(width=width, colour=colour)
    sheet.line(_head(plan), style="heading")
    for says in (*plan.unseen, *plan.disturbs):
        sheet.point(says)
    for number, step in enumerate(plan.steps, 1):
        _step(sheet, number, step)
    if plan.not_done:
        sheet.heading("Left to you")
        for (why, instead), left in groupby(plan.not_done, key=lambda left: (left.why, left.instead)):
            sheet.blank()
            for each in left:
                sheet.line(each.id, style="heading", indent=2)
            sheet.entry("why", why, indent=4, column=_COLUMN)
            if instead:
                sheet.entry("instead", instead, indent=4, column=_COLUMN)
    return str(sheet)


def render_outcome(hardened: Hardened, *, width: int, colour: bool) -> str:
    """What became of each step, and what the machine is like by the controls that caused them."""
    sheet = Sheet(width=width, colour=colour)
    sheet.line(_sentence(hardened), style="heading")
    for step, state, why in _outcomes(hardened):
        style = {"done": "good", "pending": "open"}.get(state, "bad")
        sheet.entry(
            state,
            f"{step.id}: {step.title}" + (f" ({why})" if why else ""),
            indent=2,
            column=_COLUMN,
            label_style=style,
        )
        if state == "stuck":
            sheet.entry("next", _STUCK, indent=4, column=_COLUMN)
    for left in hardened.plan.not_done:
        if left.held:
            sheet.entry("held back", left.id, indent=2, column=_COLUMN, label_style="bad")
    return str(sheet)


def render_taken_back(taken: TakenBack, *, width: int, colour: bool) -> str:
    sheet = Sheet(width=width, colour=colour)
    steps = [id for stage in taken.run.stages if stage.state is StageState.KEPT for id in stage.steps]
    sheet.line(f"Taken back on {taken.host}: the run of {taken.run.began} by {taken.run.who}", style="heading")
    for id in steps:
        sheet.point(id)
    for says in taken.worse:
        sheet.entry("worse", says, indent=2, column=_COLUMN, label_style="bad")
    return str(sheet)


def hardening_json(done: Hardened | TakenBack | Journal) -> str:
    """Schema 1 of `harden`. Contents of files are left out: the exact change stands in `diff`."""
    if isinstance(done, TakenBack):
        return _json({"taken_back": done.run, "host": done.host, "worse": done.worse})
    if isinstance(done, Journal):
        return _json({"host": done.host, "journal": done.runs})
    steps = {step.id: (state, why) for step, state, why in _outcomes(done)}
    return _json(
        {
            "host": done.plan.host,
            "applied": done.after is not None,
            "disturbs": done.plan.disturbs,
            "steps": [_step_json(step, *steps.get(step.id, ("planned", ""))) for step in done.plan.steps],
            "not_done": done.plan.not_done,
            "unseen": done.plan.unseen,
        }
    )


def all_done(hardened: Hardened) -> bool:
    """Was every step kept, and none held back?"""
    return _kept(hardened) and not any(left.held for left in hardened.plan.not_done)


def _step_json(step: Step, state: str, why: str) -> dict[str, Any]:
    told = {name: getattr(step, name) for name in ("id", "title", "causes", "effect", "disturbs", "undone_by", "diff")}
    return {**told, "state": state, "why": why or step.pending}


def _json(content: dict[str, Any]) -> str:
    return json_text({"schema": 1, "command": "harden", **content})


def _head(plan: HardenPlan) -> str:
    left = f"; {number_of(len(plan.not_done), 'finding')} left to you" if plan.not_done else ""
    held = sum(each.held for each in plan.not_done)
    if not plan.steps and held:
        return f"{number_of(held, 'step')} held back on {plan.host}{left}"
    if not plan.steps:
        return f"{'Nothing could be planned for' if plan.unseen else 'Nothing to do on'} {plan.host}{left}"
    ready = f"prepare {plan.host} for swarm mode" if plan.for_swarm else f"make {plan.host} fit"
    return f"{number_of(len(plan.steps), 'step')} would {ready}{left}"


def _step(sheet: Sheet, number: int, step: Step) -> None:
    sheet.blank()
    label = str(number)
    sheet.entry(label, step.title, column=len(label) + 2, label_style="heading", style="heading")
    sheet.entry("control", step.id, indent=4, column=_COLUMN)
    for cause in step.causes:
        sheet.entry("because", cause, indent=4, column=_COLUMN)
    sheet.entry(
        "in force", (step.pending and f"pending: {step.pending}") or _IN_FORCE[step.effect], indent=4, column=_COLUMN
    )
    for says in step.disturbs:
        sheet.entry("expect", says, indent=4, column=_COLUMN)
    if step.undone_by:
        sheet.entry("undone by", step.undone_by, indent=4, column=_COLUMN)
    for line in step.diff.splitlines():
        sheet.verbatim("", visible(line), column=6)


def _outcomes(hardened: Hardened) -> Iterator[tuple[Step, str, str]]:
    """(step, `done`, `pending`, `taken back`, `left out` or `stuck`, why)."""
    states = {id: stage for stage in hardened.stages for id in stage.steps}
    pending = {f.control for f in hardened.after or () if f.outcome is Outcome.PENDING}
    for step in hardened.plan.steps:
        stage = states.get(step.id)
        if stage is None:
            yield step, "left out", ""
        elif stage.state is StageState.KEPT:
            waits = step.id in pending or step.effect is Effect.REBOOT
            yield step, "pending" if waits else "done", (step.pending or _IN_FORCE[step.effect]) if waits else ""
        else:
            yield step, "stuck" if stage.state is StageState.STUCK else "taken back", stage.why


def _sentence(hardened: Hardened) -> str:
    before, after = _fails(hardened.before), _fails(hardened.after or ())
    words = f"{before} findings failed before, {after} fail now"
    if not _kept(hardened):
        return f"Not all was kept: {words}"
    return f"Done{'' if all_done(hardened) else ' in part'} on {hardened.plan.host}: {words}"


def _kept(hardened: Hardened) -> bool:
    return all(state in ("done", "pending") for _, state, _ in _outcomes(hardened))


def _fails(findings: tuple[Finding, ...]) -> int:
    return sum(finding.outcome is Outcome.FAIL for finding in findings)
