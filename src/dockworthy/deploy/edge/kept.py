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
    at this edge.

    `aliases`: service -> the name by which its containers are found on the edge's network. It is a secret: who knows it
    could get the service's requests. `old_names`: services of which containers run that older versions named
    `web.shop` there; they are found by that name, too, until they are replaced."""

    project: str
    edge: Edge
    routes: tuple[ServedRoute, ...]
    certificates: dict[str, str] = {}
    acme_ca: str = ""
    owns: tuple[str, ...] = ()
    aliases: dict[str, str] = {}
    old_names: tuple[str, ...] = ()

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

    def templates(self, served: ServedRoute) -> dict[str, str]:
        """Prefix of HAProxy's slots -> the DNS name of the service's containers, and the port. A slot keeps its name
        for as long as its DNS name counts, so that a new process knows it again."""
        service, port = served.route.service, served.route.port
        secret, found = self.aliases.get(service), {}
        if secret is None or service in self.old_names:
            found["s"] = f"{old_name(self.project, service)}:{port}"
        if secret is not None:
            found["c"] = f"{secret}:{port}"
        return found

    @property
    def lead_to(self) -> dict[str, tuple[str, ...]]:
        """HAProxy's names for what routes lead to -> the DNS names of the service's containers, each with the port."""
        return {name: tuple(self.templates(served).values()) for name, served in self.backends.items()}


def old_name(project: str, service: str) -> str:
    """The name by which older versions let the edge find a service's containers. Anybody can take it."""
    return f"{service}.{project}"
