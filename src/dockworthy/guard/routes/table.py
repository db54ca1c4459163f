"""The routes of Engine API v1.24 to v1.45 as Engine 26.1 has them; what is not listed is not asked.

Sources: the API reference v1.45; `api/server/router` of Engine 26.1 for the names of a query that no reference lists.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum, StrEnum
from functools import cached_property

from msgspec import Struct


class Body(Enum):
    """What travels in the request's body. STREAM is what the engine shows to no plugin: archives and raw streams."""

    NONE = "none"
    JSON = "json"
    MAYBE_JSON = "maybe json"
    STREAM = "stream"


class Right(StrEnum):
    """What a person needs in order to send it; each role has some of them."""

    VIEW = "view"  # see what is there
    SECRETS = "secrets"  # see what may hold secrets: environments, files and memory of containers
    CREATE = "create"  # make, change and remove objects of one's own projects
    OPERATE = "operate"  # start, stop, restart, signal
    EXEC = "exec"  # run commands in containers, take part in their input
    REGISTRY = "registry"  # have the engine ask a registry: log in, search, look an image up
    BUILD = "build"  # build, load, tag and push images
    ADMIN = "admin"  # what reaches the engine or the host itself


class ApiRoute(Struct, frozen=True, kw_only=True, dict=True):
    """`path` names its parts in braces; `query` the names that the engine reads, `lists` those that may come
    several times, `truths` those that it reads as yes or no. `more`: what is needed instead of `right` where such a
    name says yes; `without`: the same where it is empty. `judge` is the name of the judge (judges/) that looks
    closer, empty where the route alone tells enough."""

    method: str
    path: str
    right: Right
    query: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    truths: frozenset[str] = frozenset()
    more: Mapping[str, Right] = {}
    without: Mapping[str, Right] = {}
    body: Body = Body.NONE
    judge: str = ""

    @cached_property
    def action(self) -> str:
        """`containers/create`, `containers/start`: the path without names."""
        return re.sub(r"/\{[a-z]+\}", "", self.path).strip("/") or "/"

    @cached_property
    def line(self) -> str:
        """`POST /containers/{container}/start`: what names this route among all."""
        return f"{self.method} {self.path}"


_PARTS = {
    "{container}": r"(?P<container>/?[a-zA-Z0-9][a-zA-Z0-9_.-]*)",
    "{execution}": r"(?P<execution>[a-f0-9]{64})",
    "{image}": r"(?P<image>[a-zA-Z0-9][a-zA-Z0-9_.:@/-]*)",
    "{volume}": r"(?P<volume>[a-zA-Z0-9][a-zA-Z0-9_.-]*)",
    "{network}": r"(?P<network>[a-zA-Z0-9][a-zA-Z0-9_. -]*)",
    "{object}": r"(?P<object>[a-zA-Z0-9][a-zA-Z0-9_.-]*)",
    "{plugin}": r"(?P<plugin>[a-zA-Z0-9][a-zA-Z0-9_.:@/-]*)",
}
"""How a part of a path may be spelt: as the engine lets such an object be named."""

_VIEW, _SECRETS, _CREATE, _OPERATE, _EXEC, _REGISTRY, _BUILD, _ADMIN = Right
_LOGS = "follow stdout stderr since until timestamps tail details"
_ATTACH = "detachKeys logs stream stdin stdout stderr"
_BUILD_QUERY = (
    "dockerfile t extrahosts remote q nocache cachefrom pull rm forcerm memory memswap cpushares cpusetcpus cpusetmems"
    " cpuperiod cpuquota buildargs shmsize squash labels networkmode platform target outputs version buildid session"
    " ulimits isolation cgroupparent securityopt"
)


_TRUTHS = frozenset(
    "all copyUIDGID details follow force forcerm link logs noOverwriteDirNonDir nocache noprune one-shot pause pull q"
    " quiet rm shared-size size squash stderr stdin stdout stream timestamps v".split()
)
"""Names that Engine 26.1 reads with httputils.BoolValue, on every route that has them."""


def _route(
    line: str,
    right: Right,
    query: str = "",
    body: Body = Body.NONE,
    judge: str = "",
    lists: str = "",
    more: Mapping[str, Right] = {},
    without: Mapping[str, Right] = {},
) -> ApiRoute:
    method, path = line.split()
    several = frozenset(lists.split())
    names = frozenset(query.split()) | several
    return ApiRoute(
        method=method,
        path=path,
        right=right,
        query=names,
        lists=several,
        truths=names & _TRUTHS,
        more=more,
        without=without,
        body=body,
        judge=judge,
    )


def _logs(line: str) -> ApiRoute:
    """`details` shows the variables of the environment that a log driver was told to add (`--log-opt env=NAME`)."""
    return _route(line, _VIEW, _LOGS, more={"details": _SECRETS})


_SYSTEM = (
    _route("GET /_ping", _VIEW),
    _route("HEAD /_ping", _VIEW),
    _route("GET /info", _VIEW),
    _route("GET /version", _VIEW),
    _route("GET /events", _VIEW, "since until filters"),
    _route("GET /system/df", _VIEW, "", lists="type"),
    _route(
        "POST /auth", _REGISTRY, body=Body.MAYBE_JSON, judge="registry_login"
    ),  # the engine shows its body to no plugin
    _route("POST /session", _BUILD, judge="buildkit"),
    _route("POST /grpc", _BUILD, judge="buildkit"),
)
_CONTAINERS = (
    _route("GET /containers/json", _VIEW, "all limit size filters before since"),
    _route("POST /containers/create", _CREATE, "name platform", Body.JSON, "create"),
    _route("POST /containers/prune", _CREATE, "filters"),
    _route("GET /containers/{container}/json", _VIEW, "size"),
    _route("GET /containers/{container}/top", _VIEW, "ps_args", judge="top"),
    _logs("GET /containers/{container}/logs"),
    _route("GET /containers/{container}/changes", _VIEW),
    _route("GET /containers/{container}/stats", _VIEW, "stream one-shot"),
    _route("GET /containers/{container}/export", _SECRETS, judge="container_files"),
    _route("HEAD /containers/{container}/archive", _SECRETS, "path", judge="container_files"),
    _route("GET /containers/{container}/archive", _SECRETS, "path", judge="container_files"),
    _route(
        "PUT /containers/{container}/archive",
        _ADMIN,
        "path noOverwriteDirNonDir copyUIDGID",
        Body.STREAM,
        "admins_only",
    ),
    _route("POST /containers/{container}/start", _OPERATE, "detachKeys", Body.MAYBE_JSON, "start"),
    _route("POST /containers/{container}/restart", _OPERATE, "signal t", judge="restart"),
    _route("POST /containers/{container}/stop", _OPERATE, "signal t", judge="stop"),
    _route("POST /containers/{container}/kill", _OPERATE, "signal"),
    _route("POST /containers/{container}/pause", _OPERATE),
    _route("POST /containers/{container}/unpause", _OPERATE),
    _route("POST /containers/{container}/wait", _VIEW, "condition"),
    _route("POST /containers/{container}/resize", _EXEC, "h w"),
    _route("POST /containers/{container}/rename", _CREATE, "name", judge="rename"),
    _route("POST /containers/{container}/update", _CREATE, "", Body.JSON, "update"),
    _route(  # without input it shows what the logs show, as `docker run` does
        "POST /containers/{container}/attach",
        _VIEW,
        f"{_ATTACH} hijack",
        Body.STREAM,
        "attach",
        more={"stdin": _EXEC},
    ),
    # Before API 1.42 the engine gives it input, output and errors, whatever its query says.
    _route("GET /containers/{container}/attach/ws", _EXEC, _ATTACH, judge="attach"),
    _route("POST /containers/{container}/exec", _EXEC, "", Body.JSON, "exec_create"),
    _route("DELETE /containers/{container}", _CREATE, "v force link"),
    _route("POST /exec/{execution}/start", _EXEC, "", Body.JSON, "exec_start"),
    _route("POST /exec/{execution}/resize", _EXEC, "h w"),
    _route("GET /exec/{execution}/json", _VIEW),
)
_IMAGES = (
    _route("GET /images/json", _VIEW, "all filters filter shared-size digests"),
    _route("GET /images/search", _REGISTRY, "term limit filters", judge="search"),
    _route("GET /images/{image}/json", _VIEW),
    _route("GET /images/{image}/history", _VIEW),
    _route("GET /images/get", _SECRETS, lists="names"),
    _route("GET /images/{image}/get", _SECRETS),
    _route("GET /distribution/{image}/json", _REGISTRY, judge="distribution"),
    _route(
        "POST /images/create",
        _CREATE,
        "fromImage fromSrc repo tag message platform",
        Body.STREAM,
        "pull",
        "changes",
        without={"fromImage": _BUILD},  # then it imports what the client sends, under the name that the client says
    ),
    _route("POST /images/load", _BUILD, "quiet", Body.STREAM, "load"),
    _route("POST /images/{image}/push", _BUILD, "tag", judge="push"),
    _route("POST /images/{image}/tag", _BUILD, "repo tag", judge="tag"),
    _route("DELETE /images/{image}", _CREATE, "force noprune"),
    _route("POST /images/prune", _CREATE, "filters"),
    _route("POST /build", _BUILD, _BUILD_QUERY, Body.STREAM, "build", "t"),
    _route("POST /build/prune", _BUILD, "keep-storage reserved-space max-used-space min-free-space all filters"),
    _route("POST /build/cancel", _BUILD, "id"),
    _route(
        "POST /commit", _ADMIN, "container repo tag comment author pause", Body.MAYBE_JSON, "admins_only", "changes"
    ),
)
_VOLUMES_AND_NETWORKS = (
    _route("GET /volumes", _VIEW, "filters"),
    _route("GET /volumes/{volume}", _VIEW),
    _route("POST /volumes/create", _CREATE, "", Body.JSON, "volume_create"),
    _route("POST /volumes/prune", _CREATE, "filters"),
    _route("DELETE /volumes/{volume}", _CREATE, "force"),
    _route("GET /networks", _VIEW, "filters"),
    _route("GET /networks/{network}", _VIEW, "verbose scope"),
    _route("POST /networks/create", _CREATE, "", Body.JSON, "network_create"),
    _route("POST /networks/prune", _CREATE, "filters"),
    _route("POST /networks/{network}/connect", _CREATE, "", Body.JSON, "network_connect"),
    _route("POST /networks/{network}/disconnect", _CREATE, "", Body.JSON, "network_disconnect"),
    _route("DELETE /networks/{network}", _CREATE, judge="network_remove"),
)
_SWARM = (
    _route("GET /swarm", _ADMIN, judge="admins_only"),  # its answer holds the tokens with which a host joins
    _route("GET /swarm/unlockkey", _ADMIN, "dockworthy", judge="admins_only"),
    _route("POST /swarm/init", _ADMIN, "", Body.JSON, "admins_only"),
    _route("POST /swarm/join", _ADMIN, "", Body.JSON, "admins_only"),
    _route("POST /swarm/leave", _ADMIN, "force", judge="admins_only"),
    _route(
        "POST /swarm/update",
        _ADMIN,
        "version rotateWorkerToken rotateManagerToken rotateManagerUnlockKey",
        Body.JSON,
        "admins_only",
    ),
    _route("POST /swarm/unlock", _ADMIN, "", Body.JSON, "admins_only"),
    _route("GET /nodes", _VIEW, "filters"),
    _route("GET /nodes/{object}", _VIEW),
    _route("POST /nodes/{object}/update", _ADMIN, "version", Body.JSON, "admins_only"),
    _route("DELETE /nodes/{object}", _ADMIN, "force", judge="admins_only"),
    _route("GET /services", _VIEW, "filters status"),
    _route("GET /services/{object}", _VIEW, "insertDefaults"),
    _logs("GET /services/{object}/logs"),
    _route("POST /services/create", _CREATE, "", Body.JSON, "service_create"),
    _route("POST /services/{object}/update", _CREATE, "version registryAuthFrom rollback", Body.JSON, "service_update"),
    _route("DELETE /services/{object}", _CREATE, judge="service_remove"),
    _route("GET /tasks", _VIEW, "filters"),
    _route("GET /tasks/{object}", _VIEW),
    _logs("GET /tasks/{object}/logs"),
    *(
        route
        for kind in ("secrets", "configs")
        for route in (
            _route(f"GET /{kind}", _VIEW, "filters"),
            _route(f"GET /{kind}/{{object}}", _VIEW),
            _route(f"POST /{kind}/create", _CREATE, "", Body.JSON, f"{kind}_write"),
            _route(f"POST /{kind}/{{object}}/update", _CREATE, "version", Body.JSON, f"{kind}_write"),
            _route(f"DELETE /{kind}/{{object}}", _CREATE, judge=f"{kind}_remove"),
        )
    ),
)
_PLUGINS = (
    _route("GET /plugins", _VIEW, "filters"),
    _route("GET /plugins/{plugin}/json", _VIEW),
    _route("GET /plugins/privileges", _ADMIN, "remote", judge="admins_only"),  # it asks a registry for a plugin
    *(
        _route(f"{line}", _ADMIN, query, body, "admins_only")
        for line, query, body in (
            ("POST /plugins/pull", "remote name", Body.JSON),
            ("POST /plugins/create", "name", Body.STREAM),
            ("POST /plugins/{plugin}/enable", "timeout", Body.NONE),
            ("POST /plugins/{plugin}/disable", "force", Body.NONE),
            ("POST /plugins/{plugin}/upgrade", "remote", Body.JSON),
            ("POST /plugins/{plugin}/push", "", Body.NONE),
            ("POST /plugins/{plugin}/set", "", Body.JSON),
            ("DELETE /plugins/{plugin}", "force", Body.NONE),
        )
    ),
)

ROUTES = (*_SYSTEM, *_CONTAINERS, *_IMAGES, *_VOLUMES_AND_NETWORKS, *_SWARM, *_PLUGINS)


def pattern_of(route: ApiRoute) -> str:
    """The regular expression that a whole path must match."""
    pattern = route.path.replace(".", r"\.")
    for part, spelling in _PARTS.items():
        pattern = pattern.replace(part, spelling)
    return pattern


_KINDS = {
    "containers": "{container}",
    "exec": "{execution}",
    "images": "{image}",
    "volumes": "{volume}",
    "networks": "{network}",
    "plugins": "{plugin}",
}


def may_name(kind: str, name: str) -> bool:
    """May an object of this kind, as paths begin (`images`), be called so?"""
    return re.fullmatch(_PARTS[_KINDS.get(kind, "{object}")], name) is not None
