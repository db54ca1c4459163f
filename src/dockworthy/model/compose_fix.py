"""The exact repair that a control knows for a service of a Compose file: data of the control, applied by `fix`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct

from .fix import Change, FixKind, How
from .workload import Container, Unit


class KnownToEngine(Struct, frozen=True):
    """What an engine told besides the file: `digests` image, as a file names it -> the digest that it has there;
    `log_driver` the one that containers get by default, "" where nobody told."""

    digests: Mapping[str, str] = {}
    log_driver: str = ""


class WrittenService(Struct, frozen=True):
    """`service` is the mapping as the file has it: anchors resolved, variables as they are written."""

    unit: Unit
    container: Container
    service: Mapping[str, Any]
    known: KnownToEngine = KnownToEngine()

    def listed(self, key: str) -> list[str]:
        """The single values of a list, as written; empty where there is none."""
        found = self.service.get(key)
        return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []


Computed = Callable[[WrittenService], Iterable[Change]]


class ComposeFix(Struct, frozen=True, kw_only=True):
    """`says` what it does; `may_break` what can stop working by it, which every fix that is to be proven must name.

    `changes`, or a pure function that gives them: none where the case at hand has no exact repair. `of_unknown`: made
    where the file does not tell, too, not only where the control fails.
    """

    says: str
    kind: FixKind = FixKind.TO_BE_PROVEN
    may_break: str = ""
    changes: tuple[Change, ...] | Computed
    of_unknown: bool = False

    def changes_for(self, written: WrittenService) -> tuple[Change, ...]:
        """The changes of this very service."""
        given = self.changes if isinstance(self.changes, tuple) else tuple(self.changes(written))
        return tuple(Change(written.unit.name, change.path, change.value, change.how) for change in given)


def set_key(*path: str, to: Any) -> Change:
    """A key of the service, by its path."""
    return Change("", path, to)


def remove_key(*path: str) -> Change:
    return Change("", path, how=How.REMOVE)


def add_entries(*path: str, entries: Iterable[str]) -> Change:
    """Entries of a list that may be there already."""
    return Change("", path, list(entries), How.ADD)


def remove_entries(*path: str, entries: Iterable[str]) -> Iterable[Change]:
    """Entries of a list, as they are written; no change at all where there are none."""
    leaving = list(entries)
    return (Change("", path, leaving, How.REMOVE),) if leaving else ()
