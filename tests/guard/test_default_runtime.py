"""An engine that runs containers in a sandbox: nobody steps out of it by naming another runtime."""

from __future__ import annotations

import pytest
from msgspec import structs

from dockworthy.guard.policy_in_force import PolicyInForce
from dockworthy.model.guard_policy import GuardPolicy
from dockworthy.readers.engine_context import EngineContext
from guard.test_judging import ask
from guard.worlds import EmptyWorld


class WithDefault(EmptyWorld):
    def __init__(self, runtime: str) -> None:
        self._runtime = runtime

    async def context(self) -> EngineContext:
        return structs.replace(await super().context(), default_runtime=self._runtime)


@pytest.mark.parametrize(
    ("default", "asked", "listed", "refuses"),
    [
        ("runsc", "runc", (), True),
        ("runsc", "io.containerd.runc.v2", (), True),
        ("kata-fc", "runc", (), True),
        ("io.containerd.kata.v2", "runc", (), True),
        ("runsc", "runc", ("runc",), False),
        ("runsc", "", (), False),
        ("runsc", "runsc", ("runsc",), False),
        ("runc", "runc", (), False),
        ("nvidia", "runc", (), False),
        ("", "runc", (), False),
    ],
)
async def test_out_of_the_sandbox(default: str, asked: str, listed: tuple[str, ...], refuses: bool) -> None:
    policy = PolicyInForce(guard=GuardPolicy(runtimes=listed))
    body = {"Image": "shop", "HostConfig": {"Runtime": asked}}
    decision = await ask("POST /containers/create", body, world=WithDefault(default), policy=policy)
    assert ("guard/runtime" in decision.message()) is refuses, decision.message()
