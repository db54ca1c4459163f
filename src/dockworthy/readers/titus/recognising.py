"""What makes a document one of Titus' jobs."""

from __future__ import annotations

from ..yaml_source import Value


def is_titus(document: Value) -> bool:
    """A name, a container with resources and an image, and batch or service: nothing else has these together."""
    if not document.is_mapping or document.get("applicationName") is None:
        return False
    container = document.get("container")
    if container is None or not container.is_mapping or not {"batch", "service"} & set(document.keys()):
        return False
    return {"resources", "image"} <= set(container.keys())
