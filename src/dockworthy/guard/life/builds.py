"""What becomes of image builds when the guard comes, and how the engine keeps them from the host's network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from ...model.guard_policy import GuardPolicy

ENTITLEMENTS = {"network-host": False, "security-insecure": False}
"""`builder.entitlements` of daemon.json under which the guard lets BuildKit's builds pass (confined_builds)."""
_BUILDS = "`docker build`, `docker compose build` and `docker buildx build`"


class Builds(Struct, frozen=True, kw_only=True):
    """`confined`: the engine keeps BuildKit's builds from the host's network when the installation is done; `written`:
    daemon.json says so, but the engine was not started with it. `people`: they have a socket of the guard's."""

    policy: GuardPolicy
    confined: bool
    written: bool
    people: bool

    @property
    def refused(self) -> bool:
        """Those with BuildKit, also root's; an admin's at the guard's socket for people are not."""
        return not self.people and (not self.policy.builds or bool(self.policy.own_images) or not self.confined)

    def in_words(self) -> str:
        if self.people:
            return f"{_BUILDS} are for root and admins alone, as no other role may build"
        if not self.policy.builds:
            return f"{_BUILDS} are refused, root's too: the policy says `builds: false`"
        if self.policy.own_images:
            return (
                f"{_BUILDS} are refused, root's too: BuildKit may give any name to what it builds, and the policy owns "
                "names of images. Build elsewhere, or with DOCKER_BUILDKIT=0, which can be judged"
            )
        if self.confined:
            return f"{_BUILDS} pass: the engine keeps them from the host's network"
        if self.written:
            return (
                f"{_BUILDS} are refused, root's too, until the engine is restarted: daemon.json keeps builds from the "
                "host's network, and the engine reads that only when it starts (--confine-builds restarts it)"
            )
        return (
            f"{_BUILDS} are refused, root's too: what BuildKit is asked for is shown to no plugin. They pass with "
            "--confine-builds: daemon.json then keeps builds from the host's network (`builder.entitlements`), and the "
            "engine is restarted once for that. With DOCKER_BUILDKIT=0 they pass as it is"
        )


def entitlements_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Of daemon.json. Empty where it has none."""
    builder = settings.get("builder")
    found = builder.get("entitlements") if isinstance(builder, dict) else None
    return found if isinstance(found, dict) else {}


def confines(settings: Mapping[str, Any]) -> bool:
    found = entitlements_of(settings)
    return all(found.get(name) is value for name, value in ENTITLEMENTS.items())


def confined(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What is laid over daemon.json, so that it confines builds."""
    return {"builder": {"entitlements": {**entitlements_of(settings), **ENTITLEMENTS}}}


def unconfined(settings: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """`builder` without what `confined` laid over it: None where nothing is left."""
    old = entitlements_of(before)
    kept = {name: value for name, value in entitlements_of(settings).items() if name not in ENTITLEMENTS}
    kept |= {name: old[name] for name in ENTITLEMENTS if name in old}
    builder = {name: value for name, value in settings["builder"].items() if name != "entitlements"}
    if kept or "entitlements" in (before.get("builder") or {}):
        builder["entitlements"] = kept
    return {"builder": builder if builder or "builder" in before else None}
