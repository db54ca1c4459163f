"""`HostConfig.SecurityOpt`: a list of `key=value` or `key:value` in which the last entry wins."""

from __future__ import annotations

from ...model.field import Field, Origin, Set, Unknown, Unset
from ...model.workload import Profile, SELinux
from ..api_object import ApiObject
from ..engine_context import EngineContext


class Security:
    """What the security options say, and what the engine does where they are silent."""

    def __init__(self, host: ApiObject, apparmor_profile: str, context: EngineContext) -> None:
        self._host = host
        self._context = context
        self._apparmor_profile = apparmor_profile
        self._written = host.texts("SecurityOpt")
        self._options = [_parted(option) for option in self._written.value] if isinstance(self._written, Set) else []

    def _last(self, key: str) -> str | None:
        values = [value for name, value in self._options if name == key]
        return values[-1] if values else None

    @property
    def _silent(self) -> Unset | Unknown:
        if isinstance(self._written, Unknown):
            return self._written
        return Unset(self._host.at("SecurityOpt").source)

    def _platform(self, feature: str) -> bool | Unknown:
        if self._context.features is None:
            return Unknown(f"whether the engine has {feature} is unknown", source=self._context.features_source)
        return feature in self._context.features

    @property
    def _is_privileged(self) -> bool:
        return self._host.at("Privileged").data is True

    def seccomp(self) -> Field[Profile]:
        """A custom profile stands in the option as JSON: it is `Localhost` here."""
        written, silent = self._last("seccomp"), self._silent
        if isinstance(silent, Unknown):
            return silent
        if written is not None:
            kinds = {"unconfined": "Unconfined", "builtin": "RuntimeDefault"}
            return Set(Profile(kinds.get(written, "Localhost")), silent.source)
        if self._is_privileged:
            return Set(Profile("Unconfined"), self._host.at("Privileged").source, Origin.PLATFORM)
        on = self._platform("seccomp")
        if isinstance(on, Unknown):
            return on
        return Set(Profile("RuntimeDefault" if on else "Unconfined"), self._context.features_source, Origin.PLATFORM)

    def apparmor(self) -> Field[Profile]:
        """Unset where the engine's default profile holds, or the engine has no AppArmor."""
        written, silent = self._last("apparmor"), self._silent
        if isinstance(silent, Unknown):
            return silent
        if written is not None:
            return Set(_apparmor(written), silent.source)
        if self._is_privileged and self._apparmor_profile == "unconfined":  # nobody wrote that: privileged brings it
            return Set(_apparmor(self._apparmor_profile), self._host.at("Privileged").source, Origin.PLATFORM)
        if self._apparmor_profile:
            return Set(_apparmor(self._apparmor_profile), self._host.source, Origin.PLATFORM)
        on = self._platform("apparmor")
        if self._is_privileged and on is True:
            return Set(Profile("Unconfined"), self._host.at("Privileged").source, Origin.PLATFORM)
        return on if isinstance(on, Unknown) else silent

    def selinux(self) -> Field[SELinux]:
        """`label=type:T`, `label=user:U`, `label=role:R`, `label=level:L`, `label=disable`."""
        silent = self._silent
        labels = [value for name, value in self._options if name == "label"]
        on = self._platform("selinux")
        if isinstance(silent, Unknown) or not labels:
            return on if isinstance(on, Unknown) else silent
        said = dict(label.split(":", 1) for label in labels if ":" in label)
        return Set(
            SELinux(
                type=said.get("type", ""),
                user=said.get("user", ""),
                role=said.get("role", ""),
                level=said.get("level", ""),
                disabled="disable" in labels,
            ),
            silent.source,
        )

    def allow_privilege_escalation(self) -> Field[bool]:
        """`no-new-privileges`, with or without a value; the engine may have it as its own default."""
        written, silent = self._last("no-new-privileges"), self._silent
        if isinstance(silent, Unknown):
            return silent
        if written is not None:
            return Set(written.lower() not in ("", "true", "1", "t"), silent.source)
        if self._platform("no-new-privileges") is True:
            return Set(False, self._context.features_source, Origin.PLATFORM)
        return silent


def _parted(option: str) -> tuple[str, str]:
    """The engine takes `=` and, from before 1.11, `:`; whichever comes first parts key and value."""
    for index, letter in enumerate(option):
        if letter in "=:":
            return option[:index], option[index + 1 :]
    return option, ""


def _apparmor(name: str) -> Profile:
    kinds = {"unconfined": "Unconfined", "docker-default": "RuntimeDefault", "runtime/default": "RuntimeDefault"}
    kind = kinds.get(name, "Localhost")
    return Profile(kind, name if kind == "Localhost" else "")
