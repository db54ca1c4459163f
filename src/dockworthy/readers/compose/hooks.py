"""`pre_start`, `post_start`, `pre_stop`: what else runs for a service, and with which rights.

`post_start` and `pre_stop` run inside the service's container; one that is privileged has there what a privileged
container has. A `pre_start` step is a container of its own: of the service it has the image (unless it names one), the
environment, the networks and the mounts, and nothing that hardens it. Source: docker/compose, pkg/compose/pre_start.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import structs

from ...model.field import Set
from ...model.workload import Container, Role
from .entry import Entry, listed_as_mapping
from .fields import origin_of
from .merging import merged

Make = Callable[[str, Entry], Container]

_INSIDE = ("post_start", "pre_stop")
_OF_STEP = frozenset({"image", "user", "privileged", "command", "environment"})
_OF_SERVICE = ("image", "build", "env_file")


def with_hooks(container: Container, service: Entry, make: Make) -> tuple[Container, ...]:
    """The service's container, and those of its `pre_start` steps as `make` reads them."""
    whole = _with_privileged_hook(container, service)
    steps = _steps(service, "pre_start")
    return (whole, *(_step(f"{whole.name}.pre_start[{i}]", step, whole, service, make) for i, step in steps))


def _with_privileged_hook(container: Container, service: Entry) -> Container:
    if isinstance(container.privileged, Set) and container.privileged.value:
        return container
    for key in _INSIDE:
        for _, hook in _steps(service, key):
            written = hook.get("privileged")
            if written is not None and written.gap is not None:
                return structs.replace(container, privileged=written.gap)
            if written is not None and written.boolean():
                return structs.replace(container, privileged=Set(True, written.source, origin_of(written)))
    return container


def _steps(service: Entry, key: str) -> Iterator[tuple[int, Entry]]:
    found = service.get(key)
    yield from enumerate([] if found is None else found.items())


def _step(name: str, step: Entry, main: Container, service: Entry, make: Make) -> Container:
    written = {key: value for key, value in step.mapping().items() if key in _OF_STEP}
    taken = {key: value for key in _OF_SERVICE if (value := service.get(key)) is not None}
    if "image" in written:
        taken.pop("build", None)
    environment = service.get("environment")
    if environment is not None:
        own = written.get("environment") or Entry({}, step.source)
        taken["environment"] = merged(listed_as_mapping(environment), listed_as_mapping(own))
        written.pop("environment", None)
    read = make(name, Entry({**taken, **written}, step.source, key=step.key, inherited=step.inherited))
    unclear = {**read.unclear, **{part: gap for part, gap in main.unclear.items() if part == "mounts"}}
    return structs.replace(read, role=Role.INIT, mounts=main.mounts, unclear=unclear)
