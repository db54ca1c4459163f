"""An append-only store on another host, prepared for the backups of this one: looked at, planned, made, measured, and
undone where that fails. Taken away again, too."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from msgspec import Struct

from ...engine.endpoint import socket_path
from ...engine.host_shell import HostShell
from ...engine.site import Site, host_alone, reach, write_file
from ...engine.ssh.address import SshAddress, is_ssh
from ...engine.ssh.host import SshHost
from ...errors import DockworthyError, HostError, UsageError
from ...host_scripts import HostScript
from ...model.backup_settings import Keep
from ...model.saying import Say
from ..repository import KEEP_FILE, Repository
from ..repository_place import StorePlace, shown_place
from ..restic_faults import keeper_of
from .keeping import keeper_files, keeper_timer
from .measuring import measure_store

_LOOK = HostScript(__package__, "look_at_target.sh")
_MAKE = HostScript(__package__, "make_store.sh")
_REMOVE = HostScript(__package__, "remove_store.sh")
_ACCESS = HostScript(__package__, "make_access.sh")
_SERVE = HostScript(__package__, "serve_store.sh")

_CONNECTING = 20.0
_LASTS = 3600.0
_INSTALLING = 900.0
"""Seconds."""
_OLDEST_THERE = (0, 14)
"""Of restic where backups are removed: the first that reads what today's writes."""

Agree = Callable[[str, Sequence[str]], bool]
"""Shown a title and the steps: does somebody agree?"""


class TargetAsked(Struct, frozen=True, kw_only=True):
    """`endpoint`: the engine whose host is backed up; `target`: how root comes to the host that is to keep the backups.
    `name`: what the store is called there, "" for this host's name; `reached_at`: where the backed-up host finds the
    target, host and port; `path`: the folder above the store's. `key`: the file with the repository's key; `keep`: what
    stays; `pruned`: the target is given that key, and removes what is old; `replace`: another key of ssh is let in no
    more."""

    endpoint: str
    target: SshAddress
    path: str
    key: str
    keep: Keep
    name: str = ""
    reached_at: tuple[str, int] = ("", 22)
    pruned: bool = True
    replace: bool = False
    sudo: bool = False


class _Look(Struct, frozen=True, kw_only=True):
    """The target as it was found. `let_in`: the line of authorized_keys; `files`: path -> SHA-256."""

    programs: dict[str, str]
    restic: str
    systemd: bool
    cron: bool
    home: str
    content: bool
    repository: bool
    let_in: str
    has_key: bool
    hint: str
    machine: str
    files: dict[str, str]
    host_keys: tuple[str, ...]


class _Ways(Struct, frozen=True):
    """Both hosts, and the store that is to be between them."""

    site: Site
    there: HostShell
    store: StorePlace
    repository: Repository
    name: str
    keeper: str


async def prepare_target(asked: TargetAsked, *, agree: Agree, say: Say) -> StorePlace | None:
    """Makes the store as agreed, and measures that it is append-only; None where nobody agreed. Run again, it does what
    is left to do. Raises UsageError for what can't be, HostError where a host fails: what this run made is then gone.
    """
    async with _both(asked) as ways:
        look = await _look(ways, asked)
        machine = (await ways.site.shell.file("/etc/machine-id") or "").strip()
        _must_fit(ways, look, asked, machine)
        public = await ways.site.shell.file(f"{ways.repository.folder}/ssh_key.pub") or ""
        known = await ways.site.shell.file(f"{ways.repository.folder}/known_hosts") or ""
        steps = _steps(ways, look, asked, public.strip(), known.strip())
        if not steps and await ways.repository.refused_removal():
            say(f"{ways.store.written} is ready: nothing to do")
            return ways.store
        if not agree(f"{ways.there.name} keeps the backups of {ways.name}", [*steps, *_always(ways, asked)]):
            return None
        async with contextlib.AsyncExitStack() as undo:
            await _make(ways, look, asked, undo, say=say)
            undo.pop_all()
        return ways.store


async def remove_target(asked: TargetAsked, *, agree: Agree, say: Say) -> bool:
    """Takes the access away, on both hosts, and what looks after the store; what was saved stays. False where nobody
    agreed. Raises HostError."""
    async with _both(asked) as ways:
        look = await _look(ways, asked)
        here = await ways.site.shell.file(f"{ways.repository.folder}/ssh_key.pub")
        if not look.home and here is None:
            say(f"{ways.store.user} is not known on {ways.there.name}: nothing to do")
            return True
        if look.home and look.home != ways.store.folder:
            raise UsageError(
                f"{ways.there.name}: {ways.store.user} is of something else", hint="name the store with --name"
            )
        steps = [
            f"{ways.there.name}: removes the user {ways.store.user}, {ways.keeper} with the repository's key, and its "
            "timer: nothing is removed from the store any more",
            f"{ways.there.name}: {ways.store.repository} stays, and root there can read it",
            f"{ways.site.name}: removes the key of ssh in {ways.repository.folder}",
        ]
        if not agree(f"{ways.site.name} has no access to {ways.store.folder} any more", steps):
            return False
        await _take_away(ways, data=False, user=True)
        await _forget_access(ways)
        return True


@contextlib.asynccontextmanager
async def _both(asked: TargetAsked) -> AsyncIterator[_Ways]:
    async with (
        _here(asked) as site,
        _hand_there(asked) as there,
    ):
        if (await site.shell.run("id -u")).output.strip() != "0":
            raise UsageError(f"only root can have {site.name} backed up", hint="sudo dockworthy backup target …")
        name = asked.name or store_name((await site.shell.run("uname -n")).output.strip())
        host, port = asked.reached_at
        store = StorePlace(f"backup-{name}", host or asked.target.host, f"{asked.path.rstrip('/')}/{name}", port or 22)
        repository = Repository(site.shell, store.written, asked.key, site.state)
        assert repository.store == store
        yield _Ways(site, there, store, repository, name, keeper_of(store))


def _here(asked: TargetAsked) -> contextlib.AbstractAsyncContextManager[Site]:
    """The host that is backed up; its engine is not asked. Raises UsageError for one that gives no shell."""
    if is_ssh(asked.endpoint):
        return reach(asked.endpoint, command="backup target", sudo=asked.sudo)
    if socket_path(asked.endpoint) is None:
        raise UsageError(
            f"the host of {asked.endpoint} is backed up, and that gives no way to it", hint="use --host ssh://user@host"
        )
    return host_alone(command="backup target")


def store_name(host: str) -> str:
    """Of the store of a host: part of a user's name, so it is short. Raises UsageError where nothing is left of it."""
    plain = re.sub(r"[^a-z0-9-]+", "-", host.lower().partition(".")[0]).strip("-")
    if not plain:
        raise UsageError(f"{host!r} gives no name to a store", hint="say one: --name shop")
    if len(plain) <= 20:
        return plain
    return f"{plain[:13]}-{hashlib.sha256(plain.encode()).hexdigest()[:6]}"


@contextlib.asynccontextmanager
async def _hand_there(asked: TargetAsked) -> AsyncIterator[HostShell]:
    clock = asyncio.get_running_loop().time
    sudo = asked.sudo and asked.target.user not in ("", "root")
    async with SshHost(asked.target, sudo=sudo, ends=clock() + _CONNECTING) as host:
        host.ends = clock() + _LASTS
        shell = HostShell(host.shell, asked.target.host, host, command="backup target")
        if (await shell.run("id -u")).output.strip() != "0":
            raise UsageError(
                f"only root can make a store on {shell.name}", hint=f"ssh://root@{shell.name}, or use --sudo"
            )
        yield shell


# Looking and planning


async def _look(ways: _Ways, asked: TargetAsked) -> _Look:
    paths = [
        f"{ways.store.folder}/.ssh/authorized_keys",
        f"{ways.store.folder}/serve",
        f"{ways.keeper}/settings",
        f"{ways.keeper}/keep",
        *keeper_timer(ways.name, f"{ways.keeper}/keep", by_systemd=True),
        *keeper_timer(ways.name, f"{ways.keeper}/keep", by_systemd=False),
    ]
    script = _LOOK.with_arguments(
        user=ways.store.user, folder=ways.store.folder, keeper=ways.keeper, files="\n".join(paths)
    )
    done = await ways.there.run(script)
    if done.status:
        raise HostError(f"{ways.there.name} can't be looked at: {done.words}")
    said: dict[str, str] = {}
    files: dict[str, str] = {}
    host_keys = []
    for line in done.output.splitlines():
        word, _, value = line.partition(" ")
        if word == "file":
            files[value[66:]] = value[:64]
        elif word == "host_key":
            host_keys.append(value)
        else:
            said[word] = value
    return _Look(
        programs={word.removeprefix("program."): path for word, path in said.items() if word.startswith("program.")},
        restic=said.get("restic", ""),
        systemd="timers" in said,
        cron="cron" in said,
        home=said.get("user", ""),
        content="content" in said,
        repository="repository" in said,
        let_in=said.get("let_in", ""),
        has_key="key" in said,
        hint=said.get("hint", "").strip("'\""),
        machine=said.get("machine", ""),
        files=files,
        host_keys=tuple(host_keys),
    )


def _must_fit(ways: _Ways, look: _Look, asked: TargetAsked, machine: str) -> None:
    """Raises UsageError for what somebody must decide, HostError for what is missing there."""
    host, store = ways.there.name, ways.store
    if look.machine and look.machine == machine:
        raise UsageError(
            f"{host} is {ways.site.name} itself: a store there dies with it", hint="name another host: ssh://root@HOST"
        )
    if look.home and look.home != store.folder:
        raise UsageError(
            f"{host} has a user {store.user} already, whose folder is {look.home}",
            hint="give the store another name: --name NAME",
        )
    if not look.home and look.content and not look.repository:
        raise UsageError(
            f"{host}: {store.folder} is there already, and holds something else",
            hint="give the store another name (--name NAME), or another folder (--path)",
        )
    if not look.host_keys:
        raise HostError(f"{host} tells no host key of its ssh", hint=f"ssh {host} ls /etc/ssh")
    if missing := _packages(look, asked):
        if "apt-get" not in look.programs:
            raise HostError(
                f"{host} has no {' and no '.join(missing)}, and no apt-get",
                hint=f"install {' and '.join(missing)} there",
            )
    elif asked.pruned and _version(look.restic) < _OLDEST_THERE:
        raise HostError(
            f"{host} has {look.restic or 'a restic that tells no version'}, and removing needs 0.14 or newer",
            hint="put the one of https://github.com/restic/restic/releases at /usr/local/bin/restic there, or leave "
            "removing out: --no-prune",
        )
    if absent := [name for name in ("useradd", "flock", "sha256sum") if name not in look.programs]:
        raise HostError(f"{host} has no {absent[0]}", hint="a Debian or Ubuntu has all that is needed")
    if not look.systemd and not look.cron:
        raise HostError(f"{host} has neither systemd nor /etc/cron.d: nothing can run there by itself")


def _version(said: str) -> tuple[int, int]:
    found = re.search(r"restic (\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _packages(look: _Look, asked: TargetAsked) -> tuple[str, ...]:
    wanted = ("rclone", "restic") if asked.pruned else ("rclone",)
    return tuple(name for name in wanted if name not in look.programs)


def _steps(ways: _Ways, look: _Look, asked: TargetAsked, public: str, known: str) -> list[str]:
    """What is not as it is to be; none where nothing is to be done. Raises UsageError where another host is let in."""
    host, store, folder = ways.there.name, ways.store, ways.repository.folder
    steps = []
    if packages := _packages(look, asked):
        steps.append(f"{host}: apt-get install {' '.join(packages)}")
    if not look.home:
        steps.append(f"{host}: makes the user {store.user}, without a password")
    if not look.repository:
        steps.append(f"{host}: makes {store.folder}, root's; below it repository/, to which {store.user} can add")
    line = _let_in(ways, public) if public else ""
    if look.let_in != line or not line:
        if look.let_in and not asked.replace:
            raise UsageError(
                f"{host}: {store.user} lets another key in: {look.let_in[-60:]}",
                hint="is it of another host of that name? Then give this one's store another name: --name NAME. If it "
                "is this one's from before: --replace",
            )
        shown = _let_in(ways, "ssh-ed25519 …")
        steps.append(
            f"{host}: {store.folder}/.ssh/authorized_keys is `{shown}`, so there is no shell and no other port"
        )
    wanted = _files(ways, look, asked, look.hint)
    if changed := [path for path, text in wanted.items() if look.files.get(path) != hashlib.sha256(text).hexdigest()]:
        steps += [f"{host}: writes {path}" for path in changed]
    if asked.pruned and not look.has_key:
        keep = asked.keep
        steps.append(
            f"{host}: each hour root there makes what has arrived its own, and once a day removes what is not of the "
            f"newest {keep.daily} days, {keep.weekly} weeks and {keep.monthly} months; for that it is given the key of "
            "the backups, and can read them (--no-prune: it is not, and removes nothing)"
        )
    if look.has_key and not asked.pruned:
        steps.append(f"{host}: removes the key of the backups: nothing is removed there any more")
    if not public:
        steps.append(f"{ways.site.name}: makes a key of ssh for this alone: {folder}/ssh_key")
    pinned = _known_hosts(store, look.host_keys)
    if known != pinned.strip():
        prints = ", ".join(_fingerprint(key) for key in _host_keys(look.host_keys))
        again = " again" if known else ""
        steps.append(f"{ways.site.name}: pins{again} the host key of {store.host}: {prints}")
    return steps


def _always(ways: _Ways, asked: TargetAsked) -> list[str]:
    return [
        f"{ways.site.name}: makes the repository there, where none is, with the key {asked.key}",
        f"{ways.site.name}: tries to remove, to change, to read other files, to get a shell and other ports: all of it "
        "must be refused",
    ]


def _let_in(ways: _Ways, public: str) -> str:
    return f'restrict,command="sh {ways.store.folder}/serve" {public}'


def _host_keys(keys: Sequence[str]) -> list[str]:
    """Of one kind, where the host has the best."""
    best = [key for key in keys if key.startswith("ssh-ed25519 ")]
    return sorted(set(best or keys))


def _known_hosts(store: StorePlace, keys: Sequence[str]) -> str:
    name = store.host if store.port == 22 else f"[{store.host}]:{store.port}"
    return "\n".join(f"{name} {key}" for key in _host_keys(keys))


def _fingerprint(key: str) -> str:
    try:
        content = base64.b64decode(key.split(" ")[1])
    except (IndexError, ValueError):
        return "of an unknown form"
    return f"SHA256:{base64.b64encode(hashlib.sha256(content).digest()).decode().rstrip('=')}"


def _files(ways: _Ways, look: _Look, asked: TargetAsked, hint: str) -> dict[str, bytes]:
    """Path on the target -> content, of all that is not secret and needs no key that is yet to be made."""
    rclone = look.programs.get("rclone", "/usr/bin/rclone")
    serve = _SERVE.filled({"folder": ways.store.folder, "rclone": rclone})
    kept = keeper_files(ways.store.folder, ways.store.user, asked.keep, hint)
    timer = keeper_timer(ways.name, f"{ways.keeper}/keep", by_systemd=look.systemd)
    return {
        f"{ways.store.folder}/serve": serve.encode(),
        **{f"{ways.keeper}/{name}": content for name, content in kept.items()},
        **{path: text.encode() for path, text in timer.items()},
    }


# Carrying out


async def _make(ways: _Ways, look: _Look, asked: TargetAsked, undo: contextlib.AsyncExitStack, *, say: Say) -> None:
    there, store = ways.there, ways.store
    packages = _packages(look, asked)
    if packages:
        say(f"{there.name}: installs {' and '.join(packages)}")
    if not look.let_in:  # one that was let in before stays so, whatever fails now
        was = look
        _when_it_fails(undo, lambda: _take_away(ways, data=not was.content, user=not was.home), say)
    made = await there.run(
        _MAKE.with_arguments(user=store.user, folder=store.folder, keeper=ways.keeper, packages=" ".join(packages)),
        seconds=_INSTALLING,
    )
    if made.status:
        what = {70: "the packages", 71: f"the user {store.user}"}.get(made.status, store.folder)
        raise HostError(f"{there.name}: {what} can't be made: {made.words}", hint=f"df -h {asked.path} there")
    look = await _look(ways, asked)
    if asked.pruned and _version(look.restic) < _OLDEST_THERE:
        raise HostError(f"{there.name} has {look.restic}: removing needs 0.14 or newer", hint="--no-prune")
    public = await _make_access(ways, look, undo, say)
    for path, text in _files(ways, look, asked, look.hint).items():
        await write_file(there, path, text, mode="0644" if not path.startswith(ways.keeper) else "0600")
    await write_file(there, f"{store.folder}/.ssh/authorized_keys", f"{_let_in(ways, public)}\n".encode(), mode="0644")
    await ways.repository.ready(create=True)
    await _begin_keeping(ways, look, asked)
    say(f"{ways.site.name}: tries what must be refused")
    await measure_store(ways.site.shell, there, ways.repository, store)
    await _seal(ways)
    if not asked.pruned:
        say(f"{there.name} removes nothing: see now and then that there is room: df -h {store.folder}")


async def _make_access(ways: _Ways, look: _Look, undo: contextlib.AsyncExitStack, say: Say) -> str:
    """The public key."""
    script = _ACCESS.with_arguments(
        folder=ways.repository.folder,
        comment=f"dockworthy-{ways.name}",
        known_hosts=_known_hosts(ways.store, look.host_keys),
    )
    done = await ways.site.shell.run(KEEP_FILE.text + script)
    lines = done.output.split("\n")
    if done.status or not lines:
        raise HostError(
            f"{ways.site.name}: {ways.repository.folder}/ssh_key can't be made: {done.words}",
            hint="is openssh-client installed?",
        )
    if lines[0] == "made":
        _when_it_fails(undo, lambda: _forget_access(ways, known=True), say)
        lines = lines[1:]
    return lines[0].strip()


async def _begin_keeping(ways: _Ways, look: _Look, asked: TargetAsked) -> None:
    """What looks after the store there runs from now on."""
    hint = look.hint
    if not hint:
        keys = await ways.there.run(f"ls -tr {ways.store.repository}/keys | head -n 1")
        hint = keys.output.strip()
        settings = keeper_files(ways.store.folder, ways.store.user, asked.keep, hint)["settings"]
        await write_file(ways.there, f"{ways.keeper}/settings", settings)
    if asked.pruned:
        key = await ways.site.shell.file(asked.key)
        if key is None:
            raise HostError(f"{ways.site.name}: {asked.key} is not there", hint="dockworthy backup")
        await write_file(ways.there, f"{ways.keeper}/key", key.encode())
    else:
        await ways.there.run(f"rm -f {ways.keeper}/key")
    if look.systemd:
        [timer] = [path for path in keeper_timer(ways.name, "", by_systemd=True) if path.endswith(".timer")]
        name = timer.rpartition("/")[2]
        done = await ways.there.run(f"systemctl daemon-reload && systemctl enable --quiet --now {name}")
        if done.status:
            raise HostError(
                f"{ways.there.name}: {name} can't be started: {done.words}", hint=f"systemctl status {name}"
            )
    await _seal(ways)


async def _seal(ways: _Ways) -> None:
    done = await ways.there.run(f"sh {ways.keeper}/keep seal", seconds=_INSTALLING)
    if done.status:
        raise HostError(
            f"{ways.there.name}: what has arrived can't be made root's: {done.words}",
            hint=f"there, as root: sh {ways.keeper}/keep seal",
        )


# Undoing


def _when_it_fails(undo: contextlib.AsyncExitStack, step: Callable[[], Awaitable[None]], say: Say) -> None:
    async def carried_out() -> None:
        try:
            await step()
        except DockworthyError as error:
            say(f"this could not be undone: {error.says}")

    undo.push_async_callback(carried_out)


async def _take_away(ways: _Ways, *, data: bool, user: bool) -> None:
    """`data`: the folder goes, too; `user`: the user does."""
    systemd = keeper_timer(ways.name, "", by_systemd=True)
    cron = keeper_timer(ways.name, "", by_systemd=False)
    timers = " ".join(path.rpartition("/")[2] for path in systemd if path.endswith(".timer"))
    found = await ways.there.run("[ -d /run/systemd/system ]")
    script = _REMOVE.with_arguments(
        user=ways.store.user,
        folder=ways.store.folder,
        keeper=ways.keeper,
        timers="" if found.status else timers,
        files="\n".join((*systemd, *cron)),
        data=int(data),
        without_user=int(not user),
    )
    done = await ways.there.run(script, seconds=_INSTALLING)
    if done.status:
        raise HostError(
            f"{ways.there.name}: not all of {ways.store.folder} could be taken away: {done.words}",
            hint=f"what is left there: {ways.store.folder} {ways.keeper}, and the user {ways.store.user}",
        )


async def _forget_access(ways: _Ways, *, known: bool = False) -> None:
    """`known`: this host forgets the repository, too: it is no more."""
    folder = ways.repository.folder
    names = ["ssh_key", "ssh_key.pub", "known_hosts", "append-only", *(("id", "key") if known else ())]
    await ways.site.shell.run("rm -f " + " ".join(f"{folder}/{name}" for name in names))


def told(store: StorePlace) -> str:
    """The line of dockworthy.yaml."""
    return f"backup: {{to: [{shown_place(store.written)}]}}"
