"""From the documents of a file to its pods, each with the version of the standards that its namespace asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from msgspec import structs

from ...errors import UnreadableInput
from ...model.dialect import NEWEST_POD_SECURITY_STANDARDS, Dialect, Platform, Version
from ...model.workload import Unit
from ..yaml_source import Value
from .pod import read_pod

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

_MOST_OBJECTS = 200_000
"""A list of aliases of lists would otherwise grow without end."""

_ENFORCE_VERSION = "pod-security.kubernetes.io/enforce-version"


def is_kubernetes(document: Value) -> bool:
    """Does a document look like an object of Kubernetes? Judged by its content, never by the file's name."""
    return document.is_mapping and "kind" in document.keys() and ("apiVersion" in document.keys() or _is_pod(document))


def _is_pod(document: Value) -> bool:
    spec = document.get("spec")
    return spec is not None and spec.is_mapping and "containers" in spec.keys()


def read_kubernetes(documents: Iterable[Value], *, version: Version | None = None) -> list[Unit]:
    """The pods of a file. `version` of the standards, where given, outranks what a namespace's label says.

    Raises UnreadableInput (file, line) for a field of the wrong type.
    """
    objects = [found for document in documents for found in _unpacked(document)]
    enforced = dict(_enforced_versions(objects))
    units = []
    for found in objects:
        path = _TEMPLATE_OF.get(_kind(found))
        if path is None:
            continue
        namespace = _text_at(found, "metadata", "namespace")
        dialect = Dialect(Platform.KUBERNETES, version or enforced.get(namespace, NEWEST_POD_SECURITY_STANDARDS))
        pod = found.at(*path) if path else found
        if pod is not None:
            units.append(read_pod(found, pod, dialect))
    return _with_own_ids(units)


def _unpacked(document: Value, depth: int = 0, count: list[int] | None = None) -> Iterator[Value]:
    """A List's items one by one."""
    count = [0] if count is None else count
    count[0] += 1
    if count[0] > _MOST_OBJECTS:
        raise UnreadableInput(f"more than {_MOST_OBJECTS:,} objects", file=document.file, line=document.line)
    items = document.get("items") if document.is_mapping else None
    if items is None or not _kind(document).endswith("List"):
        yield document
        return
    if depth > 8:
        raise UnreadableInput("lists in lists, nine deep", file=document.file, line=document.line)
    for item in items.items():
        yield from _unpacked(item, depth + 1, count)


def _enforced_versions(objects: Iterable[Value]) -> Iterator[tuple[str, Version]]:
    for found in objects:
        if _kind(found) != "Namespace":
            continue
        label = found.at("metadata", "labels", _ENFORCE_VERSION)
        if label is None:
            continue
        yield _text_at(found, "metadata", "name"), _standards_version(label)


def _standards_version(label: Value) -> Version:
    if label.scalar_text() == "latest":
        return NEWEST_POD_SECURITY_STANDARDS
    try:
        return Version.parse(label.scalar_text())
    except ValueError as error:
        raise label.wrong("a version like v1.34, or latest") from error


def _kind(document: Value) -> str:
    return _text_at(document, "kind")


def _text_at(document: Value, *path: str) -> str:
    if not document.is_mapping:
        raise document.wrong("an object of Kubernetes")
    value = document.at(*path)
    return "" if value is None else value.scalar_text()


def _with_own_ids(units: list[Unit]) -> list[Unit]:
    """Two objects of one name in a file are told apart by kind, then by line."""
    for told_by in ("{kind}/{name}", "{kind}/{name}@{line}"):
        times = Counter(unit.id for unit in units)
        if len(times) == len(units):
            break
        units = [structs.replace(unit, id=_longer_id(unit, told_by)) if times[unit.id] > 1 else unit for unit in units]
    return units


def _longer_id(unit: Unit, told_by: str) -> str:
    told = told_by.format(kind=unit.kind, name=unit.name, line=unit.source.line)
    return f"{unit.source.where}#{told}"
