"""`security_opt` and what goes with it: options in which the last entry wins."""

from __future__ import annotations

from ...model.field import Field, Set, Unknown, Unset
from ...model.workload import Profile, SELinux
from .entry import Entry
from .fields import by_default, origin_of


class Security:
    """What a service's security options say, and what the engine does where they are silent."""

    def __init__(self, service: Entry, silent: Unset) -> None:
        self._silent = silent
        self._listed = service.get("security_opt")
        self._options = [_parted(item) for item in self._listed.items()] if self._listed is not None else []
        privileged = service.get("privileged")
        self._privileged_gap = None if privileged is None else privileged.gap
        is_on = privileged is not None and privileged.gap is None and privileged.boolean()
        self._privileged = privileged if is_on else None

    @property
    def _gap(self) -> Unknown | None:
        return None if self._listed is None else self._listed.gap

    def _last(self, *names: str) -> tuple[str, Entry] | None:
        found = [(value, at) for name, value, at in self._options if name in names]
        return found[-1] if found else None

    def seccomp(self) -> Field[Profile]:
        return self._profile("seccomp", {"unconfined": "Unconfined", "builtin": "RuntimeDefault"})

    def apparmor(self) -> Field[Profile]:
        return self._profile("apparmor", {"unconfined": "Unconfined", "docker-default": "RuntimeDefault"})

    def _profile(self, name: str, kinds: dict[str, str]) -> Field[Profile]:
        written, gap = self._last(name), self._gap or self._privileged_gap
        if gap is not None:
            return gap
        if written is not None:
            value, at = written
            kind = kinds.get(value, "Localhost")
            return Set(Profile(kind, value if kind == "Localhost" else ""), at.source, origin_of(at))
        if self._privileged is not None:
            return Set(Profile("Unconfined"), self._privileged.source, origin_of(self._privileged))
        return by_default(Profile("RuntimeDefault"), name)

    def selinux(self) -> Field[SELinux]:
        """`label:type:T`, `label:user:U`, `label:role:R`, `label:level:L`, `label:disable`."""
        labels = [(value, at) for name, value, at in self._options if name == "label"]
        if self._gap is not None or not labels:
            return self._gap or self._silent
        said = dict(value.split(":", 1) for value, _ in labels if ":" in value)
        return Set(
            SELinux(
                type=said.get("type", ""),
                user=said.get("user", ""),
                role=said.get("role", ""),
                level=said.get("level", ""),
                disabled=any(value == "disable" for value, _ in labels),
            ),
            labels[-1][1].source,
        )

    def allow_privilege_escalation(self) -> Field[bool]:
        written = self._last("no-new-privileges")
        if self._gap is not None:
            return self._gap
        if written is None:
            return self._silent
        return Set(written[0].lower() not in ("", "true", "1", "t"), written[1].source, origin_of(written[1]))

    def proc_mount(self) -> Field[str]:
        """`systempaths=unconfined`, and `privileged`, take the masks over /proc away."""
        written, gap = self._last("systempaths"), self._gap or self._privileged_gap
        if gap is not None:
            return gap
        opener = self._privileged or (written[1] if written is not None and written[0] == "unconfined" else None)
        if opener is not None:
            return Set("Unmasked", opener.source, origin_of(opener))
        return by_default("Default", "masked paths")


def _parted(item: Entry) -> tuple[str, str, Entry]:
    """The engine takes `=` and `:`; whichever comes first parts key and value."""
    option = item.text()
    for index, letter in enumerate(option):
        if letter in "=:":
            return option[:index].strip(), option[index + 1 :].strip(), item
    return option.strip(), "", item
