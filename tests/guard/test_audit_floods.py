"""Who is refused a thousand times a second fills no log, and hides nobody else; the plugin answers whatever fails."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from dockworthy.guard.audit import Audit
from dockworthy.guard.audit.recording import AuditTelling
from dockworthy.guard.audit.rotating_file import RotatingFile
from dockworthy.guard.decision import Decision, refused
from dockworthy.guard.plugin.protocol import PluginProtocol
from dockworthy.guard.request import GuardRequest
from guard.test_socket_limits import Wire

NO = Decision(action="containers/create", refusals=(refused("guard/roles", "T", "no"),))
NEVER = Decision(action="containers/create", refusals=(refused("workload/privileged", "T", "never"),))
YES = Decision(action="containers/start", subject="web")


def by(user: str) -> GuardRequest:
    return GuardRequest(method="POST", target="/containers/create", user=user)


async def told(log: Path, people: dict[str, int]) -> list[dict[str, Any]]:
    """Each is refused as often as that, and once for something else; then one thing passes."""
    said: list[str] = []
    telling = AuditTelling(Audit(RotatingFile(log), say=said.append), said.append, singly=3, seconds=3600)
    for user, times in people.items():
        for _ in range(times):
            assert telling(by(user), NO) == NO
        telling(by(user), NEVER)
        assert telling(by(user), YES) == YES
    telling.end()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert len(said) == sum(line["decision"] == "refused" for line in lines)
    return lines


async def test_a_flood_is_counted_and_hides_nobody(tmp_path: Path) -> None:
    lines = await told(tmp_path / "log", {"mallory": 1000, "alice": 1})
    mallory = [line for line in lines if line.get("who") == "mallory"]
    assert [line["decision"] for line in mallory] == ["refused"] * 3 + ["allowed", "refused"]
    assert "998 more like it" in mallory[-1]["says"] and "guard/roles 997, workload/privileged 1" in mallory[-1]["says"]
    alice = [line["rules"] for line in lines if line.get("who") == "alice" and line["decision"] == "refused"]
    assert alice == [["guard/roles"], ["workload/privileged"]]


async def test_who_comes_as_many_is_bounded_too(tmp_path: Path) -> None:
    lines = await told(tmp_path / "log", {f"user {number}": 10 for number in range(500)})
    assert sum(line["decision"] == "refused" for line in lines) == 21 * 4
    assert sum(line["decision"] == "allowed" for line in lines) == 500, "what passes is written down each"


async def test_after_a_minute_it_begins_anew(tmp_path: Path) -> None:
    said: list[str] = []
    telling = AuditTelling(Audit(say=said.append), said.append, singly=1, seconds=0.02)
    for _ in range(3):
        telling(by("x"), NO)
    while len(said) < 2:
        await asyncio.sleep(0.005)
    telling(by("x"), NO)
    assert len(said) == 3 and "2 more like it" in said[1]


async def test_the_plugin_answers_whatever_fails() -> None:
    """At once, or after something was looked up: an engine waits without an end."""

    async def later() -> Any:
        raise RuntimeError

    def fails(path: str, body: bytes) -> Any:
        if path == "/now":
            raise RuntimeError
        return later()

    for path in ("/now", "/later"):
        plugin, wire = PluginProtocol(fails, set()), Wire()
        plugin.connection_made(wire)
        plugin.data_received(f"POST {path} HTTP/1.1\r\nContent-Length: 0\r\n\r\n".encode())
        while not wire.said:
            await asyncio.sleep(0)
        assert wire.said.startswith(b"HTTP/1.1 500") and b"did not pass" in wire.said
