"""The host whose edge is meant, and what is done there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from .. import options
from ..options import Command
from ..project import load_project

if TYPE_CHECKING:
    from ...engine.site import Site

T = TypeVar("T")


def of_a_host(command: Command) -> Command:
    """Which host: the options of every command here."""
    return options.policy(options.host(options.sudo(command)))


def endpoint_of_edge(hosts: tuple[str, ...], policy: str | None, *, sudo: bool) -> str:
    """Raises UsageError."""
    endpoint = options.endpoint_of(hosts, load_project(policy))
    options.only_over_ssh([endpoint], sudo=sudo, root="/")
    return endpoint


def on_site(endpoint: str, work: Callable[[Site], Awaitable[T]], *, sudo: bool, changes: bool) -> T:
    """`changes`: what was begun is ended or taken back also where somebody interrupts. Raises what `work` raises."""
    import asyncio

    from ...engine.site import reach
    from ...interruption import run_to_its_end

    async def inner() -> T:
        async with reach(endpoint, command="edge", sudo=sudo) as site:
            return await work(site)

    return run_to_its_end(inner()) if changes else asyncio.run(inner())
