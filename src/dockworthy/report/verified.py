"""A proof for people and for programs: what is kept, what is refused and by which line, what was measured."""

from __future__ import annotations

import json

from msgspec import Struct

from ..model.counts import number_of
from ..model.verified import FinalState, Measured, ProvenChange, ProvenNeed, RefusedChange, Verified
from .said_once import alike, listed_once, write_once
from .sheet import Sheet

_COLUMN = 15
_MIB = 1024 * 1024


class KeptOut(Struct, frozen=True):
    """`controls`: those that ask for it, among those that have an exact repair."""

    service: str
    says: str
    controls: tuple[str, ...]


class RefusedOut(Struct, frozen=True):
    """`log`: the line that shows it, null where the service wrote none."""

    service: str
    says: str
    why: str
    log: str | None
    controls: tuple[str, ...]


class NeedOut(Struct, frozen=True):
    """An exception that the run gave the reason for; who owns it, and until when it holds, people decide."""

    control: str
    subject: str
    reason: str


class MeasuredOut(Struct, frozen=True):
    """The unchanged service: seconds until it was up, bytes, cores, processes and threads, and paths it wrote to."""

    service: str
    up_after: float
    memory: int
    cpus: float
    pids: int
    wrote: tuple[str, ...]


class VerifiedOut(Struct, frozen=True):
    """`states`: the last run, with all that is kept. `trials` counts starts; `notes`: what the proof does not cover."""

    kept: tuple[KeptOut, ...]
    refused: tuple[RefusedOut, ...]
    measured: tuple[MeasuredOut, ...]
    states: tuple[FinalState, ...]
    notes: tuple[str, ...]
    trials: int
    seconds: float
    exceptions: tuple[NeedOut, ...] = ()


def verified_out(verified: Verified) -> VerifiedOut:
    return VerifiedOut(
        tuple(KeptOut(each.service, each.says, each.controls) for each in verified.kept),
        tuple(
            RefusedOut(each.service, each.says, each.why, each.log or None, each.controls) for each in verified.refused
        ),
        tuple(_measured(each) for each in verified.measured),
        verified.states,
        verified.notes,
        verified.trials,
        round(verified.seconds, 1),
        tuple(NeedOut(each.control, each.service, each.reason) for each in verified.needs),
    )


def write_verified(sheet: Sheet, verified: Verified) -> None:
    """Below the file's name: first what will stand in it, last what nobody knows."""
    _write_kept(sheet, verified.kept)
    _write_refused(sheet, verified.refused)
    _write_needs(sheet, verified.needs)
    if verified.measured:
        sheet.line("measured, as it is", indent=2)
    for measured in verified.measured:
        sheet.entry(measured.service, _in_words(measured), indent=4, column=_COLUMN)
    if verified.states:
        sheet.line("with all that is kept, as new and over its own data", style="good", indent=2)
    for alike_in_state in alike(verified.states, lambda state: (state.state, state.how)):
        state = alike_in_state[0]
        write_once(sheet, [each.service for each in alike_in_state], f"{state.state}: {state.how}", column=_COLUMN)
    if verified.notes:
        sheet.line("not covered by the proof", style="open", indent=2)
    services = {each.service for each in verified.measured} | {state.service for state in verified.states}
    for note in listed_once(verified.notes, services):
        sheet.point(note, indent=4)


def _write_kept(sheet: Sheet, kept: tuple[ProvenChange, ...]) -> None:
    if kept:
        sheet.line("proven by a run", style="good", indent=2)
    for same in alike(kept, lambda each: (each.says, each.controls)):
        controls = f" ({', '.join(same[0].controls)})" if same[0].controls else ""
        write_once(sheet, [each.service for each in same], f"{same[0].says}{controls}", column=_COLUMN)


def _write_refused(sheet: Sheet, refused: tuple[RefusedChange, ...]) -> None:
    if refused:
        sheet.line("refused: it does not work with", style="bad", indent=2)
    for same in alike(refused, lambda each: (each.says, each.why, each.log)):
        first = same[0]
        write_once(sheet, [each.service for each in same], f"{first.says}: {first.why}", column=_COLUMN)
        if first.log:
            sheet.entry("", f"its log: {first.log}", column=_COLUMN, style="quiet")


def _write_needs(sheet: Sheet, needs: tuple[ProvenNeed, ...]) -> None:
    """As dockworthy.yaml takes them, but for the owner and the last day."""
    if needs:
        sheet.line("needed, as the run showed: to accept it, put this into dockworthy.yaml", style="open", indent=2)
        sheet.verbatim("", "policy:", column=4)
        sheet.verbatim("", "  exceptions:", column=4)
    for each in needs:
        sheet.verbatim("", f"    - control: {each.control}", column=4)
        sheet.verbatim("", f"      subject: {each.service}", column=4)
        sheet.verbatim("", f"      reason: {json.dumps(each.reason, ensure_ascii=False)}", column=4)
        sheet.verbatim("", "      owner: WHO  # who answers for it", column=4)
        sheet.verbatim("", "      expires: YYYY-MM-DD  # when it is looked at again", column=4)


def _in_words(measured: Measured) -> str:
    parts = [f"up after {measured.up_after:.1f} s"]
    if measured.memory:
        parts.append(f"{measured.memory / _MIB:.0f} MiB")
    if measured.cpus:
        parts.append(f"{measured.cpus:.2f} CPU at most")
    if measured.pids:
        parts.append(number_of(measured.pids, "process or thread", "processes and threads"))
    if measured.wrote:
        more = f" and {len(measured.wrote) - 4} more" if len(measured.wrote) > 4 else ""
        parts.append(f"wrote {', '.join(measured.wrote[:4])}{more}")
    return ", ".join(parts)


def _measured(each: Measured) -> MeasuredOut:
    return MeasuredOut(
        each.service, round(each.up_after, 2), each.memory, round(each.cpus, 3), each.pids, each.wrote
    )  # fmt: skip


def summary_of(verified: Verified) -> str:
    """How much it took."""
    kept, refused = number_of(len(verified.kept), "change"), len(verified.refused)
    starts = number_of(verified.trials, "start")
    return f"{kept} proven, {refused} refused, in {starts} and {verified.seconds:.0f} s."
