"""What a container's reader must know of its engine: what it does when nothing is written, what volumes stand for."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ..model.dialect import Dialect, Platform, Version
from ..model.field import Set, Source
from ..model.snapshot import EngineFacts
from ..model.workload import EnginePaths
from .api_object import ApiObject

_OLDEST = Version(1, 24)


class EngineContext(Struct, frozen=True):
    """`features` are those of the engine that are on: `seccomp`, `apparmor`, `selinux`, `userns`, `rootless`,
    `no-new-privileges`, `live-restore`, `cgroupns` (private by default); None where the engine could not be asked.
    `volumes`: name -> as the API has it. `default_runtime`: which runs a container that names none; `""` where unknown.
    """

    api_version: Version = _OLDEST
    features: frozenset[str] | None = None
    volumes: dict[str, dict[str, Any]] = {}
    log_driver: str = ""
    default_runtime: str = ""
    paths: EnginePaths = EnginePaths()

    def dialect(self, platform: Platform = Platform.DOCKER) -> Dialect:
        return Dialect(platform, self.api_version, self.features or frozenset())

    @property
    def features_source(self) -> Source:
        return Source("GET /info", "SecurityOptions")


def engine_context(facts: EngineFacts) -> EngineContext:
    """From `GET /info`, `GET /version` and `GET /volumes`."""
    volumes = facts.volumes.value if isinstance(facts.volumes, Set) else ()
    return EngineContext(
        api_version=_api_version(facts),
        features=_features(facts),
        volumes={volume["Name"]: volume for volume in volumes if isinstance(volume.get("Name"), str)},
        log_driver=_info(facts).word("LoggingDriver"),
        default_runtime=_info(facts).word("DefaultRuntime"),
        paths=_paths(facts),
    )


def _paths(facts: EngineFacts) -> EnginePaths:
    """Where it says that its data lies, and the socket that it was asked at beside the usual one."""
    usual = EnginePaths()
    asked_at = (facts.endpoint.removeprefix("unix://"),) if facts.endpoint.startswith("unix:///") else ()
    return EnginePaths(_info(facts).word("DockerRootDir") or usual.data_root, (*usual.sockets, *asked_at))


def _info(facts: EngineFacts) -> ApiObject:
    return ApiObject(facts.info.value if isinstance(facts.info, Set) else None, "GET /info")


def _api_version(facts: EngineFacts) -> Version:
    version = ApiObject(facts.version.value if isinstance(facts.version, Set) else None, "GET /version")
    try:
        return Version.parse(version.word("ApiVersion"))
    except ValueError:
        return _OLDEST


def _features(facts: EngineFacts) -> frozenset[str] | None:
    """SecurityOptions are `name=seccomp,profile=builtin`; a profile `unconfined` is no filter at all."""
    options = _info(facts).texts("SecurityOptions")
    if not isinstance(options, Set):
        return None
    on = set()
    for option in options.value:
        settings = dict(part.split("=", 1) for part in option.split(",") if "=" in part)
        if settings.get("profile") != "unconfined":
            on.add(settings.get("name", option))
    live_restore = _info(facts).boolean("LiveRestoreEnabled")
    if isinstance(live_restore, Set) and live_restore.value:
        on.add("live-restore")
    return frozenset(on)
