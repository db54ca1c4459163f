"""Which images must be signed, by whose key, and are they: cosign verifies them by digest, and asks no public log.

The signature is fetched from the image's registry; that it is one of the key's over this very digest is found out
here.
"""

from __future__ import annotations

import asyncio
import os
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from ..errors import UsageError
from ..model.before_deploy import SignedImages
from ..model.image_names import last_fitting
from ..model.release import ShippedService

_SECONDS = 60.0
_UNSIGNED, _OTHERS = 10, 12
"""Exit statuses of cosign 2: no signature, and none that fits."""
_CERTIFICATES = Path("/etc/docker/certs.d")
"""Where docker, too, looks for the authority of a registry."""


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


async def why_unsigned(wanted: ToVerify, *, environ: Mapping[str, str] = os.environ) -> str:
    """`""` where one of the keys signed it, else a sentence that names the next command.

    Raises UsageError for a key that is none.
    """
    if not wanted.is_in_a_registry:
        return (
            f"{wanted.subject} was built or loaded on the engine, and no registry has it: nobody can have signed it. "
            f'Push it to a registry and sign it there, or except it: `images: ["*", "!{wanted.reference}"]`'
        )
    said: list[tuple[int, str]] = []
    for key in wanted.keys:
        if "://" not in key and not Path(key).is_file():
            raise UsageError(
                f"policy.before_deploy.signatures: there is no key {key}",
                hint="`cosign generate-key-pair` makes one; cosign.pub, its public half, goes beside dockworthy.yaml",
            )
        status, words = await _cosign(command(key, wanted.image), environ)
        if status == 0:
            return ""
        if "loading public key" in words:
            why = words.rpartition("loading public key: ")[2]
            raise UsageError(
                f"policy.before_deploy.signatures: {key} is no public key: {why}",
                hint="`cosign public-key --key cosign.key` prints it",
            )
        said.append((status, words))
    return _sentence(wanted, said)


def command(key: str, image: str) -> list[str]:
    """The command, which people can run themselves, too. A key of one's own needs no entry in a public log."""
    authority = _CERTIFICATES / image.partition("/")[0] / "ca.crt"
    trusted = [f"--registry-cacert={authority}"] if authority.is_file() else []
    return ["cosign", "verify", f"--key={key}", "--insecure-ignore-tlog=true", "--output=text", *trusted, "--", image]


def _sentence(wanted: ToVerify, said: list[tuple[int, str]]) -> str:
    keys = " or ".join(wanted.keys)
    statuses = {status for status, _ in said}
    if statuses == {_UNSIGNED}:
        return f"{wanted.subject} has no signature: `cosign sign --key cosign.key {wanted.image}`"
    if statuses <= {_UNSIGNED, _OTHERS}:
        return (
            f"{wanted.subject} is signed, but not by {keys}: is it the image that you mean, and the key? "
            f"`cosign sign --key cosign.key {wanted.image}` signs it"
        )
    words = next(words for status, words in said if status not in (_UNSIGNED, _OTHERS))
    again = shlex.join(command(wanted.keys[0], wanted.image))
    return f"{wanted.subject}: nobody could tell whether it is signed: {words}. To see it yourself: `{again}`"


async def _cosign(words: list[str], environ: Mapping[str, str]) -> tuple[int, str]:
    """Its status, and the last that it said of an error."""
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=dict(environ),
            start_new_session=True,
        )
    except FileNotFoundError:
        return 127, "cosign is not installed on this machine (`apt-get install cosign`)"
    try:
        async with asyncio.timeout(_SECONDS):
            _, said = await process.communicate()
    except TimeoutError:
        return 124, f"the registry did not answer within {_SECONDS:.0f} s"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, _last_error(said.decode(errors="replace"))


def _last_error(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line.partition("Error: ")[2] for line in lines if line.startswith("Error: ")]
    return (errors or lines or ["cosign said nothing"])[-1][:500]
