"""The images of the edge and of keepalived, which moves an address between hosts.

The edge's is the official one by digest, or is made on the host of the distribution's package, as keepalived's is."""

from __future__ import annotations

import contextlib
import secrets
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from ...engine.clock import now
from ...engine.docker_command import CommandDone, Docker
from ...engine.faults import NoSuchObject
from ...engine.site import Site
from ...engine.ssh.address import is_ssh
from ...errors import DockworthyError, EngineError, HostError
from ...host_scripts import HostScript
from ...interruption import to_its_end
from .compose_file import USER

_MAKE = HostScript(__package__, "image.sh")
_BUILDING = 600.0
_LOADING = 300.0
_MOST_ARCHIVE = 128 * 1024 * 1024
"""Bytes."""
_ASKED_ONCE = (
    "run", "--rm", "--network", "none", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
    "--memory", "256m", "--memory-swap", "256m", "--cpus", "1", "--pids-limit", "100", "--user", f"{USER}:{USER}",
    "--pull", "never",
)  # fmt: skip
"""A container that is asked something and goes: it may as little as the edge itself, also where a guard looks on."""


_RUNS = ("Entrypoint", "Cmd", "User", "Env", "WorkingDir", "Volumes", "Healthcheck", "OnBuild", "Shell")
"""What of an image's settings says how it runs."""


class EdgeImage(Struct, frozen=True):
    """`wanted`: what dockworthy.yaml asks for ("": made here). `runs`: by what it is run, an id or a digest.

    `has_shell`: bash, for the health check. `has_exporter`: it tells Prometheus. `since`: when it was chosen, RFC 3339.
    """

    wanted: str
    runs: str
    version: str
    has_shell: bool
    has_exporter: bool
    since: str = ""


async def edge_image(
    site: Site, wanted: str, kept: str, environ: Mapping[str, str], *, fresh: bool = False
) -> EdgeImage:
    """The image that is to run; `kept` is what was chosen before, as JSON. `fresh`: packages that are fetched for it
    are the newest that the distribution has. Raises EngineError, HostError."""
    docker = Docker(site.docker_host, environ)
    if kept:
        before = msgspec.json.decode(kept, type=EdgeImage)
        if before.wanted == wanted and await is_there(site, before.runs):
            return before
    runs = await _pulled(site, docker, wanted) if wanted else await _made(site, docker, fresh=fresh)
    told = await _told(docker, "--entrypoint", "haproxy", runs, "-vv")
    if "HAProxy version" not in told:
        raise EngineError(f"the image {wanted or runs} does not run haproxy: {told[-300:].strip()}")
    shell = "well" in await _told(docker, "--entrypoint", "/bin/bash", runs, "-c", "echo well")
    version = told.split("HAProxy version", 1)[1].split()[0]
    return EdgeImage(wanted, runs, version, shell, "prometheus-exporter" in told, now())


async def asked_once(docker: Docker, *arguments: str, timeout: float = 60.0) -> CommandDone:
    """By a container without a network, `arguments` after its options. It goes at once, also where nobody waits for its
    end any more: what docker began goes on in the engine when docker itself is ended. Raises EngineTimeout."""
    name = f"dockworthy-edge-asked-{secrets.token_hex(6)}"
    try:
        return await docker.run(*_ASKED_ONCE, "--name", name, *arguments, timeout=timeout)
    except BaseException:
        with contextlib.suppress(DockworthyError):
            await to_its_end(docker.run("rm", "--force", name))
        raise


async def _told(docker: Docker, *arguments: str) -> str:
    done = await asked_once(docker, *arguments, timeout=_LOADING)
    return done.out.decode(errors="replace") if done.status == 0 else done.said


async def is_there(site: Site, image: str) -> bool:
    """Raises EngineError."""
    try:
        await site.engine.get(f"/images/{quote(image)}/json")
    except NoSuchObject:
        return False
    return True


async def _pulled(site: Site, docker: Docker, wanted: str) -> str:
    if not await is_there(site, wanted):
        done = await docker.run("pull", "--quiet", wanted, timeout=_BUILDING)
        if done.status:
            raise EngineError(
                f"the edge's image {wanted} can't be had: {done.said}",
                hint="without `edge.image` it is made on the host, of the distribution's haproxy",
            )
    return wanted


async def _made(site: Site, docker: Docker, *, fresh: bool) -> str:
    return await made_image(site, docker, "haproxy", "dockworthy-edge", user=USER, stop="SIGUSR1", fresh=fresh)


async def made_image(
    site: Site, docker: Docker, program: str, called: str, *, user: int, stop: str, fresh: bool = False
) -> str:
    """Of the distribution's package `program`; its id. The same package makes the same image. Raises HostError,
    EngineError.

    Whoever may tag images can give its name to another one as soon as it is loaded: so it is known by what it holds."""
    folder = f"{site.state}/edge/building"
    script = _MAKE.with_arguments(
        dw_folder=folder, dw_program=program, dw_image=called, dw_user=user, dw_stop=stop,
        dw_fresh="yes" if fresh else "",
    )  # fmt: skip
    made = await site.shell.run(script, seconds=_BUILDING)
    if made.status:
        raise HostError(
            f"{site.name}: the image of {program} can't be made: {made.words}",
            hint=f"install {program} there (it need not run)"
            + (", or name an official image by digest in `edge.image`" if program == "haproxy" else ""),
        )
    version, layer, settings = made.output.split()
    tag = f"{called}:{version}"
    try:
        await _loaded(site, docker, f"{folder}/image.tar")
        for name in (f"sha256:{settings}", tag):
            found = await _image(site, name)
            if found is not None and _is_made(found, layer, settings, program=program, user=user):
                return str(found["Id"])
    finally:
        await site.shell.run(f"rm -rf -- {shlex.quote(folder)}")
    raise EngineError(
        f"{site.name}: {tag} is not the image of {program} that was just made there: another one has its name now",
        hint="find out who may tag images there; then try again",
    )


async def _image(site: Site, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = await site.engine.get(f"/images/{quote(name)}/json")
    except NoSuchObject:
        return None
    return found


def _is_made(found: Mapping[str, Any], layer: str, settings: str, *, program: str, user: int) -> bool:
    """By the digest of its settings, which is its id; in containerd's store, where the id is another digest, by what
    the settings say."""
    if found["Id"] == f"sha256:{settings}":
        return True
    config = {name: value for name, value in (found.get("Config") or {}).items() if name in _RUNS and value}
    wanted = {"Entrypoint": [f"/usr/sbin/{program}"], "User": f"{user}:{user}", "Env": ["PATH=/usr/sbin:/bin"]}
    return config == wanted and (found.get("RootFS") or {}).get("Layers") == [f"sha256:{layer}"]


async def _loaded(site: Site, docker: Docker, archive: str) -> None:
    if not is_ssh(site.engine.endpoint):
        await docker.must("load", "--quiet", "--input", archive, timeout=_LOADING)
        return
    there = f"docker -H {shlex.quote(f'unix://{site.socket}')} load --quiet --input {shlex.quote(archive)}"
    if (await site.shell.run(there, seconds=_LOADING)).status == 0:
        return
    # No docker command there: the archive comes here, and goes back through the engine.
    sent = await site.shell.file(archive, most=_MOST_ARCHIVE, seconds=_LOADING)
    done = await docker.run("load", "--quiet", input=(sent or "").encode("utf-8", "surrogateescape"), timeout=_LOADING)
    if sent is None or done.status:
        raise EngineError(f"the edge's image can't be given to the engine of {site.name}: {done.said}")
