"""Can the log of a PostgreSQL be received by a container beside it? What keeps it from that is said in the words that a
person writes to change it: dockworthy sets nothing of a server itself.

The receiver comes over a network that the server's container is in, as an account of its own, so pg_hba.conf must let
that in: what is `all` there means no replication. And the server must throw its log away where nobody takes it for
long: else a receiver that is lost fills the disk of the database.
"""

from __future__ import annotations

import ipaddress
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from ..engine.site import Site
from ..errors import DockworthyError
from ..host_scripts import HostScript
from ..model.backup import DataKind, DataSet, DataWriter
from ..model.backup_settings import BackupSettings
from ..model.labels import SWARM_TASK
from .plan import settings_by_data
from .postgresql import PostgresqlServer
from .recognising import server_of

ROLE = "dockworthy_log"
"""The account by which the log is received."""
ACCESS = f"host replication {ROLE} samenet scram-sha-256"
_ASK = HostScript(__package__, "log_needs.sql")
_OLDEST = 130000
"""PostgreSQL 13 is the first with max_slot_wal_keep_size."""
_PROGRAMS = ("pg_receivewal", "pg_basebackup")
_LETS_IN = frozenset({"scram-sha-256", "md5", "trust", "password"})
_NO_NETWORKS = frozenset({"bridge", "none"})
"""Networks of the engine's own, in which no container is found by its name."""
_OF_HOST = "host"


class LogWay(Struct, frozen=True, kw_only=True):
    """The way to a server, from a container beside it. `network`: of the engine; `host`, `port`: where it answers
    there; `folder`: its data folder, in its container; `segment`: bytes of a file of its log; `system`: its own number;
    `timeline`: eight hexadecimal digits, as names of its log's files begin."""

    network: str
    host: str
    port: int
    folder: str
    segment: int
    system: str
    timeline: str


async def with_log_needs(site: Site, settings: BackupSettings, found: tuple[DataSet, ...]) -> tuple[DataSet, ...]:
    """Those of which the log is to be received, with what keeps it from that; the others as they are. Raises UsageError
    for settings of data that is not there."""
    wanted = {
        name
        for name, said in settings_by_data(settings.data, found).items()
        if said.postgresql is not None and said.postgresql.point_in_time
    }
    told = []
    for data in found:
        writer = server_of(data, (DataKind.POSTGRESQL,)) if data.name in wanted else None
        if writer is None:
            told.append(data)
            continue
        try:
            _, lacks = await look_for_way(site, data, writer)
        except DockworthyError as error:
            lacks = (error.says,)
        told.append(structs.replace(data, log_lacks=lacks))
    return tuple(told)


async def look_for_way(site: Site, data: DataSet, writer: DataWriter) -> tuple[LogWay, tuple[str, ...]]:
    """The way, and what it lacks. Raises HostError, EngineError."""
    server = PostgresqlServer(site, writer.id, data.name)
    await server.find_login()
    (told,) = await server.json_lines(_ASK.text)
    facts = await site.engine.get(f"/containers/{writer.id}/json")
    has = " && ".join(f"command -v {each} >/dev/null" for each in _PROGRAMS)
    words = ("docker", "--host", f"unix://{site.socket}", "exec", writer.id, "sh", "-c", has)
    programs = not (await site.shell.ask(shlex.join(words))).status
    return way_in(told, facts, writer.container, has_programs=programs)


def way_in(
    told: Mapping[str, Any], facts: Mapping[str, Any], container: str, *, has_programs: bool = True
) -> tuple[LogWay, tuple[str, ...]]:
    """`told`: what log_needs.sql answered; `facts`: what the engine says of the container. Pure."""
    lacks = list(_settings_lack(told))
    if not has_programs:
        lacks.append(f"the image of {container} lacks {' or '.join(_PROGRAMS)}: take one with PostgreSQL's programs")
    network, subnets = _network_of(facts)
    if (facts["Config"].get("Labels") or {}).get(SWARM_TASK):
        lacks.append(f"{container} is a task of a swarm, beside which no container can be put into its network")
    elif not network:
        lacks.append(f"{container} is in no network with names: name one in its Compose file (`networks:`)")
    elif not told["listens"]:
        lacks.append("listen_addresses is empty: ALTER SYSTEM SET listen_addresses = '*', and restart it")
    elif (why := _refused(told["rules"], subnets)) is not None:
        lacks.append(
            f"pg_hba.conf lets {ROLE} not in for replication{why}: write the line `{ACCESS}` into {told['access']} of "
            f"{container}, before others that match it, and SELECT pg_reload_conf()"
        )
    way = LogWay(
        network=network,
        host="127.0.0.1" if network == _OF_HOST else container,
        port=told["port"],
        folder=told["folder"],
        segment=told["segment"],
        system=told["system"],
        timeline=told["timeline"],
    )
    return way, tuple(lacks)


def _settings_lack(told: Mapping[str, Any]) -> Sequence[str]:
    lacks = []
    if told["version"] < _OLDEST:
        lacks.append(f"it is PostgreSQL {told['version'] // 10000}, and that needs 13 or newer")
    if told["follows"]:
        lacks.append("it follows another server: have the log of that one received")
    if told["level"] == "minimal":
        lacks.append("wal_level is minimal: ALTER SYSTEM SET wal_level = replica, and restart it")
    if told["senders"] < 2:
        lacks.append(f"max_wal_senders is {told['senders']}: ALTER SYSTEM SET max_wal_senders = 10, and restart it")
    if told["slots"] < 1:
        lacks.append(
            "no replication slot is free: ALTER SYSTEM SET max_replication_slots to a larger number, and restart it"
        )
    if told["version"] >= _OLDEST and told["keeps"] in ("-1", None):
        lacks.append(
            "max_slot_wal_keep_size is -1, so a receiver that is lost would fill the disk of the database: "
            "ALTER SYSTEM SET max_slot_wal_keep_size = '2GB'; SELECT pg_reload_conf()"
        )
    if told["tablespaces"]:
        lacks.append(f"it has tablespaces ({', '.join(told['tablespaces'])}), of which no copy is made")
    return lacks


def _network_of(facts: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The first in which containers find each other by name, and its subnets; the host's own where it is in that."""
    if str(facts["HostConfig"].get("NetworkMode")) == _OF_HOST:
        return _OF_HOST, ["127.0.0.1/32"]
    networks: Mapping[str, Mapping[str, Any]] = facts["NetworkSettings"].get("Networks") or {}
    for name in sorted(networks):
        if name in _NO_NETWORKS:
            continue
        found = []
        for address, length in (("IPAddress", "IPPrefixLen"), ("GlobalIPv6Address", "GlobalIPv6PrefixLen")):
            if networks[name].get(address):
                found.append(f"{networks[name][address]}/{networks[name][length]}")
        return name, found
    return "", []


def _refused(rules: Sequence[Sequence[Any]], subnets: Sequence[str]) -> str | None:
    """Why the first rule that is for the receiver lets it not in; "" where there is none, None where it gets in."""
    for type_, databases, users, address, mask, method in rules:
        if type_ not in ("host", "hostnossl", "hostnogssenc") or "replication" not in databases:
            continue
        if not {"all", ROLE} & set(users) or not _is_for(address, mask, subnets):
            continue
        return None if method in _LETS_IN else f" (by `{method}`)"
    return ""


def _is_for(address: str, mask: str, subnets: Sequence[str]) -> bool:
    if address in ("all", "samenet"):
        return True
    try:
        range_ = ipaddress.ip_network(f"{address}/{mask}" if mask else address, strict=False)
        there = [ipaddress.ip_network(each, strict=False) for each in subnets]
    except ValueError:
        return False  # a host's name
    return any(each.version == range_.version and each.subnet_of(range_) for each in there)  # type: ignore[arg-type]
