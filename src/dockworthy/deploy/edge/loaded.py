"""The certificates that the running HAProxy has loaded, as it tells them. Pure but for the asking."""

from __future__ import annotations

from msgspec import Struct

from ...errors import HostError
from .admin import Admin
from .lifetime import Lifetime, lifetime


class Loaded(Struct, frozen=True):
    """`file`: its name without folder and end, which says whose it is."""

    file: str
    names: tuple[str, ...]
    lifetime: Lifetime


async def loaded(admin: Admin) -> tuple[Loaded, ...]:
    """Raises HostError where the edge does not answer, or does not tell."""
    listed = (await admin.ask("show ssl cert")).strip().splitlines()
    if not listed:  # an edge without TLS has none to list
        return ()
    if not listed[0].startswith("# filename"):
        raise HostError(f"the running edge does not tell its certificates (it answered: {listed[0].strip()[:120]})")
    files = [line.strip() for line in listed if line.strip().endswith(".pem") and not line.startswith("#")]
    if not files:
        return ()
    return loaded_in(await admin.ask(";".join(f"show ssl cert {file}" for file in files)))


def loaded_in(answer: str) -> tuple[Loaded, ...]:
    """From answers to `show ssl cert FILE`: https://docs.haproxy.org/3.0/management.html. What is not whole is left
    out."""
    found = []
    for part in answer.split("Filename: ")[1:]:
        file, *lines = part.splitlines()
        told = {key: value for key, colon, value in (line.partition(": ") for line in lines) if colon}
        names = [name.strip() for name in told.get("Subject Alternative Name", "").split(",")]
        try:
            life = lifetime(told["notBefore"], told["notAfter"])
        except (KeyError, ValueError):
            continue
        name = file.rpartition("/")[2].removesuffix(".pem")
        found.append(Loaded(name, tuple(each.partition(":")[2] for each in names if ":" in each), life))
    return tuple(found)
