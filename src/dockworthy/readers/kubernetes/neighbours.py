"""Objects that say something about pods beside them: NetworkPolicy, PodDisruptionBudget, ServiceAccount."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...model.access import Access, Opening
from ...model.field import Set, Unset
from ...model.orchestrated import (
    Direction,
    DisruptionBudget,
    Neighbours,
    NetworkPolicy,
    NodeRequirement,
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


def _requirement(item: Value) -> NodeRequirement:
    operator = text_at(item, "operator")
    if operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
        raise item.wrong("a condition on a label: its operator is In, NotIn, Exists or DoesNotExist")
    return NodeRequirement(text_at(item, "key"), operator, texts_at(item, "values"))


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


_INTERNAL = {
    "service.beta.kubernetes.io/aws-load-balancer-internal": ("true", "0.0.0.0/0"),
    "service.beta.kubernetes.io/aws-load-balancer-scheme": ("internal",),
    "service.beta.kubernetes.io/azure-load-balancer-internal": ("true",),
    "networking.gke.io/load-balancer-type": ("internal",),
    "cloud.google.com/load-balancer-type": ("internal",),
    "service.beta.kubernetes.io/openstack-internal-load-balancer": ("true",),
}
"""Annotation -> the values with which a load balancer gets an address of the inner network only."""

_CERTIFICATES = (
    "alb.ingress.kubernetes.io/certificate-arn",
    "networking.gke.io/managed-certificates",
    "networking.gke.io/pre-shared-certs",
    "ingress.gcp.kubernetes.io/pre-shared-cert",
)
"""With these the certificate is the load balancer's, and no `tls` is written."""


def read_opening_object(document: Value) -> Access:
    kind, name = own_kind_of(document).lower(), name_of(document) or "unnamed"
    spec = document.get("spec")
    read = _of_service if kind == "service" else _of_ingress
    return Access(
        id=f"{document.file}#{kind}/{name}",
        kind=kind,
        source=document.source,
        name=name,
        namespace=namespace_of(document),
        openings=() if spec is None else tuple(read(document, spec)),
    )


def _of_service(document: Value, spec: Value) -> Iterator[Opening]:
    written = spec.get("type")
    kind = "" if written is None else written.scalar_text()
    if written is not None and kind == "NodePort":
        node_ports = _ports(spec, "nodePort")
        numbers = ", ".join(map(str, node_ports)) or "that the cluster picks"
        yield Opening(how=kind, says=f"port {numbers} of every node", source=written.source, ports=_ports(spec, "port"))
    if written is not None and kind == "LoadBalancer":
        yield Opening(
            how=kind,
            says="a load balancer",
            source=written.source,
            ports=_ports(spec, "port"),
            sources=texts_at(spec, "loadBalancerSourceRanges"),
            internal=_is_internal(document),
        )
    addresses = spec.get("externalIPs")
    if addresses is not None and addresses.items():
        says = f"traffic to {', '.join(texts_at(spec, 'externalIPs'))}, whoever owns these addresses"
        yield Opening(how="externalIPs", says=says, source=addresses.source, ports=_ports(spec, "port"))


def _ports(spec: Value, key: str) -> tuple[int, ...]:
    listed = spec.get("ports")
    numbers = [] if listed is None else [port.get(key) for port in listed.items()]
    return tuple(number.integer() for number in numbers if number is not None)


def _is_internal(document: Value) -> bool:
    annotations = document.at("metadata", "annotations")
    return annotations is not None and any(
        value.scalar_text().lower() in _INTERNAL[key] for key, value in annotations.entries() if key in _INTERNAL
    )


def _of_ingress(document: Value, spec: Value) -> Iterator[Opening]:
    """One opening for each host; a rule without a host is for all of them."""
    certificate = any(document.at("metadata", "annotations", key) is not None for key in _CERTIFICATES)
    encrypted = _encrypted_hosts(spec)
    rules = spec.get("rules")
    if rules is None or not rules.items():
        yield _of_host("", spec, certificate or bool(encrypted))
        return
    for rule in rules.items():
        host = text_at(rule, "host")
        yield _of_host(host, rule, certificate or any(_covers(pattern, host) for pattern in encrypted))


def _of_host(host: str, at: Value, encrypted: bool) -> Opening:
    return Opening(how="Ingress", says=host or "every host name", source=at.source, encrypted=encrypted)


def _encrypted_hosts(spec: Value) -> list[str]:
    """`*` for an entry that names no host: its certificate is for any."""
    listed = spec.get("tls")
    found = [] if listed is None else listed.items()
    return [host for entry in found for host in (texts_at(entry, "hosts") or ("*",))]


def _covers(pattern: str, host: str) -> bool:
    """A wildcard stands for one label."""
    if pattern in ("*", host):
        return True
    return pattern.startswith("*.") and host.partition(".")[2] == pattern[2:]
