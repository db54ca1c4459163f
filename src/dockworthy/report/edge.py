"""An edge for the person who runs it: what it serves, what needs care, and what became of certificates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ..model.counts import number_of
from ..model.edge import CertificateStanding, EdgeStanding
from .sheet import Sheet

_COLUMN = 14


def render_edge(edge: EdgeStanding, *, width: int, colour: bool) -> str:
    """Other hosts' edges come first. What needs care comes last, where a person looks first."""
    sheet = Sheet(width=width, colour=colour)
    for other in edge.others:
        _render(sheet, other)
        sheet.blank()
    _render(sheet, edge)
    return str(sheet)


def _render(sheet: Sheet, edge: EdgeStanding) -> None:
    if not edge.is_there:
        sheet.line(f"{edge.host} has no edge: the first `dockworthy deploy` with routes starts one")
        return
    runs = "runs" if edge.is_running else "does not run"
    since = f", since {edge.image_since[:10]}" if edge.image_since else ""
    sheet.line(f"the edge of {edge.host} {runs}: HAProxy {edge.version}{since}", style="heading")
    sheet.entry("image", f"HAProxy: {edge.image}", indent=1, column=_COLUMN)
    if (moves := edge.keepalived) is not None:
        made = f", since {moves.image_since[:10]}" if moves.image_since else ""
        sheet.entry("", f"keepalived {moves.version}{made}: {moves.image}", indent=1, column=_COLUMN)
    sheet.entry("ports", ", ".join(map(str, edge.ports)) or "none", indent=1, column=_COLUMN)
    if edge.address:
        where = "here" if edge.has_address else "on another host"
        sheet.entry("address", f"{edge.address}: {where}", indent=1, column=_COLUMN)
    for route in edge.routes:
        says = f"{route.host}{route.path.rstrip('/')} -> {route.service} of {route.project}: "
        says += f"{number_of(route.up, 'container')} up"
        says += f" of {route.seen}" if route.seen != route.up else ""
        sheet.entry("route", says, indent=1, column=_COLUMN, label_style="good" if route.up else "bad")
    if not edge.routes:
        sheet.entry("routes", "none: no project is shown here now", indent=1, column=_COLUMN)
    for certificate in edge.certificates:
        style = "bad" if certificate.is_late or certificate.failed else "open" if certificate.is_due else "good"
        sheet.entry("certificate", _certificate(certificate), indent=1, column=_COLUMN, label_style=style)
    if edge.certificates:
        tried = f", last seen {edge.renewal_tried}" if edge.renewal_tried else ""
        renewal = f"automatic, by {edge.renewed_by}" if edge.renewed_by else "automatic renewal: not set up"
        sheet.entry("renewal", renewal + tried, indent=1, column=_COLUMN)
    for care in edge.cares:
        sheet.entry("care", care, indent=1, column=_COLUMN, label_style="bad")


def _certificate(certificate: CertificateStanding) -> str:
    left = f"{certificate.days:.0f} days" if abs(certificate.days) >= 2 else f"{certificate.days * 24:.0f} hours"
    return f"{', '.join(certificate.names)} ({certificate.kind}): {left} left, until {certificate.ends}"


class DueLike(Protocol):
    """One certificate that was to be renewed."""

    @property
    def subject(self) -> str: ...
    @property
    def why(self) -> str: ...


class RenewedLike(Protocol):
    """What came of a renewal, as `deploy.edge.renewing` tells it."""

    @property
    def due(self) -> tuple[DueLike, ...]: ...
    @property
    def failed(self) -> dict[str, str]: ...
    @property
    def handed_over(self) -> bool: ...
    @property
    def looked_at(self) -> bool: ...
    @property
    def notes(self) -> tuple[str, ...]: ...


def render_renewed(done: RenewedLike, *, would: bool) -> str:
    """A line for each certificate that was due and is renewed."""
    return "".join(f"{line}\n" for line in _renewed(done, would=would))


def failed_in_words(done: RenewedLike) -> Iterator[str]:
    """A line for each that could not be renewed."""
    for each in done.due:
        if each.subject in done.failed:
            yield f"{each.subject}: not renewed ({each.why}): {done.failed[each.subject]}"


def _renewed(done: RenewedLike, *, would: bool) -> Iterator[str]:
    for each in done.due:
        if would:
            yield f"{each.subject}: would be renewed ({each.why})"
        elif each.subject not in done.failed:
            yield f"{each.subject}: renewed ({each.why})"
    if not done.due:
        yield "no certificate ends soon: nothing to do"
    if done.handed_over and not done.looked_at and len(done.failed) < len(done.due):
        yield "the edge took them over; it could not be asked from the host itself what it shows"
    yield from done.notes
