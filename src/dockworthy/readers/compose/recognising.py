"""Is a document a Compose file? Judged by its content, never by its name; and the keys that the specification knows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from ...model.field import Source
from ..yaml_source import Value

if TYPE_CHECKING:
    from .entry import ComposeEntry


class ComposeFault(Struct, frozen=True):
    """Something that Compose refuses: why, where, the name that is wrong, and `; perhaps ports is meant`.

    `lacking`: another file that is laid over this one, or extends it, may bring what is missing.
    """

    says: str
    source: Source
    name: str = ""
    hint: str = ""
    lacking: bool = False


TOP_LEVEL: Final = frozenset("version name include services networks volumes configs secrets models".split())

_SERVICE: Final = frozenset(
    "annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs container_name "
    "cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset credential_spec "
    "depends_on deploy develop device_cgroup_rules devices dns dns_opt dns_search domainname entrypoint env_file "
    "environment expose extends external_links extra_hosts gpus group_add healthcheck hostname image init ipc "
    "isolation label_file labels links logging mac_address mem_limit mem_reservation mem_swappiness memswap_limit "
    "models network_mode networks oom_kill_disable oom_score_adj pid pids_limit platform ports post_start pre_start "
    "pre_stop privileged profiles provider pull_policy pull_refresh_after read_only restart runtime scale secrets "
    "security_opt shm_size stdin_open stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits "
    "use_api_socket user userns_mode uts volumes volumes_from working_dir".split()
)
_OF_PART: Final = {
    "deploy": frozenset(
        "mode endpoint_mode replicas labels rollback_config update_config resources restart_policy placement".split()
    ),
    "healthcheck": frozenset("disable interval retries test timeout start_period start_interval".split()),
    "logging": frozenset({"driver", "options"}),
}
_OF_MEMBER: Final = {
    "networks": frozenset(
        "attachable driver driver_opts enable_ipv4 enable_ipv6 external internal ipam labels name".split()
    ),
    "volumes": frozenset("driver driver_opts external labels name".split()),
    "secrets": frozenset("driver driver_opts environment external file labels name template_driver".split()),
    "configs": frozenset("content environment external file labels name template_driver".split()),
}
"""Section of the project -> what a member of it may say."""


def strange_keys(service: ComposeEntry) -> Iterator[ComposeFault]:
    """A fault for every key of a service that Compose does not know."""
    yield from strange_in(service, _SERVICE)
    for part, known in _OF_PART.items():
        found = service.get(part)
        if found is not None and found.is_mapping:
            yield from strange_in(found, known)


def strange_keys_of_project(whole: ComposeEntry) -> Iterator[ComposeFault]:
    """The same for what stands outside the services."""
    yield from strange_in(whole, TOP_LEVEL)
    for section, known in _OF_MEMBER.items():
        found = whole.get(section)
        for member in found.mapping().values() if found is not None and found.is_mapping else ():
            if member.is_mapping:
                yield from strange_in(member, known)


def strange_in(mapping: ComposeEntry, known: frozenset[str]) -> Iterator[ComposeFault]:
    for key, value in mapping.mapping().items():
        if key not in known and not key.startswith("x-"):
            yield ComposeFault("there is no such key", value.key, key, _nearest(key, known))


def _nearest(key: str, known: frozenset[str]) -> str:
    from difflib import get_close_matches  # costs as much as reading a file, and is seldom needed

    near = get_close_matches(key, sorted(known), n=1)
    return f"; perhaps {near[0]} is meant" if near else ""


_TELLING: Final = ("image", "build", "extends", "provider")


def is_compose(document: Value) -> bool:
    """Is it written as a Compose file?"""
    if not document.is_mapping:
        return False
    keys = document.keys()
    services = document.get("services")
    if services is None:
        return "include" in keys and may_be_laid_over(document)
    return services.is_mapping


def looks_like_compose(document: Value) -> bool:
    """The same, sure enough for a file that nobody named: other programs have `services` and `include`, too."""
    if not is_compose(document):
        return False
    services = document.get("services")
    if services is None:
        return "compose" in os.path.basename(document.file)
    return any(service.is_mapping and set(_TELLING) & set(service.keys()) for _, service in services.entries())


def may_be_laid_over(document: Value) -> bool:
    """Has it only keys that Compose knows? Of a file with a Compose file in it Compose reads every document as that,
    however little it says."""
    return document.is_mapping and all(key in TOP_LEVEL or key.startswith("x-") for key in document.keys())
