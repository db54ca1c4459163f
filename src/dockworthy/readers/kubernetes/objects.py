"""From the documents of a file to its pods, each with the version of the standards that its namespace asks for, and to
the objects beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import yaml
from msgspec import structs

from ...errors import UnreadableInput
from ...model.access import Access, AccessRule, Holder
from ...model.dialect import NEWEST_POD_SECURITY_STANDARDS, Dialect, Platform, Version
from ...model.field import Set, Unset
from ...model.workload import Unit
from ...model.written import Written
from ..yaml_source import Value
from .metadata import is_platforms_own, kind_of, name_of, namespace_of, own_kind_of, text_at, texts_at
from .neighbours import read_neighbours, read_opening_object
from .pod import read_pod

_STR, _MAP = "tag:yaml.org,2002:str", "tag:yaml.org,2002:map"
_ENFORCE = "pod-security.kubernetes.io/enforce"


def read_role(document: Value) -> Access:
    """A ClusterRole that gathers others (`aggregationRule`) has the rules that the API server has written into it."""
    rules = document.get("rules")
    return _access(document, rules=() if rules is None else tuple(_rule(rule) for rule in rules.items()))


def _rule(rule: Value) -> AccessRule:
    return AccessRule(
        source=rule.source,
        verbs=texts_at(rule, "verbs"),
        groups=texts_at(rule, "apiGroups"),
        resources=texts_at(rule, "resources"),
        names=texts_at(rule, "resourceNames"),
        urls=texts_at(rule, "nonResourceURLs"),
    )


def read_binding(document: Value) -> Access:
    """`role` is the kind and the name: `clusterrole/view`."""
    role, holders = document.get("roleRef"), document.get("subjects")
    kind = "" if role is None else text_at(role, "kind").lower()
    return _access(
        document,
        role="" if role is None else f"{kind}/{text_at(role, 'name')}",
        role_source=document.source if role is None else role.source,
        holders=() if holders is None else tuple(_holder(holder, document) for holder in holders.items()),
    )


def _holder(holder: Value, binding: Value) -> Holder:
    """A service account has a namespace of its own; where none is written it is the binding's."""
    kind = text_at(holder, "kind")
    namespace = text_at(holder, "namespace")
    if kind == "ServiceAccount" and not namespace:
        namespace = namespace_of(binding)
    return Holder(kind, text_at(holder, "name"), holder.source, namespace if kind == "ServiceAccount" else "")


def read_namespace(document: Value) -> Access:
    level = document.at("metadata", "labels", _ENFORCE)
    nobody_wrote = Unset(document.source)
    return _access(document, enforces=nobody_wrote if level is None else Set(level.scalar_text(), level.source))


def _access(document: Value, **parts: object) -> Access:
    kind = own_kind_of(document).lower()
    name = name_of(document) or "unnamed"
    return Access(
        id=f"{document.file}#{kind}/{name}",
        kind=kind,
        source=document.source,
        name=name,
        namespace="" if kind.startswith("cluster") or kind == "namespace" else namespace_of(document),
        is_platforms_own=is_platforms_own(document),
        **parts,  # type: ignore[arg-type]
    )


_T = TypeVar("_T", Unit, Access)

_TEMPLATE_OF: dict[str, tuple[str, ...]] = {
    "Pod": (),
    "PodTemplate": ("template",),
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "ReplicationController": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
"""Kind -> where the object with the pod's metadata and spec stands in it."""

_ACCESS_OF = {
    "Role": read_role,
    "ClusterRole": read_role,
    "RoleBinding": read_binding,
    "ClusterRoleBinding": read_binding,
    "Namespace": read_namespace,
    "Service": read_opening_object,
    "Ingress": read_opening_object,
}
"""Kind -> the reader of an object that gives rights, or lets in from outside."""

_MOST_OBJECTS = 200_000
"""A list of aliases of lists would otherwise grow without end."""

_DEEPEST = 12
"""Levels of an object of another kind in which pods are looked for."""

_ENFORCE_VERSION = "pod-security.kubernetes.io/enforce-version"


def read_manifests(documents: Iterable[Value], *, version: Version | None = None) -> Written:
    """Pods, and the objects beside them that give rights, let in or hold back; `joined` tells the pods of these.

    `version` of the standards, where given, outranks what a namespace's label says.
    Raises UnreadableInput (file, line) for a field of the wrong type.
    """
    objects = [found for document in documents for found in _unpacked(document)]
    accesses = [_ACCESS_OF[kind](found) for found in objects if (kind := own_kind_of(found)) in _ACCESS_OF]
    return Written(
        units=tuple(_with_own_ids(*_pods(objects, version))),
        accesses=tuple(_with_own_ids(accesses, [access.namespace for access in accesses])),
        neighbours=read_neighbours(objects),
    )


def _pods(objects: Sequence[Value], version: Version | None) -> tuple[list[Unit], list[str]]:
    """The pods, and for each the namespace that is written."""
    enforced = dict(_enforced_versions(objects))
    units, namespaces = [], []
    for found in objects:
        for pod in _pods_of(found):
            namespace = text_at(found, "metadata", "namespace")
            dialect = Dialect(Platform.KUBERNETES, version or enforced.get(namespace, NEWEST_POD_SECURITY_STANDARDS))
            units.append(read_pod(found, pod, dialect))
            namespaces.append(namespace)
    return units, namespaces


def _pods_of(found: Value) -> Iterator[Value]:
    """The pod of a kind of Kubernetes' own. A kind of somebody else's, as a Rollout of Argo or a Service of Knative,
    makes pods as well: each that it holds, wherever that is."""
    path = _TEMPLATE_OF.get(kind_of(found))
    if path is not None:
        pod = found.at(*path) if path else found
        if pod is not None:
            yield pod
    elif not own_kind_of(found):
        yield from _pods_below(found, [0])


def _pods_below(value: Value, count: list[int], depth: int = 0) -> Iterator[Value]:
    count[0] += 1
    if count[0] > _MOST_OBJECTS:
        raise UnreadableInput(f"more than {_MOST_OBJECTS:,} objects", file=value.file, line=value.line)
    if depth > _DEEPEST:
        return
    if value.is_sequence:
        for item in value.items():
            yield from _pods_below(item, count, depth + 1)
    elif value.is_mapping:
        if _is_spec_of_pod(value.get("spec")):
            yield value
            return
        container = value.get("container")  # of a template of Argo's workflows: its pod has that one
        if container is not None and _has_image(container):
            yield _pod_of(container)
            return
        for _, item in value.entries():
            yield from _pods_below(item, count, depth + 1)


def _is_spec_of_pod(spec: Value | None) -> bool:
    """Has it containers with images? A schema describes `containers`, too, and has none."""
    containers = spec.get("containers") if spec is not None and spec.is_mapping else None
    if containers is None or not containers.is_sequence:
        return False
    items = containers.items()
    return bool(items) and all(_has_image(item) for item in items)


def _has_image(container: Value) -> bool:
    return container.is_mapping and "image" in container.keys()


def _pod_of(container: Value) -> Value:
    at, end = container.node.start_mark, container.node.end_mark

    def under(key: str, node: yaml.Node) -> yaml.Node:
        return yaml.MappingNode(_MAP, [(yaml.ScalarNode(_STR, key, at, at), node)], at, end)

    containers = yaml.SequenceNode("tag:yaml.org,2002:seq", [container.node], at, end)
    return Value(under("spec", under("containers", containers)), container.file, container.path)


def _unpacked(document: Value, depth: int = 0, count: list[int] | None = None) -> Iterator[Value]:
    """A List's items one by one."""
    count = [0] if count is None else count
    count[0] += 1
    if count[0] > _MOST_OBJECTS:
        raise UnreadableInput(f"more than {_MOST_OBJECTS:,} objects", file=document.file, line=document.line)
    items = document.get("items") if document.is_mapping else None
    of, is_list, _ = kind_of(document).rpartition("List")
    if items is None or not is_list:
        yield document
        return
    if depth > 8:
        raise UnreadableInput("lists in lists, nine deep", file=document.file, line=document.line)
    for item in items.items():
        yield from _unpacked(_of_kind(item, of), depth + 1, count)


def _of_kind(item: Value, kind: str) -> Value:
    """Items of a PodList, as the API server answers, do not say what they are."""
    if not kind or not item.is_mapping or "kind" in item.keys():
        return item
    node, at = item.node, item.node.start_mark
    named = tuple(yaml.ScalarNode(_STR, word, at, at) for word in ("kind", kind))
    whole = yaml.MappingNode(node.tag, [named, *node.value], at, node.end_mark)
    return Value(whole, item.file, item.path)


def _enforced_versions(objects: Iterable[Value]) -> Iterator[tuple[str, Version]]:
    for found in objects:
        if kind_of(found) != "Namespace":
            continue
        label = found.at("metadata", "labels", _ENFORCE_VERSION)
        if label is None:
            continue
        yield text_at(found, "metadata", "name"), _standards_version(label)


def _standards_version(label: Value) -> Version:
    if label.scalar_text() == "latest":
        return NEWEST_POD_SECURITY_STANDARDS
    try:
        return Version.parse(label.scalar_text())
    except ValueError as error:
        raise label.wrong("a version like v1.34, or latest") from error


def _with_own_ids(found: list[_T], namespaces: Sequence[str]) -> list[_T]:
    """Objects of one name in a file are told apart by kind, then by namespace, and only then by line, which moves."""
    for told_by in ("{kind}/{name}", "{kind}/{namespace}{name}", "{kind}/{namespace}{name}@{line}"):
        times = Counter(each.id for each in found)
        if len(times) == len(found):
            break
        found = [
            structs.replace(each, id=_longer_id(each, told_by, namespace)) if times[each.id] > 1 else each
            for each, namespace in zip(found, namespaces, strict=True)
        ]
    return found


def _longer_id(found: Unit | Access, told_by: str, namespace: str) -> str:
    above = f"{namespace}/" if namespace else ""
    told = told_by.format(kind=found.kind, namespace=above, name=found.name, line=found.source.line)
    return f"{found.source.where}#{told}"
