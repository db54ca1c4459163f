"""Whose containers prove something for the host: those that only root, or who may become root, can have set up.

An engine does not keep who made a container. Without an authorization plugin whoever may ask it is root, so containers
are as good as root's own. At the guard's socket for people the roles tell: who is limited to projects makes and enters
no container of another one. Behind a plugin alone, and of tasks that another manager may have made, nobody can tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property

from ...model.field import Set, Unknown, Unset
from ...model.guard_policy import EVERYBODY, Binding
from ...model.json_parts import items, part
from ...model.labels import COMPOSE_WORKING_DIR, PROJECT_LABELS, SWARM_SERVICE, SWARM_TASK
from ...model.moments import read_moment
from ...model.published_ports import published_ports
from ...model.snapshot import Snapshot
from ...model.workload import Unit
from ..api_object import ApiObject
from ..engine_addresses import other_addresses

_PLUGIN = "dockworthy"


class Makers:
    """Of the containers of one snapshot. Every reason is a sentence's end; `""` where there is no doubt."""

    def __init__(self, snapshot: Snapshot, units: tuple[Unit, ...]) -> None:
        self._snapshot = snapshot
        self._labels = {unit.id: unit.labels for unit in units}

    @cached_property
    def anybody(self) -> str:
        """Why a container here may be of somebody who is not root."""
        if self._untold:
            return self._untold
        if self._bindings:
            return _may_make(self._bindings[0])
        doubts = (self._of_the_past(who, labels) for who, labels in self._labels.items())
        return next(filter(None, doubts), "")

    def doubt(self, who: str) -> str:
        """Why what `container/NAME` or `service/NAME` shows proves nothing for the host, or what answers at a published
        port, `port/NUMBER`. Programs of the host have no doubt here."""
        kind, _, _ = who.partition("/")
        if kind == "container":
            return self._of(who, self._labels.get(who))
        return self._elsewhere or self._of(who, self._labels.get(who)) if kind in ("service", "port") else ""

    def doubt_of_service(self, name: str, labels: Mapping[str, str]) -> str:
        """The same of a service of a swarm."""
        return self._elsewhere or self._of(f"service/{name}", labels)

    def doubt_of_project(self, name: str, folder: str) -> str:
        """The same of a folder that only labels of containers call a project's: one of them must be beyond doubt."""
        reasons = [
            self._of(who, labels)
            for who, labels in self._labels.items()
            if name in _projects(labels) and (labels.get(COMPOSE_WORKING_DIR, "").rstrip("/") or "/") == folder
        ]
        return min(reasons, key=len) if reasons else self.anybody

    def _of(self, who: str, labels: Mapping[str, str] | None) -> str:
        if self._untold:
            return self._untold
        if labels and labels.get(SWARM_TASK) and self._elsewhere:
            return self._elsewhere
        may = next((each for each in self._bindings if _reaches(each, labels)), None)
        return _may_make(may) if may is not None else self._of_the_past(who, labels)

    def _of_the_past(self, who: str, labels: Mapping[str, str] | None) -> str:
        """Why somebody may have made or changed it by a grant that is over: it was there then. What was recreated since
        is beyond that doubt."""
        host = self._snapshot.host
        if not isinstance(host.container_makers, Set) or isinstance(host.given_grants, Unset):
            return ""  # no guard serves people, or it never gave a grant
        if not isinstance(host.given_grants, Set):
            return f"which grants of the guard have ended is not known: {host.given_grants.reason}"
        known, made = host.given_grants.value, self._made_at(who, labels)
        if known.known_since is not None and (made is None or made < known.known_since):
            return f"the guard's record of grants goes back to {_written(known.known_since)} only, and it is older"
        for each in known.grants:
            if (made is None or made < each.until) and _reaches(each.binding, labels):
                return (
                    f"{each.binding.who} could create or change it until {_written(each.until)}, by a grant (role "
                    f"{each.binding.role.value}); recreated since then, it would count"
                )
        return ""

    def _made_at(self, who: str, labels: Mapping[str, str] | None) -> datetime | None:
        """A swarm makes containers of a service at any time: they are as old as it."""
        if labels and labels.get(SWARM_TASK):
            who = f"service/{labels.get(SWARM_SERVICE, '')}"
        return self._created.get(who)

    @cached_property
    def _created(self) -> dict[str, datetime | None]:
        engine = self._snapshot.engine
        containers = engine.containers.value if isinstance(engine.containers, Set) else ()
        services = engine.services.value if isinstance(engine.services, Set) else ()
        inspects = ((each.name, each.inspect.value) for each in containers if isinstance(each.inspect, Set))
        return {
            **{f"container/{name}": read_moment(str(part(inspect, "Created"))) for name, inspect in inspects},
            **{f"service/{part(each, 'Spec', 'Name')}": read_moment(str(part(each, "CreatedAt"))) for each in services},
        }

    @property
    def _bindings(self) -> tuple[Binding, ...]:
        makers = self._snapshot.host.container_makers
        return makers.value if isinstance(makers, Set) else ()

    @cached_property
    def _untold(self) -> str:
        """Why nothing tells who makes containers here."""
        engine, host = self._snapshot.engine, self._snapshot.host
        if not isinstance(engine.info, Set):
            return "which authorization plugins the engine asks was not read"
        asked = ApiObject(engine.info.value, "GET /info").texts("Plugins", "Authorization")
        plugins = asked.value if isinstance(asked, Set) else ()
        if plugins and (past := self._past_the_guard) is not None:
            if past:
                return f"the engine also listens on {past}, where the guard does not see who asks"
            name = next((each for each in plugins if each != _PLUGIN), plugins[0])
            return (
                f"the engine asks its plugin {name} about every request, and nothing tells here who may make containers"
            )
        makers = host.container_makers
        return f"who may make containers here was not read: {makers.reason}" if isinstance(makers, Unknown) else ""

    @cached_property
    def _past_the_guard(self) -> str | None:
        """None where all come by the guard's sockets, where it knows who asks; else where the engine listens besides,
        `""` where no guard stands at its socket."""
        host = self._snapshot.host
        if not isinstance(host.daemon, Set) or not host.daemon.value.guarded_at:
            return ""
        daemon, file = host.daemon.value, host.daemon_json.value if isinstance(host.daemon_json, Set) else {}
        engine = self._snapshot.engine
        info = engine.info.value if isinstance(engine.info, Set) else {}
        # The engine may have been started where the guard stands now.
        known = (daemon.own_socket, daemon.guarded_at)
        return next(other_addresses(daemon, file, known, info=info, published=published_ports(engine)), None)

    @cached_property
    def _elsewhere(self) -> str:
        """Why a service of the swarm may be of somebody who is not root."""
        engine = self._snapshot.engine
        if self._untold:
            return self._untold
        if isinstance(engine.nodes, Unset):
            return ""  # it is in no swarm
        if not isinstance(engine.nodes, Set):
            return "it is of the swarm, and only a manager sees who may make its services"
        own = ApiObject(engine.info.value if isinstance(engine.info, Set) else None, "GET /info").text(
            "Swarm", "NodeID"
        )
        for node in engine.nodes.value:
            if part(node, "Spec", "Role") == "manager" and not (isinstance(own, Set) and part(node, "ID") == own.value):
                plugins = items(node, "Description", "Engine", "Plugins")
                if any(part(each, "Type") == "Authorization" for each in plugins):
                    name = part(node, "Description", "Hostname") or "another manager"
                    return f"it is of the swarm, and who may make services on {name} is not known here"
        return ""


def _may_make(binding: Binding) -> str:
    who = "everybody who can open a socket of the guard" if binding.who == EVERYBODY else binding.who
    return f"{who} may create or change such containers here (role {binding.role.value}) without being root"


def _reaches(binding: Binding, labels: Mapping[str, str] | None) -> bool:
    """May who has that role make or change what has these labels? Who is limited to projects gives all
    that they make a label of one; the containers of a service need none. `labels` is None where they are not known."""
    projects = _projects(labels or {})
    if not binding.projects or projects & set(binding.projects):
        return True
    return not projects and (labels is None or bool(labels.get(SWARM_TASK)))


def _written(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M UTC}"


def _projects(labels: Mapping[str, str]) -> set[str]:
    return {labels[name] for name in PROJECT_LABELS if labels.get(name)}
