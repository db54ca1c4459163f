"""What a network may be made with so that it stays the engine's own: by the driver, and by its options."""

from __future__ import annotations

from typing import Final

DRIVERS: Final = ("", "default", "bridge", "overlay")
"""Others hand the host's own network out, as `macvlan` and `ipvlan` do, or are programs of somebody else."""
OPTIONS: Final = frozenset(
    "com.docker.network.bridge.enable_icc com.docker.network.bridge.enable_ip_masquerade"
    " com.docker.network.bridge.host_binding_ipv4 com.docker.network.driver.mtu com.docker.network.enable_ipv4"
    " com.docker.network.enable_ipv6 encrypted".split()
)
"""Others name an interface of the host (`com.docker.network.bridge.name`), or change what its firewall lets through."""
