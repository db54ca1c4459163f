"""What makes a document one of Titus' jobs."""

from __future__ import annotations

from ..yaml_source import Value


def is_titus(document: Value) -> bool:
    """A name, a container whose image has a name, and batch or service: nothing else has these together."""
    if not document.is_mapping or document.get("applicationName") is None:
        return False
    container = document.get("container")
    if container is None or not container.is_mapping or not {"batch", "service"} & set(document.keys()):
        return False
    image = container.get("image")
    return image is not None and image.is_mapping and image.get("name") is not None
