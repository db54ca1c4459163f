"""What an orchestrator knows of a unit beside its containers: its account, its neighbours, how it is replaced."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from .access import Access
from .field import NOT_READ, Field, Source


class NodeRequirement(Struct, frozen=True):
    """A condition on one label: `operator` is `In`, `NotIn`, `Exists` or `DoesNotExist`."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def holds_for(self, labels: Mapping[str, str]) -> bool:
        value = labels.get(self.key)
        if self.operator == "In":
            return value in self.values
        if self.operator == "NotIn":
            return value not in self.values
        return (value is not None) == (self.operator == "Exists")


class Selector(Struct, frozen=True):
    """Which pods are meant, by their labels; one that says nothing means all of them."""

    labels: dict[str, str] = {}
    requirements: tuple[NodeRequirement, ...] = ()

    def selects(self, labels: Mapping[str, str]) -> bool:
        same = all(labels.get(key) == value for key, value in self.labels.items())
        return same and all(requirement.holds_for(labels) for requirement in self.requirements)


class Direction(StrEnum):
    """What a network policy does about traffic in one direction."""

    NOT_SAID = "not said"
    LIMITED = "limited"
    OPEN = "open"


class NetworkPolicy(Struct, frozen=True, kw_only=True):
    name: str
    namespace: str
    selector: Selector
    source: Source
    ingress: Direction
    egress: Direction


class DisruptionBudget(Struct, frozen=True, kw_only=True):
    """How many of a unit's instances may be taken away at once. `stops_maintenance`: never any of them."""

    name: str
    source: Source
    says: str
    namespace: str = ""
    selector: Selector = Selector()
    stops_maintenance: bool = False
    has_rate: bool = True


class ServiceAccount(Struct, frozen=True, kw_only=True):
    name: str
    namespace: str
    source: Source
    token_mounted: Field[bool]


class Neighbours(Struct, frozen=True, kw_only=True):
    """Objects that say something about the pods beside them, in whatever file they stand."""

    policies: tuple[NetworkPolicy, ...] = ()
    budgets: tuple[DisruptionBudget, ...] = ()
    accounts: tuple[ServiceAccount, ...] = ()


class InstanceReplacement(Struct, frozen=True):
    """How instances are replaced by those of a new version. `kind` as the platform names it (`RollingUpdate`, …);
    `healthy` and `more`: the share (0 to 1) of instances that stay healthy, and of those that may be started besides.
    """

    kind: str = ""
    healthy: float | None = None
    more: float | None = None


class Artifact(Struct, frozen=True):
    """A file that is fetched before a task starts. `address` holds no password."""

    address: str
    source: Source
    is_executable: bool = False


class Orchestrated(Struct, frozen=True, kw_only=True):
    """`service_account` is the account of a pod, `role` that of a cloud (IAM).

    `policies`, `budget`, `account_token` and `grants` come from the objects beside it: Unset where the files that were
    read have none that is meant for it.
    """

    namespace: str = ""
    service_account: Field[str] = NOT_READ
    token_mounted: Field[bool] = NOT_READ
    account_token: Field[bool] = NOT_READ
    grants: Field[tuple[Access, ...]] = NOT_READ
    policies: Field[tuple[NetworkPolicy, ...]] = NOT_READ
    budget: Field[DisruptionBudget] = NOT_READ
    replacement: Field[InstanceReplacement] = NOT_READ
    placement: Field[tuple[str, ...]] = NOT_READ
    """Rules that spread the instances over hosts or zones, as written."""
    artifacts: tuple[Artifact, ...] = ()
    role: Field[str] = NOT_READ
    security_groups: Field[tuple[str, ...]] = NOT_READ
    metadata_token: Field[bool] = NOT_READ
    """Does the cloud's metadata service ask for a token?"""
    loosened: Field[tuple[str, ...]] = NOT_READ
    """Settings that take away a protection which the platform gives, as written."""
