"""Which images must be signed, and by whose key. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from ...model.before_deploy import SignedImages
from ...model.image_names import last_fitting
from ...model.release import ShippedService


class ToVerify(Struct, frozen=True):
    """An image that is shipped: services by name, the reference as it was written, what it stands for. A signature by
    one of `keys` is wanted; `()`: the pattern `excepted` lets it pass without."""

    services: tuple[str, ...]
    reference: str
    image: str
    keys: tuple[str, ...] = ()
    excepted: str = ""

    @property
    def subject(self) -> str:
        return f"{', '.join(self.services)}: {self.reference}"

    @property
    def is_here(self) -> bool:
        """A name without a digest is what a dry run did not pull: which image it stands for is not known."""
        return bool(self.excepted) or "@" in self.image or self.image.startswith("sha256:")

    @property
    def is_in_a_registry(self) -> bool:
        """An id names an image of one engine: what was built or loaded there has no digest of a registry."""
        return "@" in self.image


def to_verify(demanded: Iterable[SignedImages], services: Mapping[str, ShippedService]) -> list[ToVerify]:
    """For each image and each demand that speaks of it. An image that no pattern fits is in none."""
    users: dict[tuple[str, str], list[str]] = {}
    for name, service in sorted(services.items()):
        users.setdefault((service.reference, service.image), []).append(name)
    found = []
    for each in demanded:
        for (reference, image), names in users.items():
            pattern = last_fitting(each.images, reference)
            if pattern.startswith("!"):
                found.append(ToVerify(tuple(names), reference, image, excepted=pattern))
            elif pattern:
                found.append(ToVerify(tuple(names), reference, image, each.keys))
    return found
