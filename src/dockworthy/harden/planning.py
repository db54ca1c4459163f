"""From findings to a plan: which steps, and what is left to a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from msgspec import structs

from ..errors import UsageError
from ..model.control_ids import replacement
from ..model.field import Set
from ..model.finding import Finding, Outcome
from ..model.hardening import HardenPlan, NotDone, Step
from ..model.machine import Machine
from .disturbance import disturbances
from .exact_change import exact_change
from .situation import Situation
from .steps import plannings
from .untried import held_back


def chosen(findings: Iterable[Finding], *, only: Sequence[str], skip: Sequence[str]) -> list[Finding]:
    """The failures that this room can mend and that were asked for. Raises UsageError for a control that it can't."""
    known = plannings()
    for id in (*only, *skip):
        if id not in known:
            near = get_close_matches(id, known, n=3) or sorted(known)
            gone = f": {replacement(id)}" if replacement(id) else ""
            raise UsageError(f"harden does nothing for {id!r}{gone}", hint="it mends: " + ", ".join(near))
    return [
        finding
        for finding in findings
        if finding.outcome is Outcome.FAIL
        and finding.control in known
        and (not only or finding.control in only)
        and finding.control not in skip
    ]


def plan_of(findings: Iterable[Finding], situation: Situation, host: str, *, only: Sequence[str] = ()) -> HardenPlan:
    """Each control once, in the order of `plannings`; a control's several findings are one planning's matter.

    What is done only where a person names it is left to them unless `only` does.
    """
    by_control: dict[str, list[Finding]] = {}
    for finding in findings:
        by_control.setdefault(finding.control, []).append(finding)
    steps: list[Step] = []
    not_done: list[NotDone] = []
    for id, planning in plannings().items():
        for planned in planning.plan(by_control[id], situation) if id in by_control else ():
            if isinstance(planned, Step) and planning.named_only and id not in only:
                not_done.append(_to_be_named(planned, planning.named_only))
            elif isinstance(planned, Step):
                steps.append(planned)
            else:
                not_done.append(planned)
    steps, held = held_back(steps, situation)
    shown = [structs.replace(step, diff=exact_change(step, situation)) for step in steps]
    return HardenPlan(
        host=host,
        steps=tuple(shown),
        disturbs=tuple(disturbances(steps, situation)),
        not_done=tuple(dict.fromkeys([*held, *not_done])),
        unseen=tuple(_unseen(situation.machine, only)),
    )


def _unseen(machine: Machine, only: Sequence[str]) -> Iterator[str]:
    """Of an engine that does not answer nothing is known: that must not look like nothing to do."""
    asked = not only or any(id.startswith("engine/") for id in only)
    if asked and not isinstance(machine.engine_answers, Set):
        why = getattr(machine.engine_answers, "reason", "it is not there")
        yield (
            f"the engine does not answer, and of its settings nothing can be told: {why} (where none is installed, "
            "dockworthy harden --install brings one)"
        )


def _to_be_named(step: Step, why: str) -> NotDone:
    return NotDone(id=step.id, why=why, instead=f"see what it would do: dockworthy harden --only {step.id}")
