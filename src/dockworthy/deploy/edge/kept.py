"""What a project asks of the edge, with all that it needs: this is kept on the host, in a file for each project."""

from __future__ import annotations

from msgspec import Struct

from ...model.deploy_settings import Edge, Route, Tls

SLOTS = 10
"""Containers of one service that get requests at a time: old and new together."""


class Page(Struct, frozen=True):
    """What is shown in place of a service."""

    type: str
    text: str


class ServedRoute(Struct, frozen=True):
    """A route with what its files hold. `users`: name -> hash of the password. `slots` is raised for many replicas.
    `wait`: seconds that requests wait while no container is well; 0: they get 503 at once."""

    route: Route
    users: dict[str, str] = {}
    page: Page | None = None
    slots: int = SLOTS
    wait: float = 0.0

    @property
    def host(self) -> str:
        return self.route.host.lower()

    @property
    def path(self) -> str:
        """Without a slash at its end; "" is the whole host."""
        return self.route.path.rstrip("/")


class ProjectRoutes(Struct, frozen=True):
    """`certificates`: host name -> PEM text with chain and key, where `edge.tls` is `files`. `acme_ca`: the PEM text by
    which an ACME authority is trusted that the host does not know. `owns`: the host names that the project had first
    at this edge."""

    project: str
    edge: Edge
    routes: tuple[ServedRoute, ...]
    certificates: dict[str, str] = {}
    acme_ca: str = ""
    owns: tuple[str, ...] = ()

    @property
    def has_tls(self) -> bool:
        return self.edge.tls is not Tls.OFF

    @property
    def names(self) -> tuple[str, ...]:
        """All host names that lead to it, each once."""
        every = [name.lower() for each in self.routes for name in (each.route.host, *each.route.redirect_from)]
        return tuple(dict.fromkeys(every))

    @property
    def backends(self) -> dict[str, ServedRoute]:
        """HAProxy's name for what a route leads to -> the route. The first of a service is `shop:web`."""
        named: dict[str, ServedRoute] = {}
        for served in self.routes:
            first = f"{self.project}:{served.route.service}"
            more = sum(name == first or name.startswith(f"{first}:") for name in named)
            named[f"{first}:{more + 1}" if more else first] = served
        return named

    @property
    def lead_to(self) -> dict[str, str]:
        """The same names -> the DNS name of the service's containers, and the port."""
        return {
            name: f"{alias(self.project, served.route.service)}:{served.route.port}"
            for name, served in self.backends.items()
        }


def alias(project: str, service: str) -> str:
    """The name of a service's containers on the edge's network."""
    return f"{service}.{project}"
