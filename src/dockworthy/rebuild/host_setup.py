"""What a bare host needs before a backup can be read on it: an engine, restic, and the repository's key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from ..engine.host_shell import HostShell, shell_on
from ..engine.site import write_file
from ..errors import HostError, UsageError
from ..harden.install.story import set_up
from ..harden.reading import HardenOptions
from ..host_scripts import HostScript
from ..hosts.looking import site_with_engine
from ..model.counts import number_of
from ..model.hardening import Hardened, HardenPlan
from ..model.hardening_journal import StageState
from ..model.saying import Say

_RESTIC = HostScript(__package__, "install_restic.sh")
_INSTALLING = 1800.0
"""Seconds."""
_MOST_KEY = 64 * 1024


class HostSetup(Struct, frozen=True, kw_only=True):
    """`steps` in words, () for nothing. `fit`: what brings an engine, None where one answers; `restic`: is it missing?
    `key`: what comes to the key's file, and to the one with credentials beside it."""

    steps: tuple[str, ...]
    fit: HardenPlan | None = None
    restic: bool = False
    key: dict[str, bytes] = {}


async def plan_setup(host: HardenOptions, key_file: str, key: Path | None, *, say: Say) -> HostSetup:
    """Changes nothing. `key`: the file of this machine with the repository's key, None where the host is to have it.
    Raises UsageError, HostError."""
    steps: list[str] = []
    fit = None
    async with site_with_engine(host.endpoint, sudo=host.sudo) as site:
        answers = site is not None
    if not answers:
        fit = (await set_up(host, agree=None, only=(), skip=(), say=say)).plan
        steps.append(f"an engine, as `dockworthy harden --install` brings it: {number_of(len(fit.steps), 'step')}")
    async with shell_on(host.endpoint, sudo=host.sudo) as shell:
        restic = bool((await shell.run("command -v restic")).status)
        if restic:
            steps.append("restic, of its distribution")
        wanted = await _wanted_keys(shell, key_file, key)
        steps += [f"the repository's key, in {path}" for path in wanted]
    return HostSetup(steps=tuple(steps), fit=fit, restic=restic, key=wanted)


async def _wanted_keys(shell: HostShell, key_file: str, key: Path | None) -> dict[str, bytes]:
    """Path on the host -> content, of what is not there. Raises UsageError where it has no key, or another one."""
    there = await shell.file(key_file, most=_MOST_KEY)
    if key is None:
        if there is None:
            raise UsageError(
                f"{shell.name} has no {key_file}, the key of the repository",
                hint="say where it is on this machine: --key FILE (its content is on the page of `backup kit`)",
            )
        return {}
    found: dict[str, bytes] = {}
    for source, target in ((key, key_file), (key.with_name(f"{key.name}.env"), f"{key_file}.env")):
        if not source.is_file():
            if source is key:
                raise UsageError(f"--key {key}: there is no such file")
            continue
        content = source.read_bytes()
        known = await shell.file(target, most=_MOST_KEY)
        if known is None:
            found[target] = content
        elif known.strip() != content.decode(errors="surrogateescape").strip():
            raise UsageError(
                f"{shell.name} has another {target} than {source}",
                hint=f"is it of another repository? Name another file by `backup.key`, or move {target} away",
            )
    return found


async def do_setup(host: HardenOptions, setup: HostSetup, *, say: Say) -> None:
    """Raises HostError where the host does not get what it needs."""
    if setup.fit is not None:
        _must_be_kept(await set_up(host, agree=lambda _: True, only=(), skip=(), say=say), host.endpoint)
    async with shell_on(host.endpoint, sudo=host.sudo) as shell:
        if setup.restic:
            say("restic")
            done = await shell.run(_RESTIC.text, seconds=_INSTALLING)
            if done.status:
                why = "there is no apt" if done.status == 70 else done.words or "no reason given"
                raise HostError(
                    f"{shell.name}: restic can't be installed: {why}",
                    hint="put the program of https://github.com/restic/restic/releases at /usr/local/bin/restic",
                )
        for path, content in setup.key.items():
            say(f"the repository's key: {path}")
            folder = path.rpartition("/")[0]
            await shell.run(f"mkdir -p -- '{folder}'")
            await write_file(shell, path, content if content.endswith(b"\n") else content + b"\n")


async def forget_keys(host: HardenOptions, setup: HostSetup) -> None:
    """Of a restore that failed. Raises HostError."""
    async with shell_on(host.endpoint, sudo=host.sudo) as shell:
        for path in setup.key:
            await shell.run(f"rm -f -- '{path}'")


def _must_be_kept(done: Hardened, endpoint: str) -> None:
    failed: Sequence[str] = [
        stage.why or stage.state.value for stage in done.stages if stage.state is not StageState.KEPT
    ]
    if failed:
        raise HostError(
            f"{endpoint} was not made fit: {failed[0]}",
            hint="`dockworthy harden --journal` tells what was done; nothing was restored",
        )


AgreeSetup = Callable[[Sequence[str]], bool]
