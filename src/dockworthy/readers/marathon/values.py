"""What Marathon does where a definition is silent, and what it leaves to others."""

from __future__ import annotations

from typing import TypeVar

from ...model.field import Origin, Set, Source, Unknown

T = TypeVar("T")


def by_default(value: T, setting: str) -> Set[T]:
    """What Marathon does where the definition is silent, as its documentation has it."""
    return Set(value, Source("Marathon's default", setting), Origin.PLATFORM)


def by_agents(what: str, source: Source) -> Unknown:
    """What only the settings of the Mesos agents decide."""
    return Unknown(
        f"{what} is decided by the agents' settings", tell="the flags that mesos-agent runs with", source=source
    )
