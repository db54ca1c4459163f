"""How many tasks of a job may be moved at once: `disruptionBudget`, and the older `migrationPolicy`."""

from __future__ import annotations

from ...model.field import Field, Set, Unset
from ...model.orchestrated import DisruptionBudget
from ..yaml_source import Value
from .proto_json import proto_number

_POLICIES = ("selfManaged", "availabilityPercentageLimit", "unhealthyTasksLimit", "relocationLimit")
_RATES = ("ratePercentagePerHour", "ratePerInterval", "ratePercentagePerInterval")


def read_budget(job: Value, silent: Unset) -> Field[DisruptionBudget]:
    """Unset where neither is written, or the older one leaves it to the system."""
    budget = job.get("disruptionBudget")
    if budget is not None and any(_named(budget, key) for key in _POLICIES):
        return Set(_budget(budget), budget.source)
    older = job.at("service", "migrationPolicy")
    if older is not None and _named(older, "selfManaged"):
        return Set(DisruptionBudget(name="", source=older.source, says="selfManaged", has_rate=False), older.source)
    return silent


def _named(parent: Value, key: str) -> bool:
    return key in parent.keys()


def _budget(budget: Value) -> DisruptionBudget:
    """`selfManaged` leaves it to the owner until a deadline, and then to nobody."""
    policy = next(key for key in _POLICIES if _named(budget, key))
    limited = any(_named(budget, key) for key in _RATES)
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
