"""What stands beside a pod, in its file or in another one, told to the pod: policies, budgets, accounts, grants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TypeVar

from msgspec import structs

from ...model.access import Access
from ...model.field import Field, Set, Unset
from ...model.orchestrated import DisruptionBudget, Neighbours, NetworkPolicy, ServiceAccount
from ...model.workload import Unit
from ...model.written import Written

T = TypeVar("T", NetworkPolicy, DisruptionBudget, ServiceAccount)

_GROUP = "system:serviceaccounts:"
"""Before a namespace: the group of all its service accounts."""


def together(neighbours: Iterable[Neighbours]) -> Neighbours:
    """Those of several files."""
    found = list(neighbours)
    return Neighbours(
        policies=tuple(policy for each in found for policy in each.policies),
        budgets=tuple(budget for each in found for budget in each.budgets),
        accounts=tuple(account for each in found for account in each.accounts),
    )


def joined(written: Written) -> Written:
    """The same with every pod knowing its neighbours. Units of other platforms are left as they are."""
    policies = _by_namespace(written.neighbours.policies)
    budgets = _by_namespace(written.neighbours.budgets)
    accounts = {(account.namespace, account.name): account for account in written.neighbours.accounts}
    grants = _grants_by_holder(written.accesses)
    units = (
        _joined(unit, policies, budgets, accounts, grants) if unit.dialect.is_kubernetes else unit
        for unit in written.units
    )
    return structs.replace(written, units=tuple(units))


def _by_namespace(objects: Iterable[T]) -> Mapping[str, list[T]]:
    found: dict[str, list[T]] = defaultdict(list)
    for each in objects:
        found[each.namespace].append(each)
    return found


def _joined(
    unit: Unit,
    policies: Mapping[str, list[NetworkPolicy]],
    budgets: Mapping[str, list[DisruptionBudget]],
    accounts: Mapping[tuple[str, str], ServiceAccount],
    grants: Mapping[tuple[str, str], list[Access]],
) -> Unit:
    own, silent = unit.orchestrated, Unset(unit.source)
    selecting = tuple(p for p in policies.get(own.namespace, ()) if p.selector.selects(unit.labels))
    keeping = next((b for b in budgets.get(own.namespace, ()) if b.selector.selects(unit.labels)), None)
    account = own.service_account.value if isinstance(own.service_account, Set) else "default"
    known = accounts.get((own.namespace, account))
    return structs.replace(
        unit,
        orchestrated=structs.replace(
            own,
            policies=Set(selecting, selecting[0].source) if selecting else silent,
            budget=Set(keeping, keeping.source) if keeping is not None else silent,
            account_token=silent if known is None else known.token_mounted,
            grants=_grants(grants, own.namespace, account, silent),
        ),
    )


def _grants_by_holder(accesses: Iterable[Access]) -> Mapping[tuple[str, str], list[Access]]:
    """(namespace, account) -> its bindings; an account of "" stands for every one of the namespace."""
    found: dict[tuple[str, str], list[Access]] = defaultdict(list)
    for binding in accesses:
        for holder in binding.holders:
            if holder.kind == "ServiceAccount":
                found[holder.namespace, holder.name].append(binding)
            elif holder.kind == "Group" and holder.name.startswith(_GROUP):
                found[holder.name.removeprefix(_GROUP), ""].append(binding)
    return found


def _grants(
    grants: Mapping[tuple[str, str], list[Access]], namespace: str, account: str, silent: Unset
) -> Field[tuple[Access, ...]]:
    found = (*grants.get((namespace, account), ()), *grants.get((namespace, ""), ()))
    return Set(found, found[0].source) if found else silent
