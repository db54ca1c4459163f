"""Words for the examples of controls on what is there already: parts of a snapshot's evidence. Taken 2026-11-24, 12:00."""

from __future__ import annotations

from typing import Any

from ..examples import known

LAST_NIGHT = "2026-11-24T02:00:00Z"
THREE_WEEKS_AGO = "2026-11-03T02:00:00Z"
_FILE = {"where": "/etc/systemd/system/backup.service", "line": 4}


def evidence(**lists: list[dict[str, Any]]) -> dict[str, Any]:
    """`evidence(jobs=[job(…)])`: lists that were read."""
    return {"evidence": {name: known(entries) for name, entries in lists.items()}}


def not_read() -> dict[str, Any]:
    """As in a snapshot of before evidence was read."""
    return {"evidence": {}}


def job(does: str, tool: str, **more: Any) -> dict[str, Any]:
    return {"does": does, "tool": tool, "by": "backup.timer", "source": _FILE, **more}


def store(tool: str, place: str, does: str = "backup", **more: Any) -> dict[str, Any]:
    return {"tool": tool, "place": place, "does": does, "source": _FILE, "local": True, **more}


def running(tool: str, does: str, program: str) -> dict[str, Any]:
    return {"tool": tool, "does": [does], "program": program, "pid": 700}


def answer(tool: str, **more: Any) -> dict[str, Any]:
    return {"tool": tool, "address": "http://127.0.0.1:9090", "who": "example", **more}


def target(health: str = "up") -> dict[str, Any]:
    return {
        "job": "containers",
        "address": "http://localhost:8080/metrics",
        "health": health,
        "last_scrape": "2026-11-24T11:59:50Z",
        "error": "" if health == "up" else "connection refused",
    }


def project(**more: Any) -> dict[str, Any]:
    return {
        "name": "shop",
        "folder": "/srv/shop",
        "present": True,
        "repository": "/srv/shop",
        "remote": "https://git.example.com/shop",
        "head": "a" * 40,
        "tracked": True,
        **more,
    }


def container(image: str, **inspect: Any) -> dict[str, Any]:
    """A container of this image beside the others; its programs are not seen."""
    return {"name": image.split("/")[-1].split(":")[0], "inspect": {"Config": {"Image": image}, **inspect}}


def built(**labels: str) -> dict[str, Any]:
    """An image with these labels (`revision` for org.opencontainers.image.revision), and the container it made."""
    named = {f"org.opencontainers.image.{name}": value for name, value in labels.items()}
    return {"engine": {"images": [{"Config": {"Labels": named}}], "containers": [{"name": "web"}]}}


def drill(demand: str, does: str, *, passed: bool, when: str = "2026-11-20T10:00:00Z") -> dict[str, Any]:
    return {
        "demand": demand,
        "does": does,
        "tool": "drill",
        "says": "it was tried",
        "when": when,
        "passed": passed,
        "source": {"where": "/var/log/drill.log"},
    }
