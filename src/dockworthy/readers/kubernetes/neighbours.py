"""Objects that say something about pods beside them: NetworkPolicy, PodDisruptionBudget, ServiceAccount."""

from __future__ import annotations

from collections.abc import Sequence

from ...model.field import Set, Unset
from ...model.orchestrated import (
    Direction,
    DisruptionBudget,
    Neighbours,
    NetworkPolicy,
    Requirement,
    Selector,
    ServiceAccount,
)
from ..yaml_source import Value
from .metadata import labels_at, name_of, namespace_of, own_kind_of, text_at, texts_at


def read_neighbours(objects: Sequence[Value]) -> Neighbours:
    kinds = [(own_kind_of(found), found) for found in objects]
    return Neighbours(
        policies=tuple(_policy(found) for kind, found in kinds if kind == "NetworkPolicy"),
        budgets=tuple(_budget(found) for kind, found in kinds if kind == "PodDisruptionBudget"),
        accounts=tuple(_account(found) for kind, found in kinds if kind == "ServiceAccount"),
    )


def _policy(document: Value) -> NetworkPolicy:
    spec = document.get("spec")
    types = texts_at(spec, "policyTypes")
    egress = None if spec is None else spec.get("egress")
    if not types:  # the API server fills in what is not said
        types = ("Ingress", "Egress") if egress is not None else ("Ingress",)
    return NetworkPolicy(
        name=name_of(document),
        namespace=namespace_of(document),
        selector=_selector(None if spec is None else spec.get("podSelector")),
        source=document.source,
        ingress=_direction(spec, "ingress", "from") if "Ingress" in types else Direction.NOT_SAID,
        egress=_direction(spec, "egress", "to") if "Egress" in types else Direction.NOT_SAID,
    )


def _direction(spec: Value | None, key: str, peers: str) -> Direction:
    """No rule lets nothing through; a rule that names neither peers nor ports lets everything through."""
    rules = None if spec is None else spec.get(key)
    for rule in [] if rules is None else rules.items():
        if _is_empty(rule.get(peers)) and _is_empty(rule.get("ports")):
            return Direction.OPEN
    return Direction.LIMITED


def _is_empty(listed: Value | None) -> bool:
    return listed is None or not listed.items()


def _selector(selector: Value | None) -> Selector:
    if selector is None:
        return Selector()
    listed = selector.get("matchExpressions")
    return Selector(
        labels_at(selector, "matchLabels"),
        () if listed is None else tuple(_requirement(item) for item in listed.items()),
    )


def _requirement(item: Value) -> Requirement:
    operator = text_at(item, "operator")
    if operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
        raise item.wrong("a condition on a label: its operator is In, NotIn, Exists or DoesNotExist")
    return Requirement(text_at(item, "key"), operator, texts_at(item, "values"))


def _budget(document: Value) -> DisruptionBudget:
    spec = document.get("spec")
    kept, taken = (None if spec is None else spec.get(key) for key in ("minAvailable", "maxUnavailable"))
    said = [
        f"{key}: {value.scalar_text()}" for key, value in (("minAvailable", kept), ("maxUnavailable", taken)) if value
    ]
    stops = (kept is not None and kept.scalar_text() == "100%") or (
        taken is not None and taken.scalar_text() in ("0", "0%")
    )
    return DisruptionBudget(
        name=name_of(document),
        namespace=namespace_of(document),
        source=document.source,
        says=", ".join(said) or "minAvailable: 1",
        selector=_selector(None if spec is None else spec.get("selector")),
        stops_maintenance=stops,
    )


def _account(document: Value) -> ServiceAccount:
    mounted = document.get("automountServiceAccountToken")
    return ServiceAccount(
        name=name_of(document),
        namespace=namespace_of(document),
        source=document.source,
        token_mounted=Unset(document.source) if mounted is None else Set(mounted.boolean(), mounted.source),
    )
