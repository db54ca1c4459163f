"""Where the engine is to listen: one address of its host, at which nobody listens yet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from msgspec import Struct

from ...engine.host_shell import HostShell
from ...errors import UsageError
from ...model.field import Set
from ...model.host import Host

_PORT = 2376
_ENGINE = "dockerd"


class EngineAddress(Struct, frozen=True):
    """Where the engine is to listen: an address of its host, and a port."""

    address: str
    port: int

    @property
    def url(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"tcp://{host}:{self.port}"


def place_of(text: str) -> EngineAddress:
    """`192.0.2.7`, `192.0.2.7:2376`, `[2001:db8::7]:2376`. Raises UsageError."""
    found = re.fullmatch(r"\[?([0-9A-Fa-f:.]+?)\]?(?::(\d{1,5}))?", text.removeprefix("tcp://"))
    if text.count(":") > 1 and not text.startswith("["):
        found = re.fullmatch(r"([0-9A-Fa-f:.]+)()", text)
    try:
        address = ip_address(found[1] if found else text)
        port = int((found and found[2]) or _PORT)
    except ValueError:
        raise UsageError(
            f"{text!r} is no address of a host",
            hint="an IP address that clients reach it at: 192.0.2.7 or 192.0.2.7:2376",
        ) from None
    if address.is_unspecified or not 0 < port < 65536:
        raise UsageError(
            f"{text!r} is every address of the host, or no port: name one address",
            hint="one in a network that only those can reach who need the engine",
        )
    return EngineAddress(str(address), port)


async def must_be_free(shell: HostShell, host: Host, place: EngineAddress) -> None:
    """Raises UsageError where the host does not have the address, or somebody else has the port.

    The engine would not start: that would be taken back, but containers would have stopped for it.
    """
    told = (await shell.run("cat /proc/net/fib_trie /proc/net/if_inet6 2>/dev/null")).output
    there = set(_addresses(told))
    if there and ip_address(place.address) not in there:
        shown = ", ".join(sorted(str(address) for address in there if not address.is_link_local))
        raise UsageError(f"{shell.name} has no address {place.address}", hint=f"it has {shown}")
    listeners = host.listeners.value if isinstance(host.listeners, Set) else ()
    for listener in listeners:
        if listener.protocol.startswith("tcp") and listener.port == place.port and listener.program != _ENGINE:
            raise UsageError(
                f"{listener.program or 'another program'} listens at port {place.port} of {shell.name} already",
                hint=f"name another port: {place.address}:{place.port + 1}",
            )


def _addresses(told: str) -> Iterator[IPv4Address | IPv6Address]:
    """From the kernel's tables; `/32 host LOCAL` follows an address of the host's own."""
    for found in re.finditer(r"\|-- ([0-9.]+)\n\s+/32 host LOCAL", told):
        yield IPv4Address(found[1])
    for found in re.finditer(r"^([0-9a-f]{32}) ", told, re.MULTILINE):
        yield IPv6Address(int(found[1], 16))


def without_hosts(command: str) -> str:
    """A command line without `-H` and `--host`; what else stands in it stays letter by letter."""
    return re.sub(r"\s(?:-H\s*=?\s*|--host(?:\s+|=))[^\s\\]+", "", command).strip()


def hosts_of(argv: Sequence[str]) -> list[str]:
    """The addresses that a command line names."""
    words = list(argv)
    found = []
    for at, word in enumerate(words):
        if word in ("-H", "--host"):
            found += words[at + 1 : at + 2]
        elif word.startswith("--host="):
            found.append(word.removeprefix("--host="))
        elif word.startswith("-H"):
            found.append(word[2:].removeprefix("="))
    return found
