"""The ledger of proofs: what drills found, kept where the releases are kept.

On one host each proof is a file in `STATE/proofs`, which appears whole or not at all. On a swarm it is a config, which
every manager can read. There only what an admin wrote counts: a swarm does not tell who made a config, but a guard lets
nobody else give that label (model/kept_on_swarm.py).
"""

from __future__ import annotations

import base64
import contextlib
import secrets
from collections.abc import Iterable, Iterator, Mapping

from msgspec import structs

from ..deploy.store.swarm_objects import KIND, Object, SwarmObjects, is_for_admins_only
from ..engine.host_shell import unpacked_files
from ..engine.membership import Membership, membership_of
from ..engine.site import Site, write_file
from ..errors import EngineError, EngineRefused, HostError, UsageError
from ..facts.redaction import redacted_text
from ..host_scripts import HostScript
from ..model.drill_proof import DrillProof
from ..model.kept_on_swarm import OF_ADMINS
from ..model.kept_proof import (
    KEPT,
    MOST_BYTES,
    PROOF_KIND,
    DamagedProof,
    file_name,
    proof_as_json,
    proof_from_json,
)
from ..model.own_places import PROOFS
from ..model.standing_proofs import newest_first, question_of

_READ = HostScript(__package__, "read_proofs.sh")
_REMOVE = HostScript(__package__, "remove_proofs.sh")
_TRIES = 5


class Ledger:
    """Of one site. `swarm`: its engine is a manager of the swarm that keeps the proofs; what its host kept before it
    joined is read, too. `damaged`: what could not be read when `proofs` was last called, a sentence each."""

    def __init__(self, site: Site, *, swarm: bool) -> None:
        self.folder = f"{site.state}/{PROOFS}"
        self.damaged: tuple[str, ...] = ()
        self.is_of_swarm = swarm
        self._shell = site.shell
        self._objects = SwarmObjects(site.engine) if swarm else None

    async def write(self, proof: DrillProof) -> None:
        """Keeps it, and of the older ones of the same claim, drill and subject the newest 20 with it. Secrets in its
        sentences are hidden. Raises UsageError for a proof that could not be read back; HostError, EngineError."""
        said = structs.replace(
            proof, says=redacted_text(proof.says), evidence=tuple(map(redacted_text, proof.evidence))
        )
        try:
            content, name = proof_as_json(said), file_name(said, secrets.token_hex(4))
        except DamagedProof as error:
            raise UsageError(f"a proof of {proof.drill} for {proof.subject} can't be kept: {error}") from None
        if self._objects is not None:
            await self._write_to_swarm(self._objects, said, content)
            return
        await write_file(self._shell, f"{self.folder}/{name}", content)
        with contextlib.suppress(HostError):  # it is kept; what is too much goes the next time
            await self._forget(name)

    async def proofs(self) -> list[DrillProof]:
        """All that are kept, newest first. Damaged ones are left out, and named in `damaged`. Raises HostError,
        EngineError."""
        damaged: list[str] = []
        found = [*(await self._files(damaged)).values()]
        if self._objects is not None:
            found += [proof for _, proof in _of_admins(await self._configs(self._objects), damaged)]
        self.damaged = tuple(damaged)
        return newest_first(found)

    async def _files(self, damaged: list[str]) -> dict[str, DrillProof]:
        """By the names of their files."""
        done = await self._shell.run(_READ.with_arguments(self.folder, MOST_BYTES))
        if done.status:
            raise HostError(
                f"{self._shell.name}: {self.folder} can't be read: {done.words or 'no reason was given'}",
                hint="the proofs there are root's: run it as root (sudo), or over ssh with --sudo",
            )
        odd, _, archive = done.output.partition("\n")
        damaged += [f"{self.folder}/{name}: it is no regular file, or too large" for name in odd.split()]
        files, _ = unpacked_files(self._shell.name, base64.b64decode(archive))
        return dict(_read(files, f"{self.folder}/", damaged))

    async def _forget(self, written: str) -> None:
        """All but the newest of each question. What was written just now stays, whatever the clock said then."""
        found = await self._files([])
        names = [name for name in superfluous(found) if name != written]
        if names:
            await self._shell.run(_REMOVE.with_arguments(self.folder, *names))

    async def _write_to_swarm(self, objects: SwarmObjects, proof: DrillProof, content: bytes) -> None:
        labels = {KIND: PROOF_KIND, OF_ADMINS: "yes"}
        for _ in range(_TRIES):
            name = f"dockworthy.proof.{secrets.token_hex(12)}"
            try:
                made = await objects.create("configs", name, content, labels)
            except EngineError as error:
                if not is_for_admins_only(error):
                    raise
                raise EngineRefused(
                    f"the guard lets only admins keep a proof on the swarm: {error.says}",
                    hint="run the drill as root on a manager, or ask an admin",
                ) from None
            if made:
                break
        else:
            raise EngineError("the swarm has every name that was tried for a proof", hint="docker config ls")
        with contextlib.suppress(EngineError):
            configs = {each.name: each for each in await self._configs(objects)}
            for old in superfluous(dict(_of_admins(configs.values(), []))):
                if old != name:
                    await objects.remove("configs", configs[old])

    async def _configs(self, objects: SwarmObjects) -> list[Object]:
        return [each for each in await objects.find("configs", dockworthy_kind=PROOF_KIND) if each.is_of_admins]


async def ledger_of(site: Site) -> Ledger:
    """The swarm's, where the site's engine is a manager; else the host's. Raises EngineError, and where the swarm is
    not to be asked now HostError: what it keeps is not known then."""
    return Ledger(site, swarm=keeps_proofs(await membership_of(site.engine), site.name))


def keeps_proofs(mine: Membership, name: str) -> bool:
    """Is the engine of the host `name` a manager, which knows what its swarm keeps? Raises HostError."""
    if mine.state == "locked":
        raise HostError(f"the swarm on {name} is locked: its proofs can't be read", hint="docker swarm unlock")
    return mine.is_in and mine.manager and not mine.stopped


def superfluous(found: Mapping[str, DrillProof]) -> list[str]:
    """The names of those that may go: not among the newest KEPT of their claim, subject and drill."""
    by_question: dict[tuple[str, str, str], list[str]] = {}
    ordered = {id(proof): name for name, proof in found.items()}
    for proof in newest_first(found.values()):
        by_question.setdefault(question_of(proof), []).append(ordered[id(proof)])
    return [name for names in by_question.values() for name in names[KEPT:]]


def _of_admins(configs: Iterable[Object], damaged: list[str]) -> Iterator[tuple[str, DrillProof]]:
    return _read({each.name: each.data for each in configs}, "config ", damaged)


def _read(contents: Mapping[str, bytes], where: str, damaged: list[str]) -> Iterator[tuple[str, DrillProof]]:
    for name, content in sorted(contents.items()):
        try:
            yield name, proof_from_json(content)
        except DamagedProof as error:
            damaged.append(f"{where}{name}: {error}")
