"""Networks that went while containers were on them, as a swarm's do when its last manager leaves it. Pure."""

from __future__ import annotations

from ...model.rollout import EDGE_NETWORK, Desired, Running

GONE = "its network"
"""So begins the cause."""


def lost_networks(name: str, desired: Desired, running: Running) -> tuple[str, ...]:
    """Causes to make the service's containers anew: nobody else can take a network away that is in use. One that has
    none of them yet tells nothing."""
    tasks = [task for task in running.tasks.get(name, ()) if not task.is_job]
    if desired.spec.services[name].network_mode or not tasks or not running.networks:
        return ()
    gone = sorted({*desired.spec.joined_by(name)} - {*running.networks, EDGE_NETWORK})
    return tuple(f"{GONE} {each} is gone" for each in gone)
