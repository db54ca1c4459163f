"""Is a document an object of Kubernetes? Judged by its content, never by the file's name."""

from __future__ import annotations

from ..yaml_source import Value


def is_kubernetes(document: Value) -> bool:
    """Does it look like one?"""
    return document.is_mapping and "kind" in document.keys() and ("apiVersion" in document.keys() or _is_pod(document))


def _is_pod(document: Value) -> bool:
    spec = document.get("spec")
    return spec is not None and spec.is_mapping and "containers" in spec.keys()
