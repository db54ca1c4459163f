"""Which bridges of the host are the engine's."""

from __future__ import annotations

from ...model.machine import Machine

_NAME = "com.docker.network.bridge.name"


def engine_bridges(machine: Machine) -> frozenset[str]:
    """The names that people chose, and those that the engine made from the network's id."""
    return frozenset(
        network.options.get(_NAME) or f"br-{network.id[:12]}"
        for network in machine.networks
        if network.driver == "bridge"
    )
