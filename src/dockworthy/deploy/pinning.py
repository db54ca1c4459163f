"""Which image each service of a project runs: what is on the engine, else what a registry gives."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import UsageError
from .asked import Asked
from .compose_command import ComposeCommand
from .images import Pinned, pinned_images
from .rendering import Rendered
from .site import Site


async def pins_of(
    asked: Asked, rendered: Rendered, written: Mapping[str, str], site: Site, compose: ComposeCommand
) -> dict[str, Pinned]:
    """Service -> image. What is not on the engine is pulled; what this project builds is not: that is not our part.

    `written`: service -> the image as it is written. Raises UsageError for one that is nowhere.
    """
    found = await pinned_images(site.engine, written.values())
    services = rendered.spec["services"]
    built = {name for name in written if services[name].get("build") and name not in asked.images}
    for name in sorted(built):
        if found[written[name]] is None:
            raise UsageError(
                f"{name}: its image {written[name]} is not on {site.name}", hint=f"docker compose build {name}"
            )
    wanted = [name for name in written if name not in built and (asked.pull or found[written[name]] is None)]
    if wanted := [name for name in wanted if not written[name].startswith("sha256:")]:
        spec = {"name": rendered.project, "services": {name: {"image": written[name]} for name in wanted}}
        await compose.pull(spec, wanted)
        found |= await pinned_images(site.engine, [written[name] for name in wanted])
    pins = {}
    for name, reference in written.items():
        if (pin := found[reference]) is None:
            raise UsageError(f"{name}: there is no image {reference} on {site.name}, and it could not be pulled")
        pins[name] = pin
    return pins
