"""Renews certificates without a deploy: which are due, obtained, loaded into the running edge, seen as clients see
them.

The files that are replaced are kept beside as `….before`, and put back where the new ones fail.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from ...engine.membership import membership_of
from ...engine.site import Site
from ...errors import DockworthyError, EngineError, HostError, UsageError
from ...host_scripts import HostScript
from ...interruption import to_its_end
from ...model.deploy_settings import Tls
from ..observing.probe import connected
from .acme import held, obtain
from .certificates import ToBeMade, certificates
from .conflicts import refuse_foreign
from .haproxy.configuration import ACME, edge_files, script
from .haproxy_api import Admin
from .image import EdgeImage
from .lifetime import left_in_words
from .planned_change import chosen_image, on_swarm, published
from .process import EdgeProcess
from .renewal_records import remember_tried
from .routes import ProjectRoutes
from .state_dir import EdgeState, EdgeStateDir
from .swarm_secrets import Carrying


class Due(Struct, frozen=True):
    """`subject`: a host name where `by` is acme, else the project. `names`: to whom it is shown."""

    project: str
    subject: str
    by: Tls
    names: tuple[str, ...]
    why: str


async def due_of(site: Site, kept: EdgeState, names: frozenset[str]) -> tuple[Due, ...]:
    """`names`: subjects that count as due. Raises UsageError where there is none of a name, HostError."""
    if unknown := names - subjects_of(kept):
        known = ", ".join(sorted(subjects_of(kept))) or "none"
        raise UsageError(
            f"the edge of {site.name} has no certificate to renew for {', '.join(sorted(unknown))}",
            hint=f"it renews those of: {known}",
        )
    found: list[Due] = []
    for project in kept.projects.values():
        if project.edge.tls is Tls.ACME:
            found += await _by_acme(site, project, names)
        elif project.edge.tls is Tls.INTERNAL and (why := await _why_internal(site, project, names)):
            found.append(Due(project.project, project.project, Tls.INTERNAL, project.names, why))
    return tuple(found)


def subjects_of(kept: EdgeState) -> frozenset[str]:
    """All for which a certificate can be renewed."""
    return frozenset(
        subject
        for project in kept.projects.values()
        for subject in (
            project.names
            if project.edge.tls is Tls.ACME
            else (project.project,)
            if project.edge.tls is Tls.INTERNAL
            else ()
        )
    )


async def _by_acme(site: Site, project: ProjectRoutes, names: frozenset[str]) -> list[Due]:
    there = await held(site, project)
    found = []
    for name in project.names:
        if name not in there:
            why = "missing"
        elif there[name].is_due or name in names:
            why = f"ends {left_in_words(there[name].lifetime.ends, there[name].now)}"
        else:
            continue
        found.append(Due(project.project, name, Tls.ACME, (name,), why))
    return found


async def _why_internal(site: Site, project: ProjectRoutes, names: frozenset[str]) -> str:
    try:
        await certificates(site, [project], look=True)
    except ToBeMade:
        return "missing, or over within 30 days"
    return "asked for" if project.project in names else ""


_ENDS = ("pem", "names")
_REPLACED = HostScript(__package__, "replaced_certificates.sh")


class Before:
    """Of what is due. Everything raises HostError."""

    def __init__(self, site: Site, due: Sequence[Due]) -> None:
        self._site = site
        self._files = [f"acme/{each.subject}.pem" for each in due if each.by is Tls.ACME]
        self._files += [f"internal/{each.subject}.{end}" for each in due if each.by is Tls.INTERNAL for end in _ENDS]

    async def keep(self) -> None:
        await self._run("keep")

    async def put_back(self) -> None:
        await self._run("put_back")

    async def _run(self, deed: str) -> None:
        script = _REPLACED.with_arguments(f"{self._site.state}/edge", deed, *self._files)
        done = await self._site.shell.run(script)
        if done.status:
            raise HostError(
                f"{self._site.name}: certificates in {self._site.state}/edge can't be kept: {done.words}",
                hint="is the disk full, or the file system read-only?",
            )


_SECONDS = 5.0
_TRIES = 10.0
"""Seconds in which an old process may still take connections."""


class ServedCertificate:
    """By the host's own way to its port for https."""

    def __init__(self, site: Site, port: int) -> None:
        self._site = site
        self._port = port
        self._at: Path | tuple[str, int] | None = None

    async def certificate(self, name: str) -> bytes | None:
        """In DER; None where nobody answers. Raises HostError where there is no way to the host."""
        self._at = self._at or await self._site.tcp("127.0.0.1", self._port)
        try:
            async with asyncio.timeout(_SECONDS):
                _, writer = await connected(self._at, name.replace("*.", "edge.", 1))
        except (OSError, TimeoutError):
            return None
        shown: bytes | None = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.transport.abort()
        return shown

    async def wrong(self, wanted: Mapping[str, str]) -> tuple[str, ...]:
        """Of `wanted` (name -> PEM text, its own certificate first), the names for which another one is shown, or none.

        What is not so at once may become so: it is asked again for ten seconds.
        """
        clock = asyncio.get_running_loop().time
        ends = clock() + _TRIES
        left = {name: first_in(text) for name, text in wanted.items()}
        while True:
            left = {name: der for name, der in left.items() if await self.certificate(name) != der}
            if not left or clock() > ends:
                return tuple(left)
            await asyncio.sleep(0.1)


def first_in(pem: str) -> bytes:
    """The first certificate of a PEM text, in DER. Raises ValueError where there is none."""
    end = "-----END CERTIFICATE-----"
    begin = pem.index("-----BEGIN CERTIFICATE-----")
    return ssl.PEM_cert_to_DER_cert(pem[begin : pem.index(end, begin) + len(end)])


class Renewed(Struct, frozen=True):
    """`due`: what was to be done; `renewed`: the subjects for which the edge shows new certificates; `failed`: subject
    -> why, which has the one from before. `handed_over`: the edge was told. `looked_at`: as clients see it. `notes`:
    what is worth knowing besides, as sentences."""

    due: tuple[Due, ...] = ()
    renewed: tuple[str, ...] = ()
    failed: dict[str, str] = {}
    handed_over: bool = False
    looked_at: bool = False
    notes: tuple[str, ...] = ()


class Renewer:
    """Of the edge of one site."""

    def __init__(self, site: Site, environ: Mapping[str, str] = os.environ) -> None:
        self._site = site
        self._keeper = EdgeStateDir(site)
        self._process = EdgeProcess(site, self._keeper, Admin(site), environ)
        self._carrying = Carrying(site, environ)

    async def look(self, names: frozenset[str] = frozenset()) -> Renewed:
        """What would be done; changes nothing. Raises what `renew` raises before it changes anything."""
        kept = await self._running()
        return Renewed(due=await due_of(self._site, kept, names))

    async def renew(self, names: frozenset[str] = frozenset()) -> Renewed:
        """`names`: host names and projects that are renewed although they need not be yet.

        Raises UsageError where no edge runs here, or none of a name; HostError and EngineError where the edge does not
        take what is new: it then is as it was.
        """
        async with self._keeper.locked():
            kept = await self._running()
            carries = on_swarm(kept) and await self._is_manager()
            notes: tuple[str, ...] = ()
            try:
                if carries and await self._carrying.bring(chosen_image(kept) or "", kept.image):
                    kept = await self._running()  # another host's edge renewed them, and this one shows what that got
            except DockworthyError as error:  # a swarm without a leader lets no certificate run out
                carries = False  # what it has newer is not to be replaced by what is here
                notes = (f"what other hosts renewed can't be taken from the swarm: {error.says}",)
            due = await due_of(self._site, kept, names)
            files = Before(self._site, due)
            await files.keep()
            await self._answer_challenges(kept, due, files)
            failed: dict[str, str] = {}
            for each in due:
                try:
                    await self._obtain(kept, each)
                except HostError as error:
                    failed[each.subject] = error.says
                    await Before(self._site, [each]).put_back()
            well = [each for each in due if each.subject not in failed]
            try:
                shown = ServedCertificate(self._site, published(kept)[1] or 0)
                looked_at = bool(well) and await shown.certificate(well[0].names[0]) is not None
                handed_over = await self._hand_over(kept, well, shown if looked_at else None)
            except BaseException as error:
                await to_its_end(self._put_back(kept, files, error))
                why = error.says if isinstance(error, DockworthyError) else "it was interrupted"
                with contextlib.suppress(DockworthyError):
                    await remember_tried(self._site, {**failed, **{each.subject: why for each in well}}, frozenset())
                raise
            await remember_tried(self._site, failed, subjects_of(kept) - failed.keys())
            notes = await self._carrying.keep_or_say() if carries else notes
        return Renewed(due, tuple(each.subject for each in well), failed, handed_over, looked_at, notes)

    async def _is_manager(self) -> bool:
        return (await membership_of(self._site.engine)).manager

    async def _running(self) -> EdgeState:
        kept = await self._keeper.read()
        container = await self._process.container()
        refuse_foreign(container, self._keeper.folder)
        if container is None or container["State"] != "running" or not kept.current or not kept.image:
            raise UsageError(
                f"no edge runs on {self._site.name}", hint="dockworthy deploy starts it; dockworthy edge status"
            )
        return kept

    async def _answer_challenges(self, kept: EdgeState, due: Sequence[Due], files: Before) -> None:
        """An edge of an older version looks for them in another folder than the client now writes to: it is told first.

        Raises HostError, EngineError; the edge then is as it was."""
        if not any(each.by is Tls.ACME for each in due):
            return
        try:
            if await self._site.shell.file(f"{self._keeper.folder}/settings/{kept.current}/{ACME}") != script(ACME):
                await self._hand_over(kept, (), None)
        except BaseException as error:
            await to_its_end(self._put_back(kept, files, error))
            raise

    async def _obtain(self, kept: EdgeState, due: Due) -> None:
        """Raises HostError."""
        project = kept.projects[due.project]
        if due.by is Tls.ACME:
            await obtain(self._site, project, due.names)
            if due.subject not in await held(self._site, project):
                raise HostError(
                    f"{self._site.name}: what the ACME authority gave for {due.subject} is no good certificate"
                )
            return
        await self._site.shell.run(f"rm -f -- {shlex.quote(f'{self._keeper.folder}/internal/{due.subject}.names')}")
        await certificates(self._site, [project])

    async def _hand_over(self, kept: EdgeState, new: Sequence[Due], shown: ServedCertificate | None) -> bool:
        """As with new routes: a new process takes the doors over, the old one ends with its connections. Also what a
        run that was killed obtained and did not hand over. Raises EngineError, HostError."""
        every = list(kept.projects.values())
        image = msgspec.json.decode(kept.image, type=EdgeImage)
        made = await certificates(self._site, every)
        files = edge_files(every, made, exporter=image.has_exporter, hosts=kept.hosts)
        if files.digest == kept.current and await self._process.runs_with(files.marker):
            return False
        await self._keeper.add_settings(files.digest, files.files)
        await self._process.check(image, files.digest)
        await self._keeper.switch(files.digest)
        await self._process.tell(files.marker)
        await self._process.serves(files.marker)
        await self._keeper.tell_servers("")
        if shown is not None:
            await _must_be_shown(shown, new, made)
        await self._keeper.tidy()
        return True

    async def _put_back(self, kept: EdgeState, files: Before, error: BaseException) -> None:
        try:
            await files.put_back()
            await self._keeper.switch(kept.current)
            await self._process.tell(f"dockworthy-{kept.current}")
            await self._process.serves(f"dockworthy-{kept.current}")
            await self._keeper.tell_servers("")
        except DockworthyError as second:
            error.add_note(f"and the edge could not be brought back to what it was: {second.says}")


async def _must_be_shown(shown: ServedCertificate, new: Sequence[Due], made: Mapping[str, str]) -> None:
    """`made`: file of a certificate -> its text. Raises EngineError."""
    wanted = {
        name: made[f"{due.project}.{name}" if due.by is Tls.ACME else due.project] for due in new for name in due.names
    }
    if wrong := await shown.wrong(wanted):
        raise EngineError(f"the edge does not show its new certificate for {', '.join(wrong)}")
