"""A pod: what its metadata and its spec say, each value with its line."""

from __future__ import annotations

from ...model.dialect import Dialect
from ...model.field import Field, Set, Unset
from ...model.orchestrated import InstanceReplacement, Orchestrated
from ...model.workload import Annotation, Container, ContainerRole, Namespaces, Sysctl, Unit, Volume
from ..yaml_source import Value
from .container import boolean, read_container, read_context
from .metadata import namespace_of, text_at

_VOLUME_SETTINGS = frozenset({"name"})


def read_pod(outer: Value, pod: Value, dialect: Dialect) -> Unit:
    """`outer` is the object that names the pod (a Deployment, or the pod itself), `pod` holds metadata and spec."""
    kind = _text(outer, "kind") or "Pod"
    name = _text(outer, "metadata", "name") or _text(outer, "metadata", "generateName") or kind.lower()
    spec = pod.get("spec")
    if spec is None:
        raise pod.wrong("a pod: it has no spec")
    silent = Unset(spec.source)
    security = spec.get("securityContext")
    return Unit(
        id=f"{outer.file}#{name}",
        kind=kind.lower(),
        name=name,
        dialect=dialect,
        source=outer.source,
        containers=tuple(_containers(spec)),
        os=_os(spec, silent),
        context=read_context(security, silent),
        namespaces=_namespaces(spec, silent),
        volumes=tuple(_volumes(spec)),
        sysctls=_sysctls(security, silent),
        labels=_labels(pod),
        annotations=_annotations(pod),
        replicas=_replicas(outer, silent),
        orchestrated=read_orchestrated(outer, spec, silent),
    )


def _containers(spec: Value) -> list[Container]:
    found = []
    for key, role in (
        ("initContainers", ContainerRole.INIT),
        ("containers", ContainerRole.MAIN),
        ("ephemeralContainers", ContainerRole.EPHEMERAL),
    ):
        listed = spec.get(key)
        if listed is not None:
            found += [read_container(container, role) for container in listed.items()]
    if not any(container.role is ContainerRole.MAIN for container in found):
        raise spec.wrong("a pod: it has no containers")
    return found


def _os(spec: Value, silent: Unset) -> Field[str]:
    name = spec.at("os", "name")
    return silent if name is None else Set(name.text(), name.source)


def _namespaces(spec: Value, silent: Unset) -> Namespaces:
    return Namespaces(
        network=_host_or_private(spec, "hostNetwork", silent),
        pid=_host_or_private(spec, "hostPID", silent),
        ipc=_host_or_private(spec, "hostIPC", silent),
        uts=silent,
        cgroup=silent,
        user=_host_or_private(spec, "hostUsers", silent),
    )


def _host_or_private(spec: Value, key: str, silent: Unset) -> Field[str]:
    value = spec.get(key)
    if value is None:
        return silent
    return Set("host" if value.boolean() else "private", value.source)


def _volumes(spec: Value) -> list[Volume]:
    listed = spec.get("volumes")
    return [] if listed is None else [_volume(volume) for volume in listed.items()]


def _volume(volume: Value) -> Volume:
    """A volume without a type is an emptyDir (API defaulting), said as `""`."""
    kinds = [(key, value) for key, value in volume.entries() if key not in _VOLUME_SETTINGS]
    kind, value = kinds[0] if kinds else ("", volume)
    path = value.get("path") if kind == "hostPath" and value.is_mapping else None
    return Volume(_text(volume, "name"), kind, value.source, host_path="" if path is None else path.scalar_text())


def _sysctls(security: Value | None, silent: Unset) -> Field[tuple[Sysctl, ...]]:
    listed = None if security is None else security.get("sysctls")
    if listed is None:
        return silent
    return Set(
        tuple(Sysctl(_text(item, "name"), _text(item, "value"), item.source) for item in listed.items()), listed.source
    )


def _labels(pod: Value) -> dict[str, str]:
    labels = pod.at("metadata", "labels")
    return {} if labels is None else {key: value.scalar_text() for key, value in labels.entries()}


def _annotations(pod: Value) -> dict[str, Annotation]:
    annotations = pod.at("metadata", "annotations")
    if annotations is None:
        return {}
    return {key: Annotation(value.scalar_text(), value.source) for key, value in annotations.entries()}


_SCALED = frozenset({"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"})


def _replicas(outer: Value, silent: Unset) -> Field[int]:
    """What a kind of somebody else's calls so may be anything."""
    spec = outer.get("spec")
    replicas = spec.get("replicas") if spec is not None and spec.is_mapping else None
    if replicas is None or (text_at(outer, "kind") not in _SCALED and not replicas.is_integer):
        return silent
    return Set(replicas.integer(), replicas.source)


def _text(value: Value, *path: str) -> str:
    found = value.at(*path)
    return "" if found is None else found.scalar_text()


_STRATEGY_OF = {"Deployment": "strategy", "StatefulSet": "updateStrategy", "DaemonSet": "updateStrategy"}


def read_orchestrated(outer: Value, spec: Value, silent: Unset) -> Orchestrated:
    """`outer` is the object that names the pod, `spec` the pod's own."""
    account = spec.get("serviceAccountName") or spec.get("serviceAccount")
    return Orchestrated(
        namespace=namespace_of(outer),
        service_account=silent if account is None else Set(account.scalar_text(), account.source),
        token_mounted=boolean(spec, "automountServiceAccountToken", silent),
        account_token=silent,
        grants=silent,
        policies=silent,
        budget=silent,
        replacement=_replacement(outer, silent),
        placement=_placement(spec, silent),
    )


def _replacement(outer: Value, silent: Unset) -> Field[InstanceReplacement]:
    """Unset for kinds that replace nothing by themselves, and where the platform's default (RollingUpdate) counts."""
    key = _STRATEGY_OF.get(text_at(outer, "kind"), "")
    strategy = outer.at("spec", key) if key else None
    kind = None if strategy is None else strategy.get("type")
    return silent if kind is None else Set(InstanceReplacement(kind.scalar_text()), kind.source)


def _placement(spec: Value, silent: Unset) -> Field[tuple[str, ...]]:
    spread = spec.get("topologySpreadConstraints")
    apart = spec.at("affinity", "podAntiAffinity")
    found = [
        (key, value) for key, value in (("topologySpreadConstraints", spread), ("podAntiAffinity", apart)) if value
    ]
    return Set(tuple(key for key, _ in found), found[0][1].source) if found else silent
