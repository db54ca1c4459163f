"""A project as `docker compose config --format json` gives it: each key that we read has its type and default here.

The JSON itself stays whole inside: what is not known here reaches Compose unchanged. Nothing changes an object of these
types; the `with…` methods give another one.

Source: the Compose Specification; types/types.go of compose-go v2, which renders it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final, Literal, Self, TypeVar

from msgspec import Struct

FilePart = Literal["secrets", "configs"]
Part = Literal["networks", "volumes", "secrets", "configs"]
FILE_PARTS: Final[tuple[FilePart, ...]] = ("secrets", "configs")
PARTS: Final[tuple[Part, ...]] = ("networks", "volumes", "secrets", "configs")
NAMESPACES: Final = ("network_mode", "pid", "ipc", "uts", "cgroup")
"""Keys of a service by which it shares something of the host or of a container (`container:NAME`, `service:NAME`)."""
DEFAULT_NETWORK: Final = "default"
"""The network that a service joins where its file names none."""
_SHARED = "service:"


class _OverJson:
    """One object of the JSON. None stands where a file has the key alone: `volumes: {data: }`."""

    __slots__ = ("_json",)
    _json: Mapping[str, Any] | None

    def __init__(self, json: Mapping[str, Any] | None) -> None:
        object.__setattr__(self, "_json", json)

    @classmethod
    def from_json(cls, json: Mapping[str, Any] | None) -> Self:
        return cls(_copied(json))

    def to_json(self) -> dict[str, Any]:
        """What `from_json` was given."""
        return dict(_copied(self._keys))

    def texts(self) -> Iterator[str]:
        """All texts in it; keys are none."""
        return _texts(self._json)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: there is no setting {name}")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, _OverJson) and self._json == other._json

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._json!r})"

    @property
    def _keys(self) -> Mapping[str, Any]:
        return self._json or {}

    def has(self, key: str) -> bool:
        """Is that key there, and not empty?"""
        return bool(self._keys.get(key))

    def _text(self, key: str, default: str = "") -> str:
        return str(self._keys.get(key) or default)

    def _number(self, key: str) -> int:
        return int(self._keys.get(key) or 0)

    def _mapping(self, key: str) -> Mapping[str, Any]:
        return self._keys.get(key) or {}

    def _words(self, key: str) -> tuple[str, ...]:
        written = self._keys.get(key) or ()
        return (written,) if isinstance(written, str) else tuple(map(str, written))


class NetworkDefinition(_OverJson):
    """`networks.KEY`. `name`: "" where none is written; see ComposeProject.object_name."""

    __slots__ = ()

    @property
    def name(self) -> str:
        return self._text("name")

    @property
    def external(self) -> bool:
        return self.has("external")

    @property
    def driver(self) -> str:
        return self._text("driver")

    @property
    def driver_opts(self) -> Mapping[str, str]:
        return self._mapping("driver_opts")

    @property
    def labels(self) -> Mapping[str, str]:
        return self._mapping("labels")

    @property
    def internal(self) -> bool:
        return self.has("internal")

    @property
    def enable_ipv6(self) -> bool:
        return self.has("enable_ipv6")

    @property
    def subnets(self) -> tuple[Subnet, ...]:
        """`ipam.config`."""
        written = self._mapping("ipam").get("config") or ()
        keys = ("subnet", "gateway", "ip_range")
        return tuple(Subnet(*(str(each.get(key) or "") for key in keys)) for each in written)


class Subnet(Struct, frozen=True):
    """Of a network. "" for what is not written."""

    subnet: str
    gateway: str
    ip_range: str


class VolumeDefinition(_OverJson):
    """`volumes.KEY`. `name`, `driver`: "" where none is written; no driver is the engine's own, `local`."""

    __slots__ = ()

    @property
    def name(self) -> str:
        return self._text("name")

    @property
    def external(self) -> bool:
        return self.has("external")

    @property
    def driver(self) -> str:
        return self._text("driver")

    @property
    def driver_opts(self) -> Mapping[str, str]:
        return self._mapping("driver_opts")

    @property
    def labels(self) -> Mapping[str, str]:
        return self._mapping("labels")


class FileObject(_OverJson):
    """`secrets.KEY` or `configs.KEY`: where its content is. `name`: "" where none is written."""

    __slots__ = ()

    @property
    def name(self) -> str:
        return self._text("name")

    @property
    def external(self) -> bool:
        return self.has("external")

    @property
    def file(self) -> str:
        return self._text("file")

    @property
    def environment(self) -> str:
        """A variable of whoever deploys."""
        return self._text("environment")

    @property
    def content(self) -> str:
        return self._text("content")


class FileReference(_OverJson):
    """A service's use of a secret or config. `source`: its key in the project; `mode`: `"0440"` or a number."""

    __slots__ = ()

    @property
    def source(self) -> str:
        return str(self._keys["source"])

    def target(self, part: FilePart) -> str:
        """Where it is mounted: a secret below /run/secrets, a config at the root."""
        return self._text("target") or (self.source if part == "secrets" else f"/{self.source}")

    @property
    def uid(self) -> str:
        return self._text("uid", "0")

    @property
    def gid(self) -> str:
        return self._text("gid", "0")

    @property
    def mode(self) -> str | int | None:
        mode: str | int | None = self._keys.get("mode")
        return mode

    @property
    def options(self) -> Mapping[str, object]:
        """All that is written but the source."""
        return {key: value for key, value in self._keys.items() if key != "source"}

    def to(self, source: str, target: str) -> FileReference:
        """The use of another one, mounted at `target`."""
        return FileReference({**self._keys, "source": source, "target": target})


class ComposeNetworkUse(_OverJson):
    """`services.NAME.networks.KEY`: how a service is found there."""

    __slots__ = ()

    @property
    def aliases(self) -> tuple[str, ...]:
        return self._words("aliases")

    @property
    def addresses(self) -> Mapping[str, str]:
        """Key -> fixed address, of ipv4_address, ipv6_address and mac_address those that are written."""
        return {key: str(self._keys[key]) for key in ("ipv4_address", "ipv6_address", "mac_address") if self.has(key)}

    @property
    def link_local_ips(self) -> tuple[str, ...]:
        return self._words("link_local_ips")


class ComposeMount(_OverJson):
    """`services.NAME.volumes`. `type`: `volume`, `bind`, `tmpfs` …; `source`: a volume's key or a path of the host,
    "" for a volume without a name."""

    __slots__ = ()

    @property
    def type(self) -> str:
        return self._text("type")

    @property
    def source(self) -> str:
        return self._text("source")

    @property
    def target(self) -> str:
        return self._text("target")

    @property
    def read_only(self) -> bool:
        return self.has("read_only")

    @property
    def nocopy(self) -> bool:
        return bool(self._mapping("volume").get("nocopy"))

    @property
    def options_of_one_engine(self) -> tuple[str, ...]:
        """Of `bind` and `volume` what is written and changes what is mounted, beside `nocopy`: `bind.selinux` …"""
        known = {"bind": ("selinux", "propagation", "recursive"), "volume": ("subpath",)}
        return tuple(f"{part}.{key}" for part, keys in known.items() for key in keys if self._mapping(part).get(key))

    @property
    def tmpfs_size(self) -> str:
        return str(self._mapping("tmpfs").get("size") or "")

    @property
    def tmpfs_mode(self) -> int:
        return int(self._mapping("tmpfs").get("mode") or 0)


class ComposePort(_OverJson):
    """`services.NAME.ports`. `published`: the host's, "" where the engine chooses one."""

    __slots__ = ()

    @property
    def target(self) -> int | None:
        target = self._keys.get("target")
        return None if target is None else int(target)

    @property
    def published(self) -> str:
        return self._text("published")

    @property
    def protocol(self) -> str:
        return self._text("protocol", "tcp")

    @property
    def host_ip(self) -> str:
        return self._text("host_ip")

    @property
    def mode(self) -> str:
        return self._text("mode", "ingress")


class Dependency(_OverJson):
    """`services.NAME.depends_on.OTHER`."""

    __slots__ = ()

    @property
    def condition(self) -> str:
        return self._text("condition", "service_started")


class ComposeHealthCheck(_OverJson):
    """Durations as they are written (`1m30s`), "" where none is; `test`: the words, or one text for the shell."""

    __slots__ = ()

    @property
    def disable(self) -> bool:
        return self.has("disable")

    @property
    def test(self) -> str | list[str]:
        test: str | list[str] = self._keys.get("test") or []
        return test

    @property
    def interval(self) -> str:
        return self._text("interval")

    @property
    def timeout(self) -> str:
        return self._text("timeout")

    @property
    def start_period(self) -> str:
        return self._text("start_period")

    @property
    def start_interval(self) -> str:
        return self._text("start_interval")

    @property
    def retries(self) -> int:
        return self._number("retries")


class RestartPolicy(_OverJson):
    """`deploy.restart_policy`. `max_attempts`: 0 is no limit."""

    __slots__ = ()

    @property
    def condition(self) -> str:
        return self._text("condition", "any")

    @property
    def max_attempts(self) -> int:
        return self._number("max_attempts")

    @property
    def delay(self) -> str:
        return self._text("delay")

    @property
    def window(self) -> str:
        return self._text("window")


class Placement(_OverJson):
    """`deploy.placement`. `max_replicas_per_node`: 0 is no limit."""

    __slots__ = ()

    @property
    def constraints(self) -> tuple[str, ...]:
        return self._words("constraints")

    @property
    def spread(self) -> tuple[str, ...]:
        """`preferences`: over the values of which labels tasks are spread."""
        return tuple(str(each["spread"]) for each in self._keys.get("preferences") or ())

    @property
    def max_replicas_per_node(self) -> int:
        return self._number("max_replicas_per_node")


class Deploy(_OverJson):
    """`services.NAME.deploy`."""

    __slots__ = ()

    @property
    def mode(self) -> str:
        return self._text("mode", "replicated")

    @property
    def endpoint_mode(self) -> str:
        """`vip`, `dnsrr`; "" where none is written."""
        return self._text("endpoint_mode")

    @property
    def labels(self) -> Mapping[str, str]:
        return self._mapping("labels")

    @property
    def placement(self) -> Placement:
        return Placement(self._mapping("placement"))

    @property
    def restart_policy(self) -> RestartPolicy | None:
        return RestartPolicy(self._mapping("restart_policy")) if self.has("restart_policy") else None

    @property
    def update_order(self) -> str:
        """`update_config.order`: `start-first`, `stop-first`; "" where none is written."""
        return str(self._mapping("update_config").get("order") or "")

    @property
    def has_devices(self) -> bool:
        return any((part or {}).get("devices") for part in self._mapping("resources").values())

    def with_constraint(self, constraint: str) -> Deploy:
        constraints = [*self.placement.constraints, constraint]
        return Deploy({**self._keys, "placement": {**self._mapping("placement"), "constraints": constraints}})

    def with_update_order(self, order: str) -> Deploy:
        return Deploy({**self._keys, "update_config": {**self._mapping("update_config"), "order": order}})


class Amounts(Struct, frozen=True):
    """Of a limit or reservation, as they are written (`0.5`, `512m`); None for what is not."""

    cpus: str | float | None = None
    memory: str | int | None = None
    pids: str | int | None = None


class ComposeLogging(Struct, frozen=True):
    """`driver`: "" is the engine's own."""

    driver: str
    options: Mapping[str, str]


class ComposeService(_OverJson):
    """`services.NAME`. "" for a text that is not written."""

    __slots__ = ()

    def written(self, key: str) -> object:
        """As it stands there, for a key that is handed on and not read; None for one that is not there."""
        return self._keys.get(key)

    # What it is made from

    @property
    def image(self) -> str:
        return self._text("image")

    @property
    def container_name(self) -> str:
        return self._text("container_name")

    @property
    def hostname(self) -> str:
        return self._text("hostname")

    @property
    def mac_address(self) -> str:
        return self._text("mac_address")

    @property
    def labels(self) -> Mapping[str, str]:
        return self._mapping("labels")

    @property
    def environment(self) -> Mapping[str, str | None]:
        """None: nothing has a value for it."""
        return self._mapping("environment")

    @property
    def healthcheck(self) -> ComposeHealthCheck | None:
        """None: the image's own, if it has one."""
        return ComposeHealthCheck(self._mapping("healthcheck")) if self.has("healthcheck") else None

    @property
    def restart(self) -> str:
        """`no`, `always`, `unless-stopped`, `on-failure:3`."""
        return self._text("restart")

    @property
    def stop_grace_period(self) -> str:
        return self._text("stop_grace_period")

    @property
    def security_opt(self) -> tuple[str, ...]:
        return self._words("security_opt")

    @property
    def ulimits(self) -> Mapping[str, tuple[int, int]]:
        """Name -> soft and hard limit. One number is both."""
        both = {
            name: each if isinstance(each, Mapping) else {"soft": each, "hard": each}
            for name, each in self._mapping("ulimits").items()
        }
        return {name: (int(each["soft"]), int(each["hard"])) for name, each in both.items()}

    @property
    def logging(self) -> ComposeLogging | None:
        written = self._mapping("logging")
        return ComposeLogging(str(written.get("driver") or ""), written.get("options") or {}) if written else None

    @property
    def limits(self) -> Amounts:
        """`deploy.resources.limits`, else the older keys of the service itself."""
        written = self._resources("limits")
        keys = (("cpus", "cpus"), ("memory", "mem_limit"), ("pids", "pids_limit"))
        return Amounts(*(written.get(key) or self._keys.get(older) for key, older in keys))

    @property
    def reservations(self) -> Amounts:
        written = self._resources("reservations")
        return Amounts(written.get("cpus"), written.get("memory") or self._keys.get("mem_reservation"))

    def _resources(self, kind: str) -> Mapping[str, Any]:
        return (self._mapping("deploy").get("resources") or {}).get(kind) or {}

    # How many, where and after whom

    @property
    def deploy(self) -> Deploy:
        return Deploy(self._mapping("deploy"))

    @property
    def replicas(self) -> int:
        """`deploy.replicas`, else the older `scale`; 1 where nothing is written."""
        replicas = self._mapping("deploy").get("replicas")
        if replicas is None:
            replicas = self._keys.get("scale")
        return 1 if replicas is None else int(replicas)

    @property
    def depends_on(self) -> Mapping[str, Dependency]:
        return {name: Dependency(each) for name, each in self._mapping("depends_on").items()}

    @property
    def shares_network_of(self) -> str:
        """The service that `network_mode: service:NAME` names."""
        return self.network_mode.removeprefix(_SHARED) if self.network_mode.startswith(_SHARED) else ""

    @property
    def needs(self) -> tuple[str, ...]:
        """The services that come before it: its dependencies, and the one whose network it shares."""
        return (*sorted(self.depends_on), *filter(None, (self.shares_network_of,)))

    # What it shares, and how it is reached

    @property
    def network_mode(self) -> str:
        return self._text("network_mode")

    @property
    def namespaces(self) -> Mapping[str, str]:
        """Key -> value, of NAMESPACES those that are written."""
        return {key: self._text(key) for key in NAMESPACES if self.has(key)}

    @property
    def networks(self) -> Mapping[str, ComposeNetworkUse]:
        """As they are written; see `joined`."""
        return {key: ComposeNetworkUse(each) for key, each in self._mapping("networks").items()}

    @property
    def joined(self) -> Mapping[str, ComposeNetworkUse]:
        """Key -> its use, of the networks that it joins: the default one where it names none."""
        return self.networks or {DEFAULT_NETWORK: ComposeNetworkUse(None)}

    @property
    def ports(self) -> tuple[ComposePort, ...]:
        return tuple(map(ComposePort, self._keys.get("ports") or ()))

    @property
    def extra_hosts(self) -> tuple[str, ...]:
        return self._words("extra_hosts")

    @property
    def dns(self) -> tuple[str, ...]:
        return self._words("dns")

    @property
    def dns_search(self) -> tuple[str, ...]:
        return self._words("dns_search")

    @property
    def dns_opt(self) -> tuple[str, ...]:
        return self._words("dns_opt")

    @property
    def external_links(self) -> tuple[str, ...]:
        return self._words("external_links")

    @property
    def mounts(self) -> tuple[ComposeMount, ...]:
        """`volumes`."""
        return tuple(map(ComposeMount, self._keys.get("volumes") or ()))

    @property
    def volumes_from(self) -> tuple[str, ...]:
        return self._words("volumes_from")

    @property
    def tmpfs(self) -> tuple[str, ...]:
        return self._words("tmpfs")

    def references(self, part: FilePart) -> tuple[FileReference, ...]:
        """`secrets` or `configs`."""
        return tuple(map(FileReference, self._keys.get(part) or ()))

    # Another one

    def without(self, keys: Collection[str]) -> ComposeService:
        return ComposeService({key: value for key, value in self._keys.items() if key not in keys})

    def with_image(self, image: str) -> ComposeService:
        return self._with("image", image)

    def never_pulled(self) -> ComposeService:
        """Its image is there: Compose pulls none."""
        return self._with("pull_policy", "never")

    def with_healthcheck(self, healthcheck: ComposeHealthCheck) -> ComposeService:
        return self._with("healthcheck", healthcheck._json)

    def with_references(self, part: FilePart, references: Collection[FileReference]) -> ComposeService:
        return self._with(part, [dict(each._keys) for each in references])

    def with_network(self, key: str, aliases: Collection[str]) -> ComposeService:
        """It joins that network beside its own."""
        own = {name: use._json for name, use in self.joined.items()}
        return self._with("networks", {**own, key: {"aliases": [*aliases]}})

    def without_network(self, key: str) -> ComposeService:
        return self._with("networks", {name: use for name, use in self._mapping("networks").items() if name != key})

    def with_deploy(self, deploy: Deploy) -> ComposeService:
        return self._with("deploy", deploy._json)

    def _with(self, key: str, value: object) -> ComposeService:
        return ComposeService({**self._keys, key: value})


_Definition = TypeVar("_Definition", NetworkDefinition, VolumeDefinition, FileObject)


class ComposeProject(_OverJson):
    """`name`: "" where the JSON has none."""

    __slots__ = ()

    @classmethod
    def of(
        cls,
        name: str,
        services: Mapping[str, ComposeService],
        *,
        networks: Mapping[str, NetworkDefinition] = {},
        volumes: Mapping[str, VolumeDefinition] = {},
        secrets: Mapping[str, FileObject] = {},
        configs: Mapping[str, FileObject] = {},
    ) -> ComposeProject:
        """A project made of these parts; empty ones are left out."""
        parts = {"networks": networks, "volumes": volumes, "secrets": secrets, "configs": configs}
        made: dict[str, Any] = {"name": name, "services": _all_json(services)}
        return cls({**made, **{part: _all_json(each) for part, each in parts.items() if each}})

    @classmethod
    def from_text(cls, text: str | bytes) -> ComposeProject:
        """From its JSON, as `docker compose config --format json` prints it."""
        return cls(json.loads(text))

    def to_text(self, *, indent: int | None = None) -> str:
        """Its JSON as text."""
        return json.dumps(self._keys, indent=indent)

    @property
    def name(self) -> str:
        return self._text("name")

    @property
    def services(self) -> Mapping[str, ComposeService]:
        return {name: ComposeService(each) for name, each in self._mapping("services").items()}

    @property
    def networks(self) -> Mapping[str, NetworkDefinition]:
        return self._defined("networks", NetworkDefinition)

    @property
    def volumes(self) -> Mapping[str, VolumeDefinition]:
        return self._defined("volumes", VolumeDefinition)

    def files(self, part: FilePart) -> Mapping[str, FileObject]:
        """The definitions of its secrets or configs."""
        return self._defined(part, FileObject)

    def object_name(self, part: Part, key: str) -> str:
        """What a network, volume, secret or config is called on the engine: `name` of its definition, or PROJECT_KEY.
        So is one that has no definition."""
        definition = self._mapping(part).get(key) or {}
        return str(definition.get("name") or f"{self.name}_{key}")

    def joined_by(self, service: str) -> Mapping[str, ComposeNetworkUse]:
        """The engine's name of each network that a service joins -> its use."""
        return {self.object_name("networks", key): use for key, use in self.services[service].joined.items()}

    @property
    def joined(self) -> frozenset[str]:
        """The engine's names of all networks that its services join."""
        return frozenset(name for service in self._mapping("services") for name in self.joined_by(service))

    # Changed copies

    def with_services(self, services: Mapping[str, ComposeService]) -> ComposeProject:
        """With these services in place of its own."""
        return ComposeProject({**self._keys, "services": _all_json(services)})

    def with_service(self, name: str, service: ComposeService) -> ComposeProject:
        """With this service in place of that of its name, or beside the others."""
        return self.with_services({**self.services, name: service})

    def with_networks(self, networks: Mapping[str, NetworkDefinition]) -> ComposeProject:
        return ComposeProject({**self._keys, "networks": _all_json(networks)})

    def beside(self, other: ComposeProject) -> ComposeProject:
        """The same services, and the networks, volumes, secrets and configs of both. Where both define one, its own
        definition counts."""
        both = {part: {**other._mapping(part), **self._mapping(part)} for part in PARTS}
        return ComposeProject({**self._keys, **{part: each for part, each in both.items() if each}})

    def with_texts(self, changed: Callable[[str], str]) -> ComposeProject:
        """Each text in it as `changed` gives it; keys stay."""
        return ComposeProject(_changed(self._json, changed))

    def _defined(self, part: str, kind: type[_Definition]) -> Mapping[str, _Definition]:
        return {key: kind(each) for key, each in self._mapping(part).items()}


def project_as_json(value: object) -> dict[str, Any]:
    """For msgspec's encoders (`enc_hook`)."""
    if isinstance(value, ComposeProject):
        return dict(value._keys)
    raise NotImplementedError(f"{type(value).__name__} is not written as JSON")


def project_from_json(kind: type, json: Any) -> ComposeProject:
    """For msgspec's decoders (`dec_hook`): nobody else has what they made."""
    if kind is ComposeProject and isinstance(json, dict):
        return ComposeProject(json)
    raise TypeError(f"{type(json).__name__} is no project of Compose")


def _all_json(objects: Mapping[str, _OverJson]) -> dict[str, Any]:
    return {name: each._json for name, each in objects.items()}


def _copied(value: Any) -> Any:
    return _changed(value, lambda text: text)


def _changed(value: Any, changed: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return changed(value)
    if isinstance(value, Mapping):
        return {key: _changed(each, changed) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_changed(each, changed) for each in value]
    return value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
