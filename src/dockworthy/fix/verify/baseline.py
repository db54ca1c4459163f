"""The unchanged service: what it needs to be called up, and what it was seen to use and to write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from ...controls.workload._databases import runs_a_database
from ...errors import EngineError
from .images import ImageAccount, ImageLook, LocalImage
from .inside import Who, stepped_down_to
from .limits import SeenUse
from .needs import ChangedPath, InImage, own_writes, writable_folders
from .owner import RunOwner
from .project import ScratchProject
from .watching import RunWatched

_SERVICE_USERS = ("app", "node", "www-data", "nginx", "nobody")
"""Accounts that images bring for their service and that no process was seen as."""


class Baseline(Struct, frozen=True, kw_only=True):
    """`folders`: where it wrote, each as the image has it (None: the image has no such folder). `user`: as whom it
    could run instead. `stores`: what it stores outlives a run of it, and the copy that was measured is empty.
    `processors` that the engine has, 0 where it does not say."""

    seen: RunWatched
    use: SeenUse
    wrote: tuple[ChangedPath, ...]
    folders: dict[str, InImage | None]
    user: Who | None
    stores: bool = False
    processors: int = 0

    @property
    def tells_limits(self) -> bool:
        """Does what was measured say what it needs? An empty database needs next to nothing, a filled one all of it."""
        return self.use.of_running or not self.stores


async def measure(
    project: ScratchProject,
    name: str,
    container: str,
    image: LocalImage,
    seen: RunWatched,
    use: SeenUse,
    owner: RunOwner,
) -> Baseline:
    """Looks at a service that is up."""
    facts = await project.inspect(container)
    mounts = [mount["Destination"] for mount in facts.get("Mounts") or ()]
    mounts += list((facts["HostConfig"].get("Tmpfs") or {}).keys())
    changes = await project.engine.get(f"/containers/{container}/changes") or ()
    wrote = own_writes((ChangedPath(each["Path"], each["Kind"]) for each in changes), mounts)
    look = ImageLook(project.docker, image, owner, name)
    await look.open()
    try:
        folders = {folder: await look.folder(folder) for folder in writable_folders(wrote)}
        user = await _user(project, container, facts, look)
    finally:
        await look.close()
    processors = int((await project.engine.get("/info")).get("NCPU") or 0)
    return Baseline(
        seen=seen,
        use=use,
        wrote=wrote,
        folders=folders,
        user=user,
        stores=stores(facts) or project.begins_empty(name),
        processors=processors,
    )


def stores(facts: Mapping[str, Any]) -> bool:
    """Has it a volume that it may write to (its image's own count), or is it a database, be it all in memory?"""
    mounts = facts.get("Mounts") or ()
    if any(mount.get("Type") == "volume" and mount.get("RW", True) for mount in mounts):
        return True
    return runs_a_database([str(facts.get("Path") or ""), *map(str, facts.get("Args") or ())])


async def _user(project: ScratchProject, container: str, facts: dict[str, object], look: ImageLook) -> Who | None:
    """None where it is not root already. Else whom its processes step down to, a user of the image, or any."""
    config = facts.get("Config")
    user = str(config.get("User") or "") if isinstance(config, dict) else ""
    if user.split(":")[0] not in ("", "0", "root"):
        return None
    return await _seen_user(project, container) or _likely(await look.accounts()) or Who(1000, 1000)


async def _seen_user(project: ScratchProject, container: str) -> Who | None:
    try:
        return stepped_down_to(await project.engine.get(f"/containers/{container}/top?ps_args=-eo%20pid,uid,gid"))
    except EngineError:  # it ended meanwhile, or the engine's host has no ps
        return None


def _likely(accounts: tuple[ImageAccount, ...]) -> Who | None:
    """An account that the image's maker added for people or the service, else one of the usual names."""
    added = [account for account in accounts if 1000 <= account.uid < 60000]
    named = [account for name in _SERVICE_USERS for account in accounts if account.name == name]
    return next((Who(account.uid, account.gid) for account in (*added, *named)), None)
