"""What `build` of a service grants outside of the build's sandbox.

Source: the Compose specification, build.md; Compose hands `privileged` to BuildKit as the entitlement
`security.insecure`, and `network: host` as `network.host`.
"""

from __future__ import annotations

from ...model.field import Unknown
from ...model.workload import BuildGrant
from .entry import Entry

_RIGHTS = ("privileged", "network", "entitlements")


def read_build_grants(service: Entry) -> tuple[BuildGrant, ...]:
    """Of what can be read; `gap_of_build_grants` is the rest."""
    privileged, network, entitlements = (_of_build(service, key) for key in _RIGHTS)
    grants = []
    if privileged is not None and privileged.gap is None and privileged.boolean():
        grants.append(BuildGrant("security.insecure", "build.privileged: true", privileged.source))
    if network is not None and network.gap is None and network.text() == "host":
        grants.append(BuildGrant("network.host", "build.network: host", network.source))
    for item in () if entitlements is None else entitlements.items():
        if item.gap is None:
            grants.append(BuildGrant(item.text(), f"build.entitlements: {item.text()}", item.source))
    return tuple(grants)


def gap_of_build_grants(service: Entry) -> Unknown | None:
    """A variable without a value where a right is written; in the rest of `build` it is no matter."""
    written = (_of_build(service, key) for key in _RIGHTS)
    return next((entry.gap for entry in written if entry is not None and entry.gap is not None), None)


def _of_build(service: Entry, key: str) -> Entry | None:
    build = service.get("build")
    return build.get(key) if build is not None and build.is_mapping else None


__all__ = ["gap_of_build_grants", "read_build_grants"]
