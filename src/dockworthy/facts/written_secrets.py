"""Marks secrets in what files say of containers, as it is done for what runs: the controls then know them by the mark.

The values themselves go no further: no report can show what is no longer there.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from msgspec import structs

from ..model.field import Set
from ..model.workload import Container, Unit
from .redaction import Redactor
from .secret_values import hide_in_arguments


def with_secrets_marked(units: Iterable[Unit], found: set[str]) -> Iterator[Unit]:
    """The units, secrets of environment and command hidden. The key is new each time: nothing is to be compared.

    The values that were hidden are added to `found`, for whoever shows lines of the same files.
    """
    redactor = Redactor(os.urandom(32))
    for unit in units:
        containers = tuple(_marked(container, redactor) for container in unit.containers)
        yield structs.replace(unit, containers=containers)
    found |= redactor.found


def _marked(container: Container, redactor: Redactor) -> Container:
    environment, command = container.environment, container.command
    if isinstance(environment, Set):
        hidden = {name: redactor.named(name, value) for name, value in environment.value.items()}
        environment = structs.replace(environment, value=hidden)
    if isinstance(command, Set):
        command = structs.replace(command, value=tuple(hide_in_arguments(command.value, redactor.hide)))
    return structs.replace(container, environment=environment, command=command)
