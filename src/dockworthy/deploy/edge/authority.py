"""The host's own authority: `authority.sh` is run where there is an openssl, on the host or else here."""

from __future__ import annotations

import shlex
import tempfile
from importlib.resources import files
from pathlib import Path

from msgspec import Struct

from ...engine.hand import Done, Hand, hand_here
from ..site import Site, write_file

NO_OPENSSL = 44
TO_BE_MADE = 45


class Request(Struct, frozen=True):
    """`names` in openssl's words (`DNS:a,IP:b`). `look`: nothing is made."""

    project: str
    names: str
    look: bool

    @property
    def files(self) -> tuple[str, ...]:
        """In the order in which they count: a certificate without its key is worth nothing."""
        mine = f"internal/{self.project}"
        return "authority/key.pem", "authority/ca.pem", f"{mine}.pem", f"{mine}.names"


async def asked(hand: Hand, folder: str, request: Request) -> Done:
    """Its output is chain and key; its status NO_OPENSSL or TO_BE_MADE where that is so. Raises HostError."""
    given = {
        "dw_folder": folder,
        "dw_project": request.project,
        "dw_names": request.names,
        "dw_look": "yes" if request.look else "",
    }
    script = "".join(f"{name}={shlex.quote(value)}\n" for name, value in given.items())
    script += files(__package__).joinpath("authority.sh").read_text()
    # In a shell of its own, whose output is in no file: it holds a key.
    shell = f"sh -c {shlex.quote(script)} 2>&1 </dev/null 9>&-"
    return await hand.within(f'why=$({shell}); r done "$?" "$why"')


async def asked_here(site: Site, request: Request) -> Done:
    """For a host without openssl: what it keeps comes into a folder of ours that soon goes, and what is new goes there.

    Raises HostError.
    """
    kept = f"{site.state}/edge"
    with tempfile.TemporaryDirectory(prefix="dockworthy-") as folder:  # mode 0700
        before = {name: await site.hand.file(f"{kept}/{name}") for name in request.files}
        for name, text in before.items():
            if text is not None:
                path = Path(folder, name)
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
        async with hand_here(command="deploy") as hand:
            done = await asked(hand, folder, request)
        if done.status == 0 and not request.look:
            for name in request.files:
                text = Path(folder, name).read_text()
                if text != before[name]:
                    mode = "0644" if name == "authority/ca.pem" else "0600"
                    await write_file(site.hand, f"{kept}/{name}", text.encode(), mode=mode)
        return done
