"""Which image each service of a project runs, and which ones are pulled: what the engine has is taken, unless --pull
asks for a newer one; what it lacks is pulled, but not by a dry run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from ..engine.site import Site
from ..errors import UsageError
from ..model.compose_project import ComposeProject, ComposeService
from ..readers.image_facts import KnownImage
from .compose_command import ComposeCommand
from .desired import references, shipped_services
from .images import Pinned, pinned_images
from .options import DeployOptions
from .rendering import Rendered


class FoundImages(Struct, frozen=True):
    """What can be known before anything is pulled. `written`: service -> its image as it is written; `found`: each of
    those images, as this engine has it. `absent`: the services whose image has to be pulled, `asked_anew` those whose
    registry is asked for a newer one (`--pull`)."""

    written: Mapping[str, str]
    found: Mapping[str, Pinned | None]
    absent: tuple[str, ...]
    asked_anew: tuple[str, ...] = ()

    @property
    def services(self) -> tuple[str, ...]:
        return tuple(self.written)

    @property
    def to_pull(self) -> tuple[str, ...]:
        return (*self.absent, *self.asked_anew)

    @property
    def images(self) -> dict[str, KnownImage]:
        """Service -> its image, of those that are here and stay."""
        pins = {name: self.found[image] for name, image in self.written.items() if name not in self.asked_anew}
        return {
            name: KnownImage(self.written[name], pin.facts)
            for name, pin in pins.items()
            if pin is not None and pin.facts is not None
        }


async def find_images(asked: DeployOptions, rendered: Rendered, site: Site) -> FoundImages:
    """Raises UsageError for an image that this project builds and that is not built: it is not ours to build."""
    services = rendered.spec.services
    written = references(rendered, shipped_services(rendered, asked.settings), asked.images)
    found = await pinned_images(site.engine, written.values())
    built = {name for name in written if services[name].has("build") and name not in asked.images}
    for name in sorted(built):
        if found[written[name]] is None:
            raise UsageError(
                f"{name}: its image {written[name]} is not on {site.name}", hint=f"docker compose build {name}"
            )
    by_name = [name for name in written if name not in built and not written[name].startswith("sha256:")]
    absent = tuple(name for name in by_name if found[written[name]] is None)
    return FoundImages(written, found, absent, tuple(name for name in by_name if asked.pull and name not in absent))


async def pins_of(
    asked: DeployOptions, rendered: Rendered, images: FoundImages, site: Site, compose: ComposeCommand
) -> dict[str, Pinned]:
    """Service -> image. What is not on the engine is pulled, but for a dry run, where it stays as it is written.

    Raises UsageError for one that is nowhere."""
    written, found = images.written, dict(images.found)
    if asked.dry_run:
        found |= {written[name]: Pinned(written[name], "") for name in images.absent}
    elif wanted := sorted(images.to_pull):
        services = {name: ComposeService.from_json({"image": written[name]}) for name in wanted}
        await compose.pull(ComposeProject.of(rendered.project, services), wanted)
        found |= await pinned_images(site.engine, [written[name] for name in wanted])
    pins = {}
    for name, reference in written.items():
        if (pin := found[reference]) is None:
            raise UsageError(f"{name}: there is no image {reference} on {site.name}, and it could not be pulled")
        pins[name] = pin
    return pins


def would_be_pulled(images: FoundImages, *, on: str) -> tuple[str, ...]:
    """What a dry run leaves where it is, as sentences."""
    says = []
    if images.absent:
        says.append(
            f"would be pulled, not being on {on}: {_listed(images.written, images.absent)}; what an image says of "
            "itself (user, health check) is judged when it is there"
        )
    if images.asked_anew:
        says.append(f"a newer image would be asked for: {_listed(images.written, images.asked_anew)}")
    return tuple(says)


def _listed(written: Mapping[str, str], services: Sequence[str]) -> str:
    users: dict[str, list[str]] = {}
    for name in services:
        users.setdefault(written[name], []).append(name)
    return ", ".join(f"{image} ({', '.join(names)})" for image, names in users.items())
