"""`SecurityOpt` of a request, and what a service says of the same: profiles are the engine's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..decision import Refusal, refused

LABEL_TYPES = ("container_t", "container_init_t", "container_kvm_t", "container_engine_t")
"""Of SELinux, as the Pod Security Standards allow them."""
_TITLE = "Security profiles are the engine's own"
_KNOWN = {
    "seccomp": ("builtin", "unconfined"),
    "apparmor": ("docker-default", "runtime/default", "unconfined"),
    "no-new-privileges": ("", "true", "1", "false", "0"),
}
"""These the controls judge; they know the last one that counts."""


def refused_security_options(options: Iterable[str], *, no_new_privileges: bool) -> Iterator[Refusal]:
    """A profile that stands in the request is the client's own, and may allow everything. Of two that differ one
    counts, and readers differ in which."""
    said: dict[str, str] = {}
    for option in options:
        name, value = _parted(option)
        undone = name == "no-new-privileges" and value in ("false", "0") and no_new_privileges
        differs = name != "label" and said.setdefault(name, value) != value
        if undone or differs or not (value in _KNOWN.get(name, ()) or (name == "label" and _is_good_label(value))):
            shown = option if len(option) <= 60 else f"{option[:59]}…"
            yield refused(
                "guard/security-options",
                _TITLE,
                f"SecurityOpt {shown!r} brings another one, or is written in a way that could be misread",
                "leave the option out; an admin sets seccomp-profile in daemon.json",
            )


def _is_good_label(value: str) -> bool:
    kind, _, what = value.partition(":")
    return (kind == "level" and bool(what)) or (kind == "type" and what in LABEL_TYPES)


def _parted(option: str) -> tuple[str, str]:
    """The engine parts at `=`, and where there is none at `:`."""
    name, _, value = option.partition("=") if "=" in option else option.partition(":")
    return name, value


__all__ = ["LABEL_TYPES", "refused_security_options"]
