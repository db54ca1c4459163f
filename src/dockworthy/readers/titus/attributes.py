"""Attributes with which a job asks the agent for more than a container usually gets."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.field import Field, Set, Unset
from ...model.workload import Device, Profile
from ..yaml_source import Value

_AGENT = "titusParameter.agent."
_FUSE = f"{_AGENT}fuseEnabled"
_PERF = f"{_AGENT}seccompAgentEnabledForPerfSyscalls"
_NESTED = f"{_AGENT}allowNestedContainers"
_METADATA_TOKEN = f"{_AGENT}imds.requireToken"
_YES = frozenset({"true", "1", "yes", "token", "require-token", "required"})


class Attributes:
    """Of the container, of its security profile and of the job: each may hold them."""

    def __init__(self, *holders: Value | None) -> None:
        self._said: dict[str, Value] = {}
        for holder in holders:
            found = None if holder is None else holder.get("attributes")
            self._said.update({} if found is None else dict(found.entries()))

    def _on(self, key: str) -> Value | None:
        value = self._said.get(key)
        return value if value is not None and value.scalar_text().strip().lower() in _YES else None

    def capabilities(self, silent: Unset) -> Field[tuple[str, ...]]:
        """A file system of its own (FUSE) takes the right to mount."""
        fuse = self._on(_FUSE)
        return silent if fuse is None else Set(("SYS_ADMIN",), fuse.source)

    def devices(self) -> Iterator[Device]:
        fuse = self._on(_FUSE)
        if fuse is not None:
            yield Device("/dev/fuse", "/dev/fuse", "rwm", fuse.source)

    def seccomp(self, usual: Field[Profile]) -> Field[Profile]:
        for key, name in ((_FUSE, "fuse-container"), (_PERF, "allow-perf-syscalls")):
            asked = self._on(key)
            if asked is not None:
                return Set(Profile("Localhost", name), asked.source)
        return usual

    def loosened(self, silent: Unset) -> Field[tuple[str, ...]]:
        """FUSE shows in the capabilities, and is left out here."""
        found = [(key, value) for key in (_NESTED, _PERF) if (value := self._on(key)) is not None]
        return Set(tuple(key for key, _ in found), found[0][1].source) if found else silent

    def metadata_token(self, silent: Unset) -> Field[bool]:
        value = self._said.get(_METADATA_TOKEN)
        return silent if value is None else Set(self._on(_METADATA_TOKEN) is not None, value.source)
