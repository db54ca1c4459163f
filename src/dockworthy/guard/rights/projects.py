"""The project of an object: of Compose, or a stack of Swarm. And the names by which a project calls what it makes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ...model.labels import PROJECT_LABELS

_SEPARATORS = ("_", "-")
"""Between a project's name and that of a part of it: `shop_data`, `shop-web-1`."""


def projects_of(owner: Any) -> frozenset[str]:
    """All that its labels name: one, unless somebody labelled it for two."""
    labels = owner.get("Labels") if isinstance(owner, dict) else None
    found = (labels.get(name) for name in PROJECT_LABELS) if isinstance(labels, dict) else ()
    return frozenset(each for each in found if isinstance(each, str) and each)


def project_of(owner: Any) -> str:
    """What is labelled for two projects is of none. A label without a value names none: it stands where an image's own
    must not count."""
    labels = owner.get("Labels") if isinstance(owner, dict) else None
    found = [value for name in PROJECT_LABELS if (value := labels.get(name, ""))] if isinstance(labels, dict) else []
    return found[0] if len(set(found)) == 1 and isinstance(found[0], str) else ""


def project_of_service(spec: Any) -> str:
    """The swarm gives a service's tasks labels of their own: they are of its project, or carry none at all."""
    run = _inside(_inside(spec, "TaskTemplate"), "ContainerSpec")
    project = project_of(spec)
    return project if projects_of(run) <= {project} else ""


def with_labels_of_its_own(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A service's specification, whose tasks take no project from the labels of their image: what the engine finds in
    the container's own labels it does not take from the image's, and a label without a value names no project.

    The image may be another one when a task starts, and is not here, so it can't be looked at."""
    task = spec.get("TaskTemplate")
    run = task.get("ContainerSpec") if isinstance(task, dict) else None
    if not isinstance(task, dict) or not isinstance(run, dict):
        return dict(spec)
    labels = {**dict.fromkeys(PROJECT_LABELS, ""), **(run.get("Labels") or {})}
    return {**spec, "TaskTemplate": {**task, "ContainerSpec": {**run, "Labels": labels}}}


def brought_by(image: Any, labels: Any) -> frozenset[str]:
    """The projects that an image's labels name, where `labels` of the container say nothing else."""
    own = labels if isinstance(labels, dict) else {}
    found = image.get("Labels") if isinstance(image, dict) else None
    values = (found.get(name) for name in PROJECT_LABELS if name not in own) if isinstance(found, dict) else ()
    return frozenset(each for each in values if isinstance(each, str) and each)


def _inside(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def project_by_name(name: str, projects: Collection[str]) -> str:
    """The one of them that calls its objects like this: of several the longest (`shop-admin` before `shop`). Empty for
    none. Letters count alike in both cases: names of containers do in DNS."""
    spelt = name.casefold()
    fitting = (
        each for each in projects if each and spelt.startswith(tuple(each.casefold() + one for one in _SEPARATORS))
    )
    return max(fitting, key=len, default="")
