"""Nobody's container writes lines into the host's journal as somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dockworthy.readers.engine_context import EngineContext
from guard.guarded import Guarded, start_guarded
from guard.test_judging import SHOP, World, ask
from guard.worlds import FEATURES, LOOKED_AT
from machines.images import BUSYBOX
from machines.own_host import start_host

RULE = "guard/journal"


class Journald(World):
    """An engine that writes to the journal where nobody says otherwise."""

    async def context(self) -> EngineContext:
        return EngineContext(features=FEATURES, log_driver="journald")


def attempts(driver: str, options: dict[str, str]) -> Iterator[tuple[str, Any]]:
    run = {"ContainerSpec": {"Image": LOOKED_AT}, "LogDriver": {"Name": driver, "Options": options}}
    yield "POST /containers/create", {"Image": "x", "HostConfig": {"LogConfig": {"Type": driver, "Config": options}}}
    yield "POST /services/create", {"Name": "s", "TaskTemplate": run}
    yield "POST /services/s/update?version=1", {"Name": "s", "TaskTemplate": run}


@pytest.mark.parametrize("driver", ["journald", ""])
@pytest.mark.parametrize(
    "options",
    [
        {"env": "SYSLOG_IDENTIFIER"},
        {"env": "A,syslog-identifier"},
        {"env": "__Syslog.Identifier"},
        {"env": "CONTAINER_NAME"},
        {"labels": "container_id_full,a"},
        {"labels": "syslog.facility"},
        {"env": "MESSAGE"},
        {"env": "PRIORITY"},
        {"env": "OBJECT_SYSTEMD_UNIT"},
        {"env": "COREDUMP_UNIT"},
        {"labels": "image-name"},
        {"env-regex": "^(os|customer)"},
        {"labels-regex": "."},
        {"tag": "dockworthy-guard"},
        {"tag": " Dockworthy-guard[1]"},
    ],
)
async def test_a_field_that_says_who_wrote_a_line_is_the_engines(driver: str, options: dict[str, str]) -> None:
    for line, body in attempts(driver, options):
        assert RULE in (await ask(line, body, world=Journald())).message(), line
    if driver:
        old = {**SHOP, "HostConfig": {"LogConfig": {"Type": driver, "Config": options}}}
        assert RULE in (await ask("POST /containers/old/start", world=World(old=old))).message(), "made before"


async def test_other_fields_and_other_drivers_pass() -> None:
    for driver, options in (
        ("journald", {"env": "OS,CUSTOMER,UNITED", "labels": "com.example.team,containers", "tag": "{{.Name}}"}),
        ("journald", {}),
        ("json-file", {"env": "SYSLOG_IDENTIFIER", "env-regex": "^S", "tag": "dockworthy"}),
        ("", {"env": "CONTAINER_NAME"}),
    ):
        for line, body in attempts(driver, options):
            message = (await ask(line, body)).message()
            assert RULE not in message, (line, options, message)


_JOURNAL = """
import pathlib, socket
pathlib.Path("/run/systemd/journal").mkdir(parents=True, exist_ok=True)
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind("/run/systemd/journal/socket")
while True:
    with open("/run/lines", "ab") as lines: lines.write(s.recv(65536) + b"\\n")
"""


@pytest.fixture
def journalling(engines_folder: Path) -> Iterator[Guarded]:
    """A guarded engine on a host with a journal that keeps what it is sent."""
    host = start_host(engines_folder / "journal")
    try:
        host._start("python3", "-c", _JOURNAL)
        host.wait(lambda: host.run("test", "-S", "/run/systemd/journal/socket", check=False).returncode == 0, "journal")
        yield start_guarded(host)
    finally:
        host.stop()


@pytest.mark.engine
def test_lines_of_containers_are_the_containers(journalling: Guarded) -> None:
    def run(name: str, options: dict[str, str]) -> Any:
        body = {
            "Image": BUSYBOX,
            "Cmd": ["sh", "-c", f"echo said by {name}"],
            "Env": ["SYSLOG_IDENTIFIER=dockworthy-guard", "CONTAINER_NAME=bank", "TEAM=shop"],
            "HostConfig": {"LogConfig": {"Type": "journald", "Config": options}},
        }
        return journalling.ask("POST", f"/v1.45/containers/create?name={name}", body)

    for options in ({"env": "SYSLOG_IDENTIFIER"}, {"env": "container-name"}, {"env-regex": "^C"}):
        assert run("forger", options).refused, options
    assert run("honest", {"env": "TEAM"}).status == 201
    journalling.docker("start", "honest")
    host = journalling.host
    host.wait(lambda: "said by honest" in host.run("cat", "/run/lines", check=False).stdout.decode(), "the line")
    lines = host.read("/run/lines").splitlines()
    assert "TEAM=shop" in lines and "CONTAINER_NAME=honest" in lines and not any("guard" in each for each in lines)
