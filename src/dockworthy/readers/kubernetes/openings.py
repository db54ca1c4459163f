"""What lets in from outside the cluster: Services and Ingresses.

Source: the Kubernetes API reference, core/v1 ServiceSpec and networking.k8s.io/v1 IngressSpec; the annotations are
those that the cloud controllers document.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...model.access import Access, Opening
from ..yaml_source import Value
from .metadata import name_of, namespace_of, own_kind_of, text_at, texts_at

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
