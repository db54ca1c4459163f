"""A job as a unit: how many tasks, where, with which rights in the cloud."""

from __future__ import annotations

from ...model.dialect import Dialect, Platform, Version
from ...model.field import Field, Set, Unset
from ...model.orchestrated import DisruptionBudget, Orchestrated
from ...model.workload import Namespaces, Unit
from ..definition import entries, word, words
from ..yaml_source import Value
from .container import Attributes, by_operators, by_titus, proto_number, read_containers

VERSION = Version(3, 0)
"""Of Titus' API."""


def read_titus(document: Value) -> Unit:
    """Raises UnreadableInput (file, line) for a value of the wrong type."""
    silent = Unset(document.source)
    main = document.get("container") or document
    security, service = main.get("securityProfile"), document.get("service")
    name = word(document, "applicationName") or "job"
    attributes = Attributes(document, main, security)
    return Unit(
        id=f"{document.file}#{name}",
        kind="job" if service is None else "service",
        name=name,
        dialect=Dialect(Platform.TITUS, VERSION, frozenset({"seccomp", "apparmor"})),
        source=document.source,
        containers=tuple(read_containers(document, main, attributes, name)),
        namespaces=_namespaces(document),
        sysctls=silent,
        labels={key: value.scalar_text() for key, value in entries(document, "attributes")},
        replicas=_replicas(document, silent),
        orchestrated=Orchestrated(
            budget=read_budget(document, silent),
            placement=_placement(main, silent),
            role=_named(security, "iamRole", main),
            security_groups=_listed(security, "securityGroups", main),
            metadata_token=attributes.metadata_token(silent),
            loosened=attributes.loosened(silent),
        ),
    )


def _namespaces(document: Value) -> Namespaces:
    """Each task has an address and namespaces of its own; whether users are mapped its operators decide."""
    own = by_titus("private", "namespaces")
    user = by_operators("whether users are mapped", document)
    return Namespaces(network=own, pid=own, ipc=own, uts=own, cgroup=own, user=user)


def _replicas(document: Value, silent: Unset) -> Field[int]:
    wanted = document.at("service", "capacity", "desired") or document.at("batch", "size")
    return silent if wanted is None else Set(int(proto_number(wanted)), wanted.source)


def _placement(main: Value, silent: Unset) -> Field[tuple[str, ...]]:
    found = [
        (name, value)
        for kind in ("hardConstraints", "softConstraints")
        for name, value in entries(main.get(kind), "constraints")
    ]
    return Set(tuple(name for name, _ in found), found[0][1].source) if found else silent


def _named(security: Value | None, key: str, main: Value) -> Field[str]:
    """An empty text is as good as none."""
    value = None if security is None else security.get(key)
    text = "" if value is None else value.scalar_text().strip()
    place = value or security or main
    return Set(text, place.source) if text else Unset(place.source)


def _listed(security: Value | None, key: str, main: Value) -> Field[tuple[str, ...]]:
    listed = None if security is None else security.get(key)
    said = () if listed is None else words(listed)
    place = listed or security or main
    return Set(said, place.source) if said else Unset(place.source)


_POLICIES = ("selfManaged", "availabilityPercentageLimit", "unhealthyTasksLimit", "relocationLimit")
_RATES = ("ratePercentagePerHour", "ratePerInterval", "ratePercentagePerInterval")


def read_budget(job: Value, silent: Unset) -> Field[DisruptionBudget]:
    """Unset where neither is written, or the older one leaves it to the system."""
    budget = job.get("disruptionBudget")
    if budget is not None and any(_has(budget, key) for key in _POLICIES):
        return Set(_budget(budget), budget.source)
    older = job.at("service", "migrationPolicy")
    if older is not None and _has(older, "selfManaged"):
        return Set(DisruptionBudget(name="", source=older.source, says="selfManaged", has_rate=False), older.source)
    return silent


def _has(parent: Value, key: str) -> bool:
    return key in parent.keys()


def _budget(budget: Value) -> DisruptionBudget:
    """`selfManaged` leaves it to the owner until a deadline, and then to nobody."""
    policy = next(key for key in _POLICIES if _has(budget, key))
    limited = any(_has(budget, key) for key in _RATES)
    share = budget.at("availabilityPercentageLimit", "percentageOfHealthyContainers")
    unhealthy = budget.at("unhealthyTasksLimit", "limitOfUnhealthyContainers")
    return DisruptionBudget(
        name="",
        source=budget.source,
        says=policy,
        stops_maintenance=(share is not None and proto_number(share) >= 100)
        or (policy == "unhealthyTasksLimit" and (unhealthy is None or proto_number(unhealthy) == 0)),
        has_rate=policy != "selfManaged" or limited,
    )
