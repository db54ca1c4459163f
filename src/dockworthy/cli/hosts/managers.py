"""The managers among the hosts of dockworthy.yaml: who can be asked for the swarm, and, where it has no leader, how
many of them answer: that tells whether one is to be waited for, named, or lost."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import click

from ..output import say
from ..project import HOSTS

if TYPE_CHECKING:
    from ...engine.faults import NoLeader

_SECONDS = 15.0


def told_by_others(error: NoLeader, context: click.Context) -> NoLeader:
    """The same error, with what the managers among the hosts of dockworthy.yaml say. Never raises."""
    hosts: Mapping[str, str] = context.meta.get(HOSTS) or {}
    return in_words(error, asyncio.run(_ask_all(hosts))) if hosts else error


def manager_among(hosts: Mapping[str, str], default: str, *, sudo: bool = False) -> str:
    """The address of a manager: the engine at `default` (that docker itself would ask) where it is one, else the first
    of `hosts` that is. "" where nobody is, and nobody answers at `default`."""
    return asyncio.run(_manager_among(hosts, default, sudo))


async def _manager_among(hosts: Mapping[str, str], default: str, sudo: bool) -> str:
    mine = await _ask("", default, sudo=sudo and default.startswith("ssh://"))
    if mine.managers is not None or not hosts:
        return "" if mine.silent else default
    told = [each for each in await _ask_all(hosts, sudo=sudo) if each.managers is not None]
    if chosen := next((each.host for each in told if each.leads), next((each.host for each in told), "")):
        say(f"asked is {chosen}, a manager of the swarm (--host names another one)")
        return hosts[chosen]
    return "" if mine.silent else default


class Manager(NamedTuple):
    """A host's word. `managers`: how many its swarm has, as far as it knows; None where it is none. `leads`: it has a
    leader. `silent`: why it does not answer."""

    host: str
    managers: int | None = None
    leads: bool = False
    silent: str = ""


def in_words(error: NoLeader, told: list[Manager]) -> NoLeader:
    """Pure."""
    from ...engine.faults import NoLeader

    answering = [each for each in told if each.managers is not None]
    silent = ", ".join(f"{each.host} ({each.silent})" for each in told if each.silent)
    led = [each.host for each in answering if each.leads]
    if led:
        return NoLeader(
            f"{error.says}; {' and '.join(led)} has one",
            hint=f"--host {led[0]} asks a manager that has a leader; the one that was asked is cut off from it: mend "
            "the network between them (2377/tcp)",
        )
    managers = max((each.managers or 0 for each in answering), default=0)
    names = ", ".join(each.host for each in answering)
    if managers and len(answering) > managers // 2:
        return NoLeader(
            f"{error.says}; {len(answering)} of {managers} managers answer ({names})",
            hint="they are enough: can they reach each other at 2377/tcp? Then they elect a leader; run this again",
        )
    says = f"{error.says}; of {managers} managers {len(answering)} answers ({names})" if managers else error.says
    return NoLeader(says + (f", and these hosts do not: {silent}" if silent else ""), hint=error.hint)


async def _ask_all(hosts: Mapping[str, str], *, sudo: bool = False) -> list[Manager]:
    return list(await asyncio.gather(*(_ask(name, address, sudo=sudo) for name, address in hosts.items())))


async def _ask(name: str, address: str, *, sudo: bool = False) -> Manager:
    from ...engine.membership import membership_of
    from ...engine.site import engine_at
    from ...errors import DockworthyError

    try:
        async with asyncio.timeout(_SECONDS), engine_at(address, sudo=sudo) as engine:
            mine = await membership_of(engine)
    except DockworthyError as error:
        return Manager(name, silent=error.says)
    except TimeoutError:
        return Manager(name, silent="not in time")
    if not mine.manager:
        return Manager(name)
    return Manager(name, len(mine.managers), bool(mine.swarm) and not mine.error)
