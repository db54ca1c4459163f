"""What holds for a swarm as a whole: autolock, and the authority that its nodes' certificates come from."""

from __future__ import annotations

import asyncio
from typing import Any

from ..engine.connection import Connection
from ..errors import EngineError


async def is_locked_at_start(engine: Connection) -> bool:
    """Autolock: must a manager be given a key when it starts? Raises EngineError."""
    spec = (await engine.get("/swarm"))["Spec"]
    return bool((spec.get("EncryptionConfig") or {}).get("AutoLockManagers"))


async def set_autolock(engine: Connection, on: bool) -> None:
    """Raises EngineError."""
    swarm = await engine.get("/swarm")
    swarm["Spec"]["EncryptionConfig"] = {"AutoLockManagers": on}
    await _update(engine, swarm)


async def rotate_unlock_key(engine: Connection) -> None:
    """Raises EngineError."""
    await _update(engine, await engine.get("/swarm"), "&rotateManagerUnlockKey=true")


async def unlock_key(engine: Connection) -> str:
    """The key in force: for a person's eyes alone. Raises EngineError."""
    return str((await engine.get("/swarm/unlockkey")).get("UnlockKey") or "")


async def rotate_authority(engine: Connection, *, seconds: float) -> None:
    """A new authority: every node has a certificate by it, and trusts no other. The engine calls the rotation done a
    moment before that, when nodes have the certificate. Raises EngineError where some node does not follow."""
    swarm = await engine.get("/swarm")
    authority: dict[str, Any] = swarm["Spec"].setdefault("CAConfig", {})
    authority["ForceRotate"] = int(authority.get("ForceRotate") or 0) + 1
    authority["SigningCACert"] = authority["SigningCAKey"] = ""
    if not swarm.get("RootRotationInProgress"):  # one that was begun is waited for
        await _update(engine, swarm)
    ends = asyncio.get_running_loop().time() + seconds
    while True:
        swarm = await engine.get("/swarm")
        late = await _trusting_another(engine, swarm)
        if not late and not swarm.get("RootRotationInProgress"):
            return
        if asyncio.get_running_loop().time() > ends:
            raise EngineError(
                f"after {seconds:.0f} s these nodes have no certificate of the new authority: "
                f"{', '.join(late) or 'unknown'}",
                hint="it goes on by itself when they are back; one that does not come back: "
                "dockworthy hosts remove NODE",
            )
        await asyncio.sleep(0.3)


async def _trusting_another(engine: Connection, swarm: dict[str, Any]) -> list[str]:
    """The nodes that do not trust the swarm's authority alone, by their names."""
    root = (swarm.get("TLSInfo") or {}).get("TrustRoot")
    return [
        str((node.get("Description") or {}).get("Hostname") or node["ID"])
        for node in await engine.get("/nodes")
        if ((node.get("Description") or {}).get("TLSInfo") or {}).get("TrustRoot") != root
    ]


async def _update(engine: Connection, swarm: dict[str, Any], more: str = "") -> None:
    await engine.send("POST", f"/swarm/update?version={swarm['Version']['Index']}{more}", swarm["Spec"])
