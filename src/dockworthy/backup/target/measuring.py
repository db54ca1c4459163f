"""Whether a store is append-only is not read anywhere: it is tried, from the host whose backups it keeps, as root, by
every way that leads there."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import AsyncIterator, Iterator, Sequence

from ...engine.host_shell import HostShell, ScriptDone, archive_in
from ...errors import HostError
from ...host_scripts import HostScript
from ..repository import Repository
from ..repository_place import StorePlace, ssh_to
from ..runs import PROBE_PART
from .raw_requests import RawRequest, answers, http2

_WATCH = HostScript(__package__, "watch_files.sh")
_WAITS = (3, 10, 30)
"""Seconds for which an answer to all requests is waited for, and again where some did not come."""
_SFTP_HELLO = b"\0\0\0\5\1\0\0\0\3"


class NotAppendOnly(HostError):
    """The store lets this host do what it must not be able to."""


async def measure_store(here: HostShell, there: HostShell, repository: Repository, store: StorePlace) -> None:
    """Adds a snapshot and reads it; then tries to remove and to change what is there, to get at other files, to a shell
    and to other ports. `there`: root's shell on the host that keeps the store, where is seen what became of it. Raises
    NotAppendOnly, HostError."""
    content = secrets.token_hex(16).encode()
    probe = await repository.save_bytes(PROBE_PART, content, tags={"part": PROBE_PART})
    if await repository.read_bytes(probe.id, PROBE_PART) != content:
        raise NotAppendOnly(f"{repository.shown}: what was saved is not what is read", hint="see its disk: dmesg")
    token = secrets.token_hex(8)
    names = dict(line.split(" ", 1) for line in (await _watch(there, store, token, "begin")).output.splitlines())
    gone = [*await _by_requests(here, repository, store, token, names)]
    gone += [each async for each in _by_ssh(here, repository, store, token)]
    if not await repository.refuses_removal(probe.id):
        gone.append("restic can remove a snapshot")
    changed = (await _watch(there, store, token, "end")).output.splitlines()
    gone += [f"{each} could be removed, changed or made" for each in changed]
    if gone:
        raise NotAppendOnly(
            f"{store.host}: {'; '.join(gone)}",
            hint=f"see what else lets {store.user} in there (sshd -T -C user={store.user}), and `rclone version`: it "
            "must be 1.53 or newer",
        )


async def _watch(there: HostShell, store: StorePlace, token: str, step: str) -> ScriptDone:
    script = _WATCH.with_arguments(folder=store.folder, list=f"/tmp/dockworthy-{token}", token=token, step=step)
    done = await there.run(script, seconds=600.0)
    if done.status:
        raise HostError(f"{there.name}: the files of {store.folder} can't be looked at: {done.words}")
    return done


def forbidden_requests(token: str, names: dict[str, str]) -> Iterator[RawRequest]:
    """What nobody may do who can add. `names`: kind of a file -> the name of one that is there. `token`: the name of a
    file beside the repository, and part of those that are to be made."""
    pack = names.get("data", "")
    files = ["config", *(f"{kind}/{name}" for kind, name in names.items()), f"data/{pack[:2]}/{pack}"]
    for file in files:
        for path in (f"/{file}", f"//{file}", f"/locks/../{file}", f"/locks/..%2f{file}", f"/locks/%2e%2e/{file}"):
            yield RawRequest("DELETE", path)
            yield RawRequest("POST", path, b"x")
        yield RawRequest("PUT", f"/{file}", b"x")
        yield RawRequest("MOVE", f"/{file}")
    for folder in ("data/", "snapshots/", "keys/", "locks/", ""):
        yield RawRequest("DELETE", f"/{folder}")
    yield RawRequest("POST", "/?create=true")
    for up in ("/../", "/%2e%2e/", "/..%2f", "/data/../../", "/locks/../../"):
        yield RawRequest("GET", f"{up}{token}")
        yield RawRequest("POST", f"{up}made-{token}", b"x")
        yield RawRequest("DELETE", f"{up}locks/{token}")
    for root in ("/../../../../../..", "/%2e%2e" * 6, ""):
        yield RawRequest("GET", f"{root}/etc/passwd")
        yield RawRequest("POST", f"{root}/tmp/made-{token}", b"x")


async def _by_requests(
    here: HostShell, repository: Repository, store: StorePlace, token: str, names: dict[str, str]
) -> Sequence[str]:
    """What an answer tells that it must not; what the requests did is seen on the other host."""
    requests = [*forbidden_requests(token, names)]
    given = http2(requests)
    other = "rclone serve restic --stdio /"
    command = shlex.join((*ssh_to(store, repository.folder), other))
    found: dict[int, bytes] = {}
    for wait in _WAITS:
        done = await here.run(f"{{ cat; sleep {wait}; }} | timeout 60 {command}", given=given, seconds=90.0)
        found = answers(archive_in(done))
        if len(found) == len(requests):
            break
    else:
        raise HostError(
            f"{store.host} answered {len(found)} of {len(requests)} requests that it must refuse: {done.words}",
            hint="dockworthy backup target … again; where it stays so: see sshd's log there",
        )
    read = any(token.encode() in body or b"root:" in body for body in found.values())
    return ("other files than the repository's can be read",) if read else ()


async def _by_ssh(here: HostShell, repository: Repository, store: StorePlace, token: str) -> AsyncIterator[str]:
    ssh = ssh_to(store, repository.folder)
    *options, target = ssh
    said = f"echo {token}-$((6 * 7))"

    async def out(*words: str, given: bytes = b"") -> ScriptDone:
        return await here.run(f"timeout 20 {shlex.join(words)}", given=given, seconds=60.0)

    for words in ((*ssh, said), (*options, "-tt", target, said), (*options, "-tt", target)):
        if f"{token}-42" in (await out(*words, given=f"{said}\nexit\n".encode())).output:
            yield "a shell can be had there"
            break
    if archive_in(await out(*options, "-s", target, "sftp", given=_SFTP_HELLO))[4:5] == b"\2":
        yield "sftp is let in"
    if "SSH-2.0" in (await out(*options, "-W", f"127.0.0.1:{store.port}", target)).output:
        yield "other ports can be reached through it"
    back = await out(*options, "-N", "-oExitOnForwardFailure=yes", "-R", "0:127.0.0.1:1", target)
    if back.status != 255:
        yield "ports of this host can be offered there"
