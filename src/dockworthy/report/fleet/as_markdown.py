"""A fleet as Markdown: the answer, a table of hosts, what fails where, then each host."""

from __future__ import annotations

from ...model.fleet import FleetResult, HostResult
from ..as_markdown import render_markdown
from ..markdown import plain, table
from ..words import VERDICTS
from .common_faults import common_faults


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
