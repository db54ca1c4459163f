"""What stands on a host before an engine is installed, and the plan that brings one: packages, size, disturbance."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ...engine.host_shell import HostShell
from ...errors import HostError, UsageError
from ...host_scripts import HostScript
from ...model.hardening import SETUP, HardenPlan, NotDone, Run, Step

_LOOK = HostScript(__package__, "look.sh")
_SECONDS = 300.0
"""That fetching the package lists may take over a slow line."""


class NewPackage(Struct, frozen=True):
    """`size` is what is downloaded, `installed` what it takes on disk, in bytes."""

    name: str
    version: str
    size: int
    installed: int


class Ground(Struct, frozen=True, kw_only=True):
    """`others`: engines that are not the distribution's, in words. `present`: name -> version of those of our
    packages that are there, `wanted`: of those that apt would bring. `broken`: packages that dpkg was left with."""

    system: str
    has_apt: bool
    others: tuple[str, ...] = ()
    present: dict[str, str] = {}
    works: frozenset[str] = frozenset()
    answers: bool = False
    manager: str = ""
    forwards: bool = False
    left_containers: int = 0
    free: int = 0
    broken: str | None = None
    unfresh: str = ""
    wanted: dict[str, str] = {}
    new: tuple[NewPackage, ...] = ()
    upgrades: tuple[str, ...] = ()
    removes: tuple[str, ...] = ()
    refused: str = ""


async def look(shell: HostShell, *, refresh: bool) -> Ground:
    """Reads the host. `refresh`: bring its package lists up to date, and not only lists of our own.

    Raises HostError where the host is lost or has no room for a temporary file.
    """
    done = await shell.run(_LOOK.with_arguments(refresh="really" if refresh else "apart"), seconds=_SECONDS)
    told: dict[str, list[str]] = {}
    for line in done.output.splitlines():
        key, _, words = line.partition("\t")
        told.setdefault(key, []).append(words.strip())
    if "os" not in told:
        raise HostError(f"{shell.name} could not be looked at: {done.words}", hint="is /tmp full, or read-only?")
    return ground_of(told)


def ground_of(told: dict[str, list[str]]) -> Ground:
    """From the words of look.sh, by key."""

    def first(key: str) -> str:
        return told.get(key, [""])[0]

    def pairs(key: str) -> dict[str, str]:
        return {name: version for name, _, version in (words.partition(" ") for words in told.get(key, []))}

    family = first("os").split()
    return Ground(
        system=first("system"),
        has_apt="apt" in told and bool({"debian", "ubuntu"} & set(family)),
        others=tuple(dict.fromkeys(told.get("other", []))),
        present=pairs("present"),
        works=frozenset(told.get("works", [])),
        answers="answers" in told,
        manager=first("manager"),
        forwards=first("forward") == "1",
        left_containers=_number(first("left")),
        free=_number(first("free")),
        broken=first("broken") if "broken" in told else None,
        unfresh=first("unfresh"),
        wanted=pairs("candidate"),
        new=tuple(
            NewPackage(name, version, _number(size), _number(installed))
            for name, version, size, installed in (words.split() for words in told.get("inst", []))
        ),
        upgrades=tuple(told.get("upgrades", [])),
        removes=tuple(told.get("removes", [])),
        refused=first("refused"),
    )


def _number(text: str) -> int:
    try:
        return int(float(text))
    except ValueError:
        return 0


SOCKET = "/var/run/docker.sock"
_MIB = 1024 * 1024
_SPARE = 1024 * _MIB
"""Bytes on disk that images need at the least, beside the packages."""


def plan_install(ground: Ground, host: str) -> HardenPlan:
    """No step where all is there, or where another engine has the host. Raises UsageError where it can't be done."""
    if ground.others:
        return _left_alone(ground, host)
    if not ground.has_apt:
        raise UsageError(
            f"{host} runs {ground.system}: --install takes the packages of Debian and Ubuntu, with their apt-get",
            hint="install Docker Engine as its distribution says, then run dockworthy harden",
        )
    _must_be_possible(ground, host)
    if not ground.wanted and ground.answers:
        return HardenPlan(host=host, steps=(), not_done=tuple(_not_there(ground)))
    return HardenPlan(host=host, steps=(_step(ground),), not_done=tuple(_not_there(ground)))


def _left_alone(ground: Ground, host: str) -> HardenPlan:
    why = f"another engine is on {host} and is left alone: {'; '.join(ground.others)}"
    if not ground.answers:
        raise UsageError(
            f"{why}; none answers at {SOCKET}",
            hint="start that one, or take it away by hand (save volumes and images first), then run this again",
        )
    left = NotDone(
        id=SETUP,
        why=why,
        instead="`dockworthy harden` makes that one fit where it answers; to change over, save volumes and images, "
        "take it away by hand, then run this again",
    )
    return HardenPlan(host=host, steps=(), not_done=(left,))


def _must_be_possible(ground: Ground, host: str) -> None:
    if ground.broken is not None:
        raise UsageError(
            f"dpkg was interrupted on {host} before, by something else: {ground.broken or 'see dpkg --audit'}",
            hint="dpkg --configure -a && apt-get -f install, over there; then run this again",
        )
    if "docker.io" not in ground.present and "docker.io" not in ground.wanted:
        raise UsageError(
            f"apt knows no package docker.io on {host}" + (f": {ground.unfresh}" if ground.unfresh else ""),
            hint="on Ubuntu it is in the section universe; is the archive reachable from there (apt-get update)?",
        )
    if ground.refused:
        raise UsageError(f"apt would not install {_names(ground)} on {host}: {ground.refused}")
    if ground.removes:
        raise UsageError(
            f"apt would take away {', '.join(ground.removes)} on {host} to install {_names(ground)}",
            hint="nothing is removed for an engine: take them away by hand where they are not needed",
        )
    needs = sum(package.size + package.installed for package in ground.new)
    if ground.free and ground.free < needs + _SPARE:
        raise UsageError(
            f"{host} has {_mib(ground.free)} free on /usr, and the engine needs {_mib(needs)}, and images more",
            hint="make room first",
        )


def _step(ground: Ground) -> Step:
    deeds = [
        Run(
            argv=("install_packages", *(f"{name}={version}" for name, version in ground.wanted.items())),
            undo=("remove_packages",),
            says="the packages could not be installed",
        )
    ]
    start = Run(
        argv=("start_engine_of_packages", SOCKET),
        undo=() if ground.answers else ("stop_engine_of_packages",),
        says="the engine does not start",
    )
    return Step(
        id=SETUP,
        title=f"Install {_what(ground)} from the packages of {ground.system}" if ground.wanted else "Start the engine",
        causes=("no container engine is here" if "docker.io" not in ground.present else _lacking(ground),),
        deeds=(*(deeds if ground.wanted else ()), start),
        disturbs=tuple(_disturbs(ground)),
        undone_by="the same packages removed again, the engine's firewall rules with them; /var/lib/docker stays"
        if ground.wanted
        else "the engine stopped again",
        diff="\n".join(f"+ {package.name} {package.version} ({_mib(package.size)})" for package in ground.new),
    )


def _disturbs(ground: Ground) -> Iterator[str]:
    size, installed = (sum(getattr(package, name) for package in ground.new) for name in ("size", "installed"))
    if ground.new:
        yield f"{len(ground.new)} new packages: {_mib(size)} to fetch, {_mib(installed)} on disk"
    if ground.upgrades:
        yield "newer versions of what is there, which --undo does not take back: " + "; ".join(ground.upgrades)
    if ground.unfresh:
        yield f"the package lists are not fresh: {ground.unfresh}"
    if not ground.answers:
        yield from _of_a_first_start(ground)


def _of_a_first_start(ground: Ground) -> Iterator[str]:
    routes = "this host routes packets now, and what others send through it is dropped from then on"
    yield "the engine sets net.ipv4.ip_forward = 1 and the policy of iptables' chain FORWARD to DROP" + (
        f": {routes}, unless a rule in DOCKER-USER lets it pass" if ground.forwards else ""
    )
    yield "ports that containers publish are open to the network, past rules of ufw or of the chain INPUT"
    yield "there is a group docker from then on, empty: whoever is put into it is root"
    if ground.left_containers:
        yield f"{ground.left_containers} containers of an earlier engine in /var/lib/docker: it may start them again"
    if not ground.manager:
        yield "neither systemd nor init runs here: the engine is started now, and by nobody at the next boot"


def _not_there(ground: Ground) -> Iterator[NotDone]:
    if not (ground.works & {"compose"} or any(name.startswith("docker-compose") for name in _ours(ground))):
        yield NotDone(
            id=SETUP,
            why=f"{ground.system} has no package of Compose 2",
            instead="a later release of it has one; or the plugin from Docker's own archive, in "
            "/usr/local/lib/docker/cli-plugins",
        )
    if not (ground.works & {"buildx"} or "docker-buildx" in _ours(ground)):
        yield NotDone(
            id=SETUP,
            why=f"{ground.system} has no package of Buildx",
            instead="images are built with the engine's own builder, which is deprecated, or elsewhere",
        )


def _ours(ground: Ground) -> tuple[str, ...]:
    return (*ground.present, *ground.wanted)


def _what(ground: Ground) -> str:
    """In the words of people: which of the three are new."""
    words = {"docker.io": "Docker Engine", "docker-compose": "Compose", "docker-buildx": "Buildx"}
    found = [word for name, word in words.items() if any(wanted.startswith(name) for wanted in ground.wanted)]
    return " and ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found or [_names(ground)])


def _lacking(ground: Ground) -> str:
    if not ground.wanted:
        return "the engine is installed and does not answer"
    return f"not there beside the engine: {_names(ground)}"


def _names(ground: Ground) -> str:
    return ", ".join(ground.wanted)


def _mib(size: int) -> str:
    return f"{size / _MIB:.0f} MiB" if size >= _MIB else f"{max(size // 1024, 1)} KiB"
