"""Which way to production fits a team's constraints, and which do not: from its intent, and from the host where one is.

A reason against with weight "rules it out" makes a way unfit; the fitting ways are ordered by effort.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..model.counts import number_of
from ..model.field import Set
from ..model.labels import COMPOSE_PROJECT, COMPOSE_SERVICE
from ..model.machine import Machine
from ..model.policy import Availability, Code, Data, Exposure, Intent
from ..model.way import Fit, Way
from ..model.workload import Unit
from .impossible import is_sandbox


class WayFacts(NamedTuple):
    """What the reasons look at. `machine` is None where no host was read; `hosts`: how many dockworthy.yaml names."""

    intent: Intent
    machine: Machine | None
    hosts: int = 0

    @property
    def services(self) -> int:
        """What runs here, each service of a project once; 0 where no engine was read."""
        return len({_service_of(unit) for unit in self.machine.units}) if self.machine else 0

    @property
    def volumes(self) -> int:
        return len(self.machine.volumes) if self.machine else 0

    @property
    def nodes(self) -> int:
        """Of the swarm that this engine is in; 0 in none, or where they are not told."""
        cluster = self.machine.cluster if self.machine else None
        return len(cluster.nodes.value) if cluster is not None and isinstance(cluster.nodes, Set) else 0

    @property
    def has_many_services(self) -> bool:
        """So many that people lose sight of what runs where."""
        return self.services >= MANY_SERVICES

    def seen(self) -> tuple[str, ...]:
        """What was found that the reasons rest on, in words."""
        found = [number_of(self.hosts, "host") + " in dockworthy.yaml"] if self.hosts else []
        if self.in_swarm:
            found.append(f"a swarm of {number_of(self.nodes, 'node')}" if self.nodes else "an engine in a swarm")
        if self.machine is not None and isinstance(self.machine.engine_answers, Set):
            found += [number_of(self.services, "service"), number_of(self.volumes, "volume")]
        return tuple(found)

    @property
    def operators(self) -> int:
        """How many people can mend it; one where nobody said."""
        return 1 if self.intent.team.operators is None else self.intent.team.operators

    @property
    def has_sandbox(self) -> bool:
        engine = self.machine.engine.info if self.machine else None
        runtimes = engine.value.get("Runtimes") if isinstance(engine, Set) else None
        return isinstance(runtimes, dict) and any(is_sandbox(name) for name in runtimes)

    @property
    def in_swarm(self) -> bool:
        return self.machine is not None and self.machine.cluster is not None

    @property
    def untrusted(self) -> bool:
        return self.intent.code is Code.UNTRUSTED

    @property
    def precious(self) -> bool:
        return self.intent.data is Data.PRECIOUS

    @property
    def survives(self) -> bool:
        return self.intent.availability is Availability.SURVIVES_HOST_LOSS

    @property
    def relaxed(self) -> bool:
        return self.intent.availability is Availability.BEST_EFFORT


class WayReason(NamedTuple):
    """`weight` is added where it holds: positive for, negative against; -10 rules the way out."""

    holds: Callable[[WayFacts], bool]
    weight: int
    says: str


class Plan(NamedTuple):
    id: str
    title: str
    effort_rank: int
    effort: str
    leaving: str
    reasons: tuple[WayReason, ...]


RULED_OUT = -10

MANY_SERVICES = 20


def ways(intent: Intent, machine: Machine | None, plans: tuple[Plan, ...], *, hosts: int = 0) -> tuple[Way, ...]:
    """Every way, the fitting ones first, of equal ones the one with the least effort. The intent must be whole."""
    situation = WayFacts(intent, machine, hosts)
    weighed = [(plan, [reason for reason in plan.reasons if reason.holds(situation)]) for plan in plans]
    ordered = sorted(weighed, key=lambda entry: (_rank(_fit(entry[1])), -_sum(entry[1]), entry[0].effort_rank))
    return tuple(_way(plan, reasons) for plan, reasons in ordered)


def _service_of(unit: Unit) -> tuple[str, str]:
    """Project and service of a container that Compose made; of others the name."""
    project = unit.labels.get(COMPOSE_PROJECT, "")
    service = unit.labels.get(COMPOSE_SERVICE, "")
    return (project, service) if project and service else ("", unit.name)


def _fit(reasons: list[WayReason]) -> Fit:
    if any(reason.weight <= RULED_OUT for reason in reasons):
        return Fit.UNFIT
    return Fit.FITS if _sum(reasons) > 0 else Fit.POSSIBLE


def _rank(fit: Fit) -> int:
    return list(Fit).index(fit)


def _sum(reasons: list[WayReason]) -> int:
    return sum(reason.weight for reason in reasons)


def _way(plan: Plan, reasons: list[WayReason]) -> Way:
    return Way(
        id=plan.id,
        title=plan.title,
        fit=_fit(reasons),
        reasons_for=tuple(reason.says for reason in reasons if reason.weight > 0),
        reasons_against=tuple(reason.says for reason in reasons if reason.weight < 0),
        effort=plan.effort,
        leaving=plan.leaving,
    )


def exposed(situation: WayFacts) -> bool:
    return situation.intent.exposure is Exposure.INTERNET
