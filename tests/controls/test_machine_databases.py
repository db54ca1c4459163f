"""Which containers write the same database's files."""

from __future__ import annotations

from typing import Any

from asked import judgements, outcome, outcomes

CONTROL = "machine/one-writer"


def server(name: str, image: str = "postgres:17.2", **inspect: Any) -> dict[str, Any]:
    data = {"Type": "volume", "Name": "data", "Destination": "/var/lib/postgresql/data", "RW": True}
    return {"name": name, "inspect": {"Config": {"Image": image}, "Mounts": [data], **inspect}}


def at(*containers: dict[str, Any]) -> dict[str, Any]:
    return {"engine": {"containers": list(containers)}}


def test_two_servers() -> None:
    (judged,) = judgements(CONTROL, at(server("db-1"), server("db-2")))
    assert (judged.outcome.value, judged.about) == ("fail", "volume/data")
    assert "db-1, db-2" in judged.evidence[0].says


def test_one_of_them_stopped() -> None:
    stopped = server("db-2", State={"Running": False, "Status": "exited"})
    assert outcome(CONTROL, at(server("db-1"), stopped)) == "pass"


def test_an_application_that_shares_uploads_is_no_database() -> None:
    assert outcome(CONTROL, at(server("web-1", "shop:1"), server("web-2", "shop:1"))) == "not_applicable"


def test_a_dump_in_the_databases_image_is_no_server() -> None:
    client = {**server("dump"), "processes": [process("pg_dump")]}
    assert outcome(CONTROL, at(server("db-1"), client)) == "pass"


def process(program: str) -> dict[str, Any]:
    numbers = dict.fromkeys(("pid", "uid", "cap_effective", "cap_bounding", "seccomp"), 0)
    return {"program": program, "no_new_privs": True, **numbers}


def test_two_servers_with_folders_of_their_own_in_one_volume() -> None:
    def in_folder(name: str, folder: str) -> dict[str, Any]:
        config = {"Image": "postgres:17.2", "Env": [f"PGDATA=/pg/{folder}"]}
        mount = {"Type": "volume", "Name": "all", "Destination": "/pg", "RW": True}
        return {"name": name, "inspect": {"Config": config, "Mounts": [mount]}}

    assert outcomes(CONTROL, at(in_folder("db-1", "a"), in_folder("db-2", "b"))) == ["pass", "pass"]
    assert outcomes(CONTROL, at(in_folder("db-1", "a"), in_folder("db-2", "a"))) == ["fail"]


def test_a_folder_of_the_host_counts_as_a_volume_does() -> None:
    bind = {"Type": "bind", "Source": "/srv/pg", "Destination": "/var/lib/postgresql/data", "RW": True}
    (judged,) = judgements(CONTROL, at(server("db-1", Mounts=[bind]), server("db-2", Mounts=[bind])))
    assert (judged.outcome.value, judged.about) == ("fail", "folder/srv/pg")
