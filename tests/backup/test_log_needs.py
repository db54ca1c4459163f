"""What keeps a PostgreSQL's log from being received is said, with what is to be written where."""

from __future__ import annotations

from typing import Any

import pytest

from dockworthy.backup.log_needs import way_in

RULE = ["host", ["replication"], ["dockworthy_log"], "samenet", "", "scram-sha-256"]
TOLD: dict[str, Any] = {
    "version": 170002,
    "level": "replica",
    "senders": 10,
    "slots": 10,
    "keeps": "2GB",
    "listens": "*",
    "port": 5432,
    "folder": "/var/lib/postgresql/data",
    "access": "/var/lib/postgresql/data/pg_hba.conf",
    "segment": 16777216,
    "follows": False,
    "system": "7",
    "timeline": "00000001",
    "tablespaces": [],
    "rules": [["local", ["all"], ["all"], "", "", "trust"], RULE],
}
FACTS: dict[str, Any] = {
    "Config": {"Labels": {}},
    "HostConfig": {"NetworkMode": "shop_default"},
    "NetworkSettings": {"Networks": {"shop_default": {"IPAddress": "172.18.0.2", "IPPrefixLen": 16}}},
}


def test_a_server_that_lacks_nothing() -> None:
    way, lacks = way_in(TOLD, FACTS, "shop-db-1")
    assert lacks == () and (way.network, way.host, way.port) == ("shop_default", "shop-db-1", 5432)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"level": "minimal"}, "ALTER SYSTEM SET wal_level = replica, and restart it"),
        ({"senders": 1}, "ALTER SYSTEM SET max_wal_senders = 10"),
        ({"slots": 0}, "ALTER SYSTEM SET max_replication_slots"),
        ({"keeps": "-1"}, "ALTER SYSTEM SET max_slot_wal_keep_size = '2GB'; SELECT pg_reload_conf()"),
        ({"version": 120009, "keeps": None}, "it is PostgreSQL 12, and that needs 13 or newer"),
        ({"follows": True}, "have the log of that one received"),
        ({"tablespaces": ["fast"]}, "it has tablespaces (fast)"),
        ({"listens": ""}, "ALTER SYSTEM SET listen_addresses = '*'"),
    ],
)
def test_each_setting(changed: dict[str, Any], says: str) -> None:
    _, lacks = way_in({**TOLD, **changed}, FACTS, "shop-db-1")
    assert len(lacks) == 1 and says in lacks[0]


@pytest.mark.parametrize(
    ("rules", "lets_in"),
    [
        ([RULE], True),
        ([["host", ["all"], ["all"], "all", "", "scram-sha-256"]], False),  # `all` means no replication
        ([["host", ["replication"], ["all"], "172.18.0.0", "255.255.0.0", "md5"]], True),
        ([["host", ["replication"], ["all"], "172.19.0.0", "255.255.0.0", "md5"]], False),
        ([["host", ["replication"], ["all"], "127.0.0.1", "255.255.255.255", "trust"]], False),
        ([["host", ["replication"], ["all"], "example.com", "", "trust"], RULE], True),
        ([["host", ["replication"], ["all"], "all", "", "reject"], RULE], False),  # the first one decides
        ([["hostssl", ["replication"], ["all"], "all", "", "reject"], RULE], True),
        ([["host", ["replication"], ["repl"], "all", "", "trust"]], False),
    ],
)
def test_who_is_let_in(rules: list[Any], lets_in: bool) -> None:
    _, lacks = way_in({**TOLD, "rules": rules}, FACTS, "shop-db-1")
    assert (lacks == ()) is lets_in
    if lacks:
        assert "`host replication dockworthy_log samenet scram-sha-256`" in lacks[0]
        assert "pg_hba.conf of shop-db-1" in lacks[0] and "pg_reload_conf()" in lacks[0]


def test_networks_in_which_nobody_finds_it() -> None:
    def facts(networks: dict[str, Any], mode: str = "x", **labels: str) -> dict[str, Any]:
        return {
            "Config": {"Labels": labels},
            "HostConfig": {"NetworkMode": mode},
            "NetworkSettings": {"Networks": networks},
        }

    bridge = {"bridge": {"IPAddress": "172.17.0.2", "IPPrefixLen": 16}}
    assert "in no network with names" in way_in(TOLD, facts(bridge), "db")[1][0]
    task = facts({"net": {"IPAddress": "10.0.1.2", "IPPrefixLen": 24}}, **{"com.docker.swarm.task.id": "x"})
    assert "task of a swarm" in way_in(TOLD, task, "db")[1][0]
    local = {**TOLD, "rules": [["host", ["replication"], ["all"], "127.0.0.1", "255.255.255.255", "md5"]]}
    way, lacks = way_in(local, facts({"host": {}}, mode="host"), "db")
    assert lacks == () and (way.network, way.host) == ("host", "127.0.0.1")
    assert "lacks pg_receivewal" in way_in(TOLD, FACTS, "db", has_programs=False)[1][0]
