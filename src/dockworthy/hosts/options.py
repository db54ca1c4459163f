"""What a person asked for when a host is to be added: the options of `dockworthy hosts add`."""

from __future__ import annotations

from msgspec import Struct

from ..errors import UsageError
from ..harden.reading import HardenOptions
from ..model.deploy_settings import TargetKind
from ..model.hosts import NodeRole


class Adding(Struct, frozen=True, kw_only=True):
    """`host`: the new one, and how it is made fit. `manager`: the endpoint of the project's engine, asked only where
    the target is a swarm. `fit`: is it made fit at all. `force`: also for an even number of managers."""

    name: str
    host: HardenOptions
    manager: str
    role: NodeRole = NodeRole.WORKER
    address: str | None = None
    manager_address: str | None = None
    fit: bool = True
    force: bool = False

    @property
    def swarm(self) -> bool:
        return self.host.project.deploy.target is TargetKind.SWARM

    @property
    def is_first(self) -> bool:
        """It is the manager that the others will join."""
        return self.swarm and self.manager == self.host.endpoint

    @property
    def endpoint(self) -> str:
        return self.host.endpoint


def name_for(hosts: dict[str, str], endpoint: str, wanted: str | None, default: str) -> str:
    """How dockworthy.yaml calls the host: as it does already, as was said, or as ssh does.

    Raises UsageError where the name is another's, or the host has another name.
    """
    known = next((name for name, address in hosts.items() if address == endpoint), None)
    name = wanted or known or default
    if name == "all":
        raise UsageError("no host can be called all: that means every one of them", hint="--name NAME")
    if known is not None and name != known:
        raise UsageError(
            f"{endpoint} is called {known} in dockworthy.yaml", hint=f"leave --name out, or rename {known}"
        )
    if hosts.get(name, endpoint) != endpoint:
        raise UsageError(f"{name} is {hosts[name]} in dockworthy.yaml", hint="--name ANOTHER")
    return name
