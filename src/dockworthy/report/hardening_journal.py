"""What was done to a host so far, by its own journal: when, by whom, what it was before and after."""

from __future__ import annotations

from ..model.counts import number_of
from ..model.hardening import Journal
from ..model.hardening_journal import HardenRun, JournalStep, StageState
from .sheet import Sheet

_COLUMN = 15
_STATES = {
    StageState.PREPARED: "not begun",
    StageState.APPLYING: "cut off",
    StageState.APPLIED: "cut off",
    StageState.KEPT: "done",
    StageState.FAILED: "failed",
    StageState.UNDOING: "cut off",
    StageState.UNDONE: "taken back",
    StageState.STUCK: "stuck",
    StageState.ACCEPTED: "left as is",
}


def render_journal(journal: Journal, *, width: int, colour: bool) -> str:
    """The newest run first."""
    sheet = Sheet(width=width, colour=colour)
    if not journal.runs:
        sheet.line(f"Nothing was ever done to {journal.host} by dockworthy harden", style="heading")
    else:
        sheet.line(f"{number_of(len(journal.runs), 'run')} of dockworthy harden on {journal.host}", style="heading")
    for run in reversed(journal.runs):
        sheet.blank()
        sheet.line(f"{run.began} by {run.who}{_end(run)}", style="heading")
        for step in run.steps:
            _step(sheet, run, step)
    return str(sheet)


def _step(sheet: Sheet, run: HardenRun, step: JournalStep) -> None:
    state = run.state_of(step.id)
    word = "left out" if state is None else _STATES[state]
    if run.undone and state is StageState.KEPT:
        word = "taken back"
    elif step.pending and state is StageState.KEPT:
        word = "pending"
    style = {"done": "good", "pending": "open", "taken back": "quiet"}.get(word, "bad")
    sheet.entry(word, f"{step.id}: {step.title}", indent=2, column=_COLUMN, label_style=style)
    why = next((stage.why for stage in run.stages if step.id in stage.steps and stage.why), "")
    for label, facts in (("why", (why,) if why else ()), ("before", step.before), ("after", step.after)):
        for fact in facts:
            sheet.entry(label, fact, indent=4, column=_COLUMN)


def _end(run: HardenRun) -> str:
    if run.undone:
        return f", taken back {run.undone}"
    return "" if run.ended else ", did not come to its end"
