"""Settings that crash the engine, and with it its API for everybody.

With a restart policy it crashes again at each of its own starts.

Sources: Engine 26.1, daemon/health.go, cmdProbe.run, which takes the first word of a command that has none;
container/container_unix.go, SecretMounts, which asks each config for its file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...readers.api_object import ApiObject
from ..decision import Refusal, refused

RULE = "guard/engine-crash"
_TITLE = "No container or service crashes the engine"


def refused_empty_check(check: Any, image: Mapping[str, Any] | None = None) -> Iterator[Refusal]:
    """`check`: a container's own health check; the engine takes the image's test where it has none."""
    own = check.get("Test") if isinstance(check, dict) else None
    brought = ApiObject(image, "GET /images/{name}/json").at("Config", "Healthcheck", "Test").data
    if (own or brought) == ["CMD"]:
        whose = "Healthcheck.Test" if own else "the test of the image's HEALTHCHECK"
        yield refused(
            RULE,
            _TITLE,
            f"{whose} is [CMD] without a command: the engine crashes when it first checks",
            'name the command (["CMD", "wget", "-q", "localhost"]), or ["NONE"]',
        )


def refused_config_without_file(run: ApiObject) -> Iterator[Refusal]:
    """`run`: the ContainerSpec of a service."""
    for config in run.items("Configs"):
        if config.at("Runtime").data is not None or not config.word("File", "Name"):
            yield refused(
                RULE,
                _TITLE,
                f"{config.path} is no file: the engine of each node crashes when a task of the service starts there",
                "say as which file it is mounted (File)",
            )
