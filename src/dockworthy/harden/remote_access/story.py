"""The story of an engine's opening: look, make certificates, plan, apply, and ask it as a client would."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from ...engine.host_shell import HostShell, shell_on
from ...model.hardening import Hardened, HardenPlan
from ...model.saying import Say
from ..asked_for import carry_out, plan_asked_for
from ..engine_ways import EngineWays, ServiceManager
from ..reading import HardenOptions, judged, read_here, situation_of
from ..runs import hold_lock
from ..situation import Situation
from ..story import Agree
from ..taking_back import recover
from .address import EngineAddress, must_be_free
from .certificates import RENEW_BEFORE, Office, days_left
from .plan import CONTROL, FILES, EngineUnit, steps_of, ways_after


async def open_to(
    asked: HardenOptions, place: EngineAddress, offices: Path, *, agree: Agree | None, say: Say
) -> Hardened:
    """The plan; where `agree` is given and says yes to it, done. `offices` keeps each engine's authority.

    Nothing is to be done where the engine is open there already, and its certificate good for a while. Raises
    UsageError (a conflict with the command line, no openssl), UnreadableInput, HostError.
    """
    async with shell_on(asked.endpoint, sudo=asked.sudo) as shell:
        if agree is not None:
            await hold_lock(shell)
            await recover(shell, say)
        machine = await read_here(asked)
        situation = await situation_of(asked, shell, machine, [], [CONTROL])
        folder = offices / re.sub(r"[^A-Za-z0-9._-]", "_", "this-host" if shell.name == "this host" else shell.name)
        why = await _why(shell, situation, place, folder)
        if not why:
            say(f"nothing to do: the engine is at {place.url}; export DOCKER_HOST={place.url} DOCKER_TLS_VERIFY=1")
            return Hardened(plan=HardenPlan(host=shell.name, steps=()), before=judged(machine, asked))
        await must_be_free(shell, machine.host, place)
        with tempfile.TemporaryDirectory() as apart:  # a plan leaves nothing behind, no authority either
            names = await _names(shell, asked, place)
            papers = Office(folder if agree is not None else Path(apart) / "office").papers(names)
        unit = await _unit(shell, situation.ways)
        files = {path: await shell.file(path) for path in FILES.values()}
        plan = plan_asked_for(shell, situation, steps_of(place, papers, situation, files, unit, why))
        ways = ways_after(situation.ways, unit)
        done = await carry_out(asked, shell, machine, plan, ways, agree=agree, say=say)
        if done.after is not None:
            say(f"clients: export DOCKER_HOST={place.url} DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH={folder}")
        return done


async def _why(shell: HostShell, situation: Situation, place: EngineAddress, folder: Path) -> str:
    """Why something is to be done; `""` where nothing is."""
    settings = situation.settings()
    if place.url not in (settings.get("hosts") or []) or settings.get("tlsverify") is not True:
        return f"you asked for access at {place.url}"
    if any(settings.get(name) != path for name, path in FILES.items()):
        return "the engine has certificates of somebody else"
    days = days_left(await shell.file(FILES["tlscert"]) or "")
    if days <= RENEW_BEFORE:
        return f"the engine's certificate ends in {days} days" if days >= 0 else "the engine has no certificate"
    authority = folder / "ca.pem"
    if not authority.exists() or authority.read_text() != await shell.file(FILES["tlscacert"]):
        return f"the engine's authority is not the one in {folder}"
    client = folder / "cert.pem"
    if not client.exists() or days_left(client.read_text()) <= RENEW_BEFORE:
        return "the clients' certificate is missing, or soon over"
    return ""


async def _names(shell: HostShell, asked: HardenOptions, place: EngineAddress) -> list[str]:
    """What clients may call it: the address, the host's own name, and the name that ssh reaches it by."""
    own = (await shell.run("hostname -f 2>/dev/null || hostname")).output.strip()
    ssh = shell.name if asked.endpoint.startswith("ssh://") else ""
    names = [
        place.address,
        *(name for name in (own, ssh) if re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", name)),
    ]
    return list(dict.fromkeys(names))


async def _unit(shell: HostShell, ways: EngineWays) -> EngineUnit | None:
    """None where systemd does not start the engine."""
    if ways.manager is not ServiceManager.SYSTEMD:
        return None
    path = f"/etc/systemd/system/{ways.unit}.d/50-dockworthy-remote-access.conf"
    shown = (await shell.run(f"systemctl show -p ExecStart --value {ways.unit}")).output
    found = re.search(r"argv\[\]=(.*?) ; ignore_errors", shown)
    return EngineUnit(path, await shell.file(path), found[1] if found else " ".join(ways.argv))
