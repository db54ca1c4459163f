"""Which engine is meant: what was said, DOCKER_HOST, the current docker context, or this machine's socket.

The order is the docker command line's own, so that dockworthy judges the engine that `docker ps` shows.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import UsageError
from .context import Context, current_context
from .ssh.address import is_ssh, ssh_address

DEFAULT_ENDPOINT = "unix:///var/run/docker.sock"

_SCHEMES = ("unix://", "tcp://", "http://", "https://")


def find_endpoint(explicit: str | None, environ: Mapping[str, str]) -> str:
    """The engine's address, `unix:///path`, `tcp://host:port` or `ssh://user@host`.

    Raises UsageError for an address that is none, UnreadableInput for a docker configuration that is damaged.
    """
    if explicit:
        return _checked(explicit, "the engine's address")
    if environ.get("DOCKER_HOST"):
        return _checked(environ["DOCKER_HOST"], "DOCKER_HOST")
    context = current_context(environ)
    if context is not None:
        return _checked(context.host, f'the docker context "{context.name}"')
    return DEFAULT_ENDPOINT


def context_of(endpoint: str, environ: Mapping[str, str]) -> Context | None:
    """The current docker context where it is what led to `endpoint` (its certificates then hold for it)."""
    if environ.get("DOCKER_HOST"):
        return None
    context = current_context(environ)
    return context if context is not None and context.host == endpoint else None


def socket_path(endpoint: str) -> str | None:
    """The path of a unix socket, None for an engine over the network."""
    return endpoint.removeprefix("unix://") if endpoint.startswith("unix://") else None


def _checked(address: str, said_by: str) -> str:
    if is_ssh(address):
        return ssh_address(address).url
    for scheme in _SCHEMES:
        rest = address.removeprefix(scheme)
        if rest != address and rest:
            return address
    hint = (
        f"did you mean unix://{address}?"
        if address.startswith("/")
        else "use unix:///path, tcp://host:port or ssh://user@host"
    )
    raise UsageError(f"{said_by} is {address!r}, which is no address of an engine that dockworthy can ask", hint=hint)
