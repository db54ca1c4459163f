"""A fleet on the terminal: one line a host, then what fails on which of them, then each host by itself."""

from __future__ import annotations

from ...model.fleet import FleetResult, HostResult
from ...model.result import Answer
from ..sheet import Sheet
from ..terminal import render_terminal
from ..visible import visible
from ..words import VERDICTS, number_of
from .common_faults import common_faults

_STYLES = {Answer.YES: "good", Answer.ACCEPTED: "good", Answer.NO: "bad", Answer.NOT_YET: "bad"}


def render_fleet(fleet: FleetResult, *, width: int = 80, colour: bool = False, verbose: bool = False) -> str:
    """The first screen answers for all; `verbose` adds the whole report of every host."""
    sheet = Sheet(width=width, colour=colour)
    sheet.line(f"Read: {number_of(len(fleet.hosts), 'host')}. Nothing was changed.")
    sheet.blank()
    sheet.line("Should we run Docker in production, on all of them?")
    reasons = "; ".join(fleet.verdict.because)
    answer = f"{VERDICTS[fleet.verdict.answer].capitalize()}, at level {fleet.level.value}: {reasons}."
    sheet.line(answer, style=_STYLES.get(fleet.verdict.answer, "open"))
    sheet.heading("Hosts")
    for host in fleet.hosts:
        _write_host(sheet, host)
    _write_common(sheet, fleet)
    report = str(sheet)
    if not verbose:
        return report + "\nOne host by itself: dockworthy assess --host NAME; all of them here: -v\n"
    return report + "".join(_whole(host, width, colour) for host in fleet.hosts if host.result is not None)


def _write_host(sheet: Sheet, host: HostResult) -> None:
    if host.result is None:
        sheet.entry("not read", f"{host.host}: {host.error}", indent=2, column=12, label_style="open")
        if host.hint:
            sheet.line(host.hint, indent=12, style="quiet")
        return
    verdict = host.result.verdict
    reasons = f": {verdict.because[0]}" if verdict.because else ""
    label = VERDICTS[verdict.answer]
    sheet.entry(label, f"{host.host}{reasons}", indent=2, column=12, label_style=_STYLES.get(verdict.answer, "open"))


def _write_common(sheet: Sheet, fleet: FleetResult) -> None:
    faults = common_faults(fleet)
    if not faults:
        return
    sheet.heading("What fails, and where")
    for fault in faults[:10]:
        sheet.entry(fault.severity.value, fault.title, indent=2, column=12, label_style=fault.severity.value)
        sheet.line(", ".join(fault.hosts), indent=12, style="quiet", at_most=2)
    if len(faults) > 10:
        sheet.line(f"and {number_of(len(faults) - 10, 'more control')}", indent=12, style="quiet")


def _whole(host: HostResult, width: int, colour: bool) -> str:
    assert host.result is not None
    name = visible(host.host)
    rule = "=" * min(width, len(name) + 2)
    return f"\n{name}\n{rule}\n\n" + render_terminal(host.result, width=width, colour=colour)
