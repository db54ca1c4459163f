"""What is remembered of renewals, in the edge's folder: the last try, what failed, and who does it by itself."""

from __future__ import annotations

import msgspec
from msgspec import Struct, structs

from ...engine.clock import now
from ...engine.site import Site, write_file
from ...engine.who import who_runs


class RenewalFailure(Struct, frozen=True):
    """The last try. `at` in RFC 3339, UTC."""

    at: str
    says: str


class Renewals(Struct, frozen=True):
    """`tried`: when certificates were last looked through, `by` whom. `failed`: host name, or project with certificates
    of the host's authority -> the last try, where that one failed. `by_itself`: who does it without a person."""

    tried: str = ""
    by: str = ""
    failed: dict[str, RenewalFailure] = {}
    by_itself: str = ""


async def renewals(site: Site) -> Renewals:
    """What can't be read counts as nothing: the next try writes it again. Raises HostError."""
    text = await site.shell.file(_file(site))
    try:
        return msgspec.json.decode(text or "{}", type=Renewals)
    except msgspec.MsgspecError:
        return Renewals()


async def remember_tried(site: Site, failed: dict[str, str], well: frozenset[str]) -> None:
    """`failed`: name -> why; `well`: names that have what they need now. Raises HostError."""
    before = await renewals(site)
    kept = {name: failure for name, failure in before.failed.items() if name not in well}
    kept |= {name: RenewalFailure(now(), why) for name, why in failed.items()}
    await _write(site, structs.replace(before, tried=now(), by=who_runs(), failed=kept))


async def forget_failed(site: Site, names: frozenset[str]) -> None:
    """These are nobody's any more. Raises HostError."""
    before = await renewals(site)
    if names & before.failed.keys():
        left = {name: failure for name, failure in before.failed.items() if name not in names}
        await _write(site, structs.replace(before, failed=left))


async def remember_who(site: Site, by_itself: str) -> None:
    """Raises HostError."""
    await _write(site, structs.replace(await renewals(site), by_itself=by_itself))


def _file(site: Site) -> str:
    return f"{site.state}/edge/renewals.json"


async def _write(site: Site, what: Renewals) -> None:
    await write_file(site.shell, _file(site), msgspec.json.encode(what))
