"""At which of its addresses a host takes part in a swarm. Pure, but for the question to the host."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

from ..engine.host_addresses import SHOW_ADDRESSES, interfaces_in
from ..engine.host_shell import HostShell
from ..errors import UsageError

_BY_CONTAINERS = re.compile(r"(docker|br-|veth|cni|flannel|virbr|lxc|podman|vxlan)")
"""Names of interfaces that lead to containers and virtual machines of the host, not to other hosts."""


async def addresses_of(shell: HostShell) -> list[ipaddress.IPv4Interface]:
    """Those that lead to other hosts; none where the host does not tell. Raises HostError."""
    done = await shell.run(SHOW_ADDRESSES)
    return addresses_in(done.output) if done.status == 0 else []


def addresses_in(output: str) -> list[ipaddress.IPv4Interface]:
    """Of what `ip` prints."""
    return [address for interface, address in interfaces_in(output) if not _BY_CONTAINERS.match(interface)]


def chosen(found: Sequence[ipaddress.IPv4Interface], wanted: str | None, beside: str, *, name: str, option: str) -> str:
    """`wanted`, the only one, or the only one in the network of the address `beside`.

    Raises UsageError where that is not one, with `option` as the way to say it.
    """
    if wanted:
        return _address(wanted, option)
    near = [each for each in found if beside and ipaddress.ip_address(beside) in each.network]
    fit = near or list(found)
    if len(fit) == 1:
        return str(fit[0].ip)
    told = ", ".join(str(each.ip) for each in fit)
    raise UsageError(
        f"{name} has {len(fit)} addresses at which it could take part in a swarm: {told}"
        if fit
        else f"{name} does not tell at which address other hosts reach it",
        hint=f"say which: {option} ADDRESS, on a network that only your hosts are on",
    )


def in_one_network(
    one: Sequence[ipaddress.IPv4Interface], other: Sequence[ipaddress.IPv4Interface]
) -> list[ipaddress.IPv4Interface]:
    """Those of `one` that are in a network of `other`, too; all of them where there is none."""
    return [each for each in one if any(each.network == there.network for there in other)] or list(one)


def _address(wanted: str, option: str) -> str:
    try:
        address = ipaddress.ip_address(wanted)
    except ValueError:
        raise UsageError(f"{option} {wanted}: that is no IP address") from None
    if address.is_unspecified or address.is_loopback or address.is_multicast:
        raise UsageError(
            f"{option} {wanted}: other hosts can't reach that",
            hint="an address of a network that only your hosts are on",
        )
    return str(address)
