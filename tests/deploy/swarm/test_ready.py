"""What keeps an engine from being shipped to as a swarm is said with the command that helps."""

from __future__ import annotations

from typing import Any

import pytest

from dockworthy.deploy.targets.swarm.ready import must_be_ready
from dockworthy.errors import UsageError

ACTIVE = {"LocalNodeState": "active", "ControlAvailable": True}


class Engine:
    """Answers as one in that state."""

    def __init__(self, swarm: dict[str, Any], **info: Any) -> None:
        self._info = {"Swarm": swarm, **info}

    async def get(self, path: str) -> Any:
        return self._info if path == "/info" else []


@pytest.mark.parametrize(
    ("engine", "says", "hint"),
    [
        (Engine({"LocalNodeState": "inactive"}), "in no swarm", "docker swarm init"),
        (Engine({}, LiveRestoreEnabled=True), "live-restore keeps it", "harden --for-swarm --apply"),
        (Engine({"LocalNodeState": "locked"}), "locked", "docker swarm unlock"),
        (Engine({"LocalNodeState": "error", "Error": "certificate expired"}), "certificate expired", ""),
        (
            Engine({**ACTIVE, "ControlAvailable": False, "RemoteManagers": [{"Addr": "10.0.0.1:2377"}]}),
            "a worker",
            "ship to a manager: 10.0.0.1",
        ),
    ],
)
async def test_it_is_no_manager(engine: Any, says: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        await must_be_ready(engine, "shop")
    assert says in raised.value.says and hint in raised.value.hint


async def test_a_manager_can_be_shipped_to() -> None:
    await must_be_ready(Engine(ACTIVE), "shop")  # type: ignore[arg-type]
