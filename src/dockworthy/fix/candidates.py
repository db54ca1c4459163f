"""Which findings on Compose services have an exact repair: the control's own, for the service at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from ..controls.registry import controls_judging
from ..errors import UsageError
from ..model.compose_fix import ComposeFix, KnownToEngine, WrittenService
from ..model.control import Control, Subject
from ..model.dialect import Platform
from ..model.finding import Finding, Outcome
from ..model.fix import Change, Fix, How
from ..model.workload import Unit
from .yaml_tree import as_list, read_document

NOTHING_KNOWN = KnownToEngine()
_MOST_NAMED = 20
"""Services that extend one, in the words of a fix."""

TextOf = Callable[[str], str | None]
"""File, as findings name it -> its text; None where it can't be had."""


def candidates(
    findings: Iterable[Finding], units: Iterable[Unit], text_of: TextOf, known: KnownToEngine = NOTHING_KNOWN
) -> Iterator[Fix]:
    """Fixes without edits yet, in the order of the findings. What was accepted by an exception is left alone."""
    by_id = {unit.id: unit for unit in units if unit.kind == "service" and unit.dialect.platform is Platform.DOCKER}
    files: dict[str, _Services] = {}
    for finding in findings:
        unit = by_id.get(finding.subject)
        control = _with_fixes().get(finding.control)
        if unit is None or control is None or finding.outcome not in (Outcome.FAIL, Outcome.UNKNOWN):
            continue
        file = unit.source.where
        if file not in files:
            files[file] = _Services(_services(text_of(file), file))
        service = files[file].written.get(unit.name)
        if isinstance(service, dict):
            written = WrittenService(unit, unit.containers[0], service, known)
            yield from _fix_of(finding, control, written, files[file].extending(unit.name))


class _Services:
    """The services of one file, and which of them extend which: what is written for one is written for those, too."""

    def __init__(self, services: Mapping[str, Any]) -> None:
        self.written = services
        self._heirs: dict[str, list[str]] = {}
        for name, service in services.items():
            extends = service.get("extends") if isinstance(service, dict) else None
            base = extends.get("service") if isinstance(extends, dict) and "file" not in extends else extends
            if isinstance(base, str):
                self._heirs.setdefault(base, []).append(name)

    def extending(self, name: str) -> list[str]:
        return self._heirs.get(name, [])


def _fix_of(finding: Finding, control: Control, written: WrittenService, heirs: list[str]) -> Iterator[Fix]:
    for repair in control.fixes:
        if finding.outcome is Outcome.UNKNOWN and not repair.of_unknown:
            continue
        try:
            changes = repair.changes_for(written)
        except Exception:  # whatever a repair trips over in an odd file: the finding stays, and says what to do
            continue
        if changes:
            yield _fix(finding, control, repair, changes, heirs)
            return


def _fix(finding: Finding, control: Control, repair: ComposeFix, changes: tuple[Change, ...], heirs: list[str]) -> Fix:
    more = f" and {len(heirs) - _MOST_NAMED:,} more" if len(heirs) > _MOST_NAMED else ""
    also = f"; it holds for {', '.join(heirs[:_MOST_NAMED])}{more}, too, by `extends`" if heirs else ""
    return Fix(
        control=control.id,
        subject=finding.subject,
        kind=repair.kind,
        says=f"{repair.says}{_removed(changes)}; the container is recreated{also}",
        may_break=repair.may_break,
        changes=changes,
    )


def _removed(changes: Iterable[Change]) -> str:
    """Each entry of a list that goes, by its name: who is to agree must see it."""
    lists = [(change.path, change.value) for change in changes if change.how is How.REMOVE and change.value is not None]
    named = (f"{', '.join(map(str, as_list(value)))} from {'.'.join(path)}" for path, value in lists)
    words = " and ".join(named)
    return f": removes {words}" if words else ""


@cache
def _with_fixes() -> dict[str, Control]:
    return {control.id: control for control in controls_judging(Subject.UNIT) if control.fixes}


def _services(text: str | None, file: str) -> Mapping[str, Any]:
    """The services as the file itself has them; none where it is no file that can be edited."""
    if text is None:
        return {}
    try:
        services = read_document(text, file)[1]["services"]
    except UsageError:
        return {}
    return services if isinstance(services, dict) else {}
