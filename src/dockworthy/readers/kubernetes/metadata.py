"""What every object of Kubernetes has: kind, group, name, namespace."""

from __future__ import annotations

from ..yaml_source import Value

_GROUPS: dict[str, tuple[str, ...]] = {
    "Role": ("rbac.authorization.k8s.io",),
    "ClusterRole": ("rbac.authorization.k8s.io",),
    "RoleBinding": ("rbac.authorization.k8s.io",),
    "ClusterRoleBinding": ("rbac.authorization.k8s.io",),
    "Service": ("",),
    "ServiceAccount": ("",),
    "Namespace": ("",),
    "Ingress": ("networking.k8s.io", "extensions"),
    "NetworkPolicy": ("networking.k8s.io", "extensions"),
    "PodDisruptionBudget": ("policy",),
}
"""Kind -> the API groups in which it is Kubernetes' own: other programs have kinds of the same name."""

_BOOTSTRAPPED = "kubernetes.io/bootstrapping"


def kind_of(document: Value) -> str:
    return text_at(document, "kind")


def own_kind_of(document: Value) -> str:
    """The kind, where it is Kubernetes' own in the group that is written (or none is); else `""`."""
    kind = kind_of(document)
    version = document.get("apiVersion")
    if kind not in _GROUPS or version is None:
        return kind if kind in _GROUPS else ""
    group, slash, _ = version.scalar_text().rpartition("/")
    return kind if (group if slash else "") in _GROUPS[kind] else ""


def name_of(document: Value) -> str:
    return text_at(document, "metadata", "name") or text_at(document, "metadata", "generateName")


def namespace_of(document: Value) -> str:
    """`default` where none is written: what `kubectl apply` takes, unless it is told otherwise."""
    return text_at(document, "metadata", "namespace") or "default"


def is_platforms_own(document: Value) -> bool:
    """Made, and set right again at every start, by the API server itself."""
    return document.at("metadata", "labels", _BOOTSTRAPPED) is not None


def text_at(document: Value, *path: str) -> str:
    if not document.is_mapping:
        raise document.wrong("an object of Kubernetes")
    value = document.at(*path)
    return "" if value is None else value.scalar_text()


def texts_at(parent: Value | None, key: str) -> tuple[str, ...]:
    """A list of texts; nothing where it is absent."""
    listed = None if parent is None else parent.get(key)
    return () if listed is None else tuple(item.scalar_text() for item in listed.items())


def labels_at(parent: Value | None, *path: str) -> dict[str, str]:
    found = None if parent is None else parent.at(*path)
    return {} if found is None else {key: value.scalar_text() for key, value in found.entries()}
