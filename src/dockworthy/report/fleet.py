"""Several hosts, one answer: for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ..model.counts import number_of
from ..model.fault import fault_sentence
from ..model.finding import Finding, Outcome
from ..model.fleet import FleetResult, HostResult
from ..model.levels import Level, Severity
from ..model.result import SCHEMA, Answer
from .as_json import TOOL, encode, json_parts, verdict_out
from .as_markdown import render_markdown
from .document import ToolOut, VerdictOut
from .markdown import plain, table
from .sheet import Sheet
from .terminal import render_terminal
from .visible import visible
from .words import VERDICTS


class CommonFault(Struct, frozen=True):
    control: str
    title: str
    severity: Severity
    hosts: tuple[str, ...]


def common_faults(fleet: FleetResult) -> list[CommonFault]:
    """The severity is that of its most serious finding on any host."""
    found: dict[str, list[Finding]] = {}
    objects: dict[str, set[tuple[str, str]]] = {}
    where: dict[str, dict[str, None]] = {}
    worst: dict[str, Severity] = {}
    for host in fleet.hosts:
        for finding in host.result.findings if host.result else ():
            if finding.outcome is not Outcome.FAIL:
                continue
            found.setdefault(finding.control, []).append(finding)
            objects.setdefault(finding.control, set()).add((host.host, finding.subject))
            where.setdefault(finding.control, {})[host.host] = None
            known = worst.get(finding.control)
            if known is None or finding.severity.rank < known.rank:
                worst[finding.control] = finding.severity
    faults = [
        CommonFault(c, fault_sentence(found[c], len(objects[c])), worst[c], tuple(hosts)) for c, hosts in where.items()
    ]
    return sorted(faults, key=lambda fault: (fault.severity.rank, -len(fault.hosts), fault.control))


class _Head(Struct, frozen=True):
    schema: int
    tool: ToolOut
    command: str
    level: Level
    verdict: VerdictOut


class _Unreached(Struct, frozen=True):
    """A host that could not be read: why, and what to do next."""

    host: str
    error: str
    hint: str
    result: None = None


def fleet_parts(fleet: FleetResult) -> Iterator[bytes]:
    """The document piece by piece: hosts with thousands of findings are never in memory twice."""
    head = encode(_Head(SCHEMA, TOOL, "assess", fleet.level, verdict_out(fleet.verdict)))
    yield head.rstrip().removesuffix(b"}") + b',"hosts":['
    separator = b""
    for host in fleet.hosts:
        yield separator
        yield from _host(host)
        separator = b","
    yield b"]}\n"


def _host(host: HostResult) -> Iterator[bytes]:
    if host.result is None:
        yield encode(_Unreached(host.host, host.error, host.hint)).rstrip()
        return
    yield b'{"host":' + encode(_Name(host.host)).rstrip().removeprefix(b'{"host":').removesuffix(b"}")
    yield b',"error":"","hint":"","result":'
    for part in json_parts(host.result):
        yield part.rstrip(b"\n")
    yield b"}"


class _Name(Struct, frozen=True):
    host: str


def render_fleet_markdown(fleet: FleetResult, *, verbose: bool = False) -> str:
    """`verbose` adds the whole report of every host."""
    verdict = fleet.verdict
    parts = [f"# {plain(VERDICTS[verdict.answer].capitalize())}, for all {len(fleet.hosts)} hosts"]
    parts.append("\n".join(f"- {plain(reason)}" for reason in verdict.because))
    parts.append(table(("Host", "Answer", "Because"), [_row(host) for host in fleet.hosts]))
    faults = [(f.severity.value, plain(f.title), plain(", ".join(f.hosts))) for f in common_faults(fleet)]
    if faults:
        parts.append(table(("Severity", "What fails", "On"), faults))
    if verbose:
        parts += [f"---\n\n{plain(h.host)}\n\n{render_markdown(h.result).rstrip()}" for h in fleet.hosts if h.result]
    return "\n\n".join(parts) + "\n"


def _row(host: HostResult) -> tuple[str, str, str]:
    if host.result is None:
        return plain(host.host), "not read", plain(host.error)
    verdict = host.result.verdict
    return plain(host.host), VERDICTS[verdict.answer], plain(verdict.because[0] if verdict.because else "")


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
