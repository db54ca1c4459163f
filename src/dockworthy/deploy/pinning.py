"""Which image each service of a project runs: what is on the engine, else what a registry gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from ..errors import UsageError
from ..readers.image_facts import KnownImage
from .asked import Asked
from .compose_command import ComposeCommand
from .desired import references, shipped_services
from .images import Pinned, pinned_images
from .rendering import Rendered
from .site import Site


class AtHand(Struct, frozen=True):
    """What can be known before anything is pulled. `images`: service -> its image, of those that are here. `absent`:
    the services whose image has to be pulled, `asked_anew` those whose registry is asked for a newer one (`--pull`)."""

    services: tuple[str, ...]
    images: dict[str, KnownImage]
    absent: tuple[str, ...]
    asked_anew: tuple[str, ...] = ()

    @property
    def to_pull(self) -> tuple[str, ...]:
        return (*self.absent, *self.asked_anew)


async def at_hand(asked: Asked, rendered: Rendered, site: Site) -> AtHand:
    """Raises UsageError for an image that this project builds and that is not built: it is not ours to build."""
    services = shipped_services(rendered, asked.settings)
    written = references(rendered, services, asked.images)
    found = await pinned_images(site.engine, written.values())
    absent, anew = _to_pull(asked, rendered, written, found, site)
    images = {
        name: KnownImage(written[name], pin.facts)
        for name in services
        if name not in anew and (pin := found[written[name]]) is not None and pin.facts is not None
    }
    return AtHand(services, images, tuple(absent), tuple(anew))


async def pins_of(
    asked: Asked, rendered: Rendered, written: Mapping[str, str], site: Site, compose: ComposeCommand
) -> dict[str, Pinned]:
    """Service -> image. What is not on the engine is pulled, but for a dry run, where it stays as it is written; what
    this project builds is not: that is not our part.

    `written`: service -> the image as it is written. Raises UsageError for one that is nowhere.
    """
    found = await pinned_images(site.engine, written.values())
    absent, anew = _to_pull(asked, rendered, written, found, site)
    if asked.dry_run:
        found |= {written[name]: Pinned(written[name], "") for name in absent}
    elif wanted := sorted({*absent, *anew}):
        spec = {"name": rendered.project, "services": {name: {"image": written[name]} for name in wanted}}
        await compose.pull(spec, wanted)
        found |= await pinned_images(site.engine, [written[name] for name in wanted])
    pins = {}
    for name, reference in written.items():
        if (pin := found[reference]) is None:
            raise UsageError(f"{name}: there is no image {reference} on {site.name}, and it could not be pulled")
        pins[name] = pin
    return pins


def _to_pull(
    asked: Asked, rendered: Rendered, written: Mapping[str, str], found: Mapping[str, Pinned | None], site: Site
) -> tuple[list[str], list[str]]:
    """The services whose image is not here, and those of which a newer one is asked for. Raises UsageError."""
    services = rendered.spec["services"]
    built = {name for name in written if services[name].get("build") and name not in asked.images}
    for name in sorted(built):
        if found[written[name]] is None:
            raise UsageError(
                f"{name}: its image {written[name]} is not on {site.name}", hint=f"docker compose build {name}"
            )
    by_name = [name for name in written if name not in built and not written[name].startswith("sha256:")]
    absent = [name for name in by_name if found[written[name]] is None]
    return absent, [name for name in by_name if asked.pull and name not in absent]


def would_be_pulled(asked: Asked, hand: AtHand, rendered: Rendered, *, on: str) -> tuple[str, ...]:
    """What a dry run leaves where it is, as sentences."""
    written = references(rendered, hand.to_pull, asked.images)
    says = []
    if hand.absent:
        says.append(
            f"would be pulled, not being on {on}: {_listed(written, hand.absent)}; what an image says of itself (user, "
            "health check) is judged when it is there"
        )
    if hand.asked_anew:
        says.append(f"a newer image would be asked for: {_listed(written, hand.asked_anew)}")
    return tuple(says)


def _listed(written: Mapping[str, str], services: Sequence[str]) -> str:
    users: dict[str, list[str]] = {}
    for name in services:
        users.setdefault(written[name], []).append(name)
    return ", ".join(f"{image} ({', '.join(names)})" for image, names in users.items())
