"""The step that opens the engine's API on one address, with certificates only; what stands in its way is said first."""

from __future__ import annotations

import shlex

from msgspec import Struct

from ...errors import UsageError
from ...model.hardening import Deed, Effect, Run, SetSettings, Step, WriteFile
from ..engine_ways import EngineWays, ServiceManager
from ..situation import Situation
from .address import EngineAddress, hosts_of, without_hosts
from .certificates import DAYS, RENEW_BEFORE, PemFiles

CONTROL = "engine/api-tls"
CERTIFICATES = "setup/certificates"
FOLDER = "/etc/docker/tls"
FILES = {"tlscacert": f"{FOLDER}/ca.pem", "tlscert": f"{FOLDER}/server-cert.pem", "tlskey": f"{FOLDER}/server-key.pem"}
_DROP_IN = """\
# Written by dockworthy harden: the addresses stand in daemon.json, and must not stand here as well.
[Service]
ExecStart=
ExecStart={command}
"""


class EngineUnit(Struct, frozen=True):
    """systemd's unit of the engine: the drop-in that we write, as it is now, and the command line in force."""

    path: str
    before: str | None
    command: str


def steps_of(
    place: EngineAddress,
    papers: PemFiles,
    situation: Situation,
    files: dict[str, str | None],
    unit: EngineUnit | None,
    why: str,
) -> tuple[Step, Step]:
    """The certificates first, for the engine checks new settings with them. `files`: the text of FILES' paths now,
    `why`: what causes it, in words. Raises UsageError for a conflict."""
    flags = hosts_of(situation.ways.argv)
    hosts = [*_written_hosts(situation)] or flags or ["unix:///var/run/docker.sock"]
    _no_conflict(situation, unit, flags)
    texts = dict(zip(FILES.values(), (papers.authority, papers.certificate, papers.key), strict=True))
    certificates = Step(
        id=CERTIFICATES,
        title=f"Certificates for the engine in {FOLDER}",
        causes=(why,),
        deeds=tuple(_file(path, text, files.get(path)) for path, text in texts.items()),
        disturbs=(f"they end after {DAYS} days: the same command makes new ones from {RENEW_BEFORE} days before",),
        undone_by="the files as they were",
    )
    settings = {"hosts": list(dict.fromkeys([*hosts, place.url])), "tls": None, "tlsverify": True, **FILES}
    opened = Step(
        id=CONTROL,
        title=f"Offer the engine at {place.url} to those who hold a certificate",
        causes=(why,),
        deeds=(SetSettings(values=settings), *(_drop_in(unit) if unit is not None and flags else ())),
        effect=Effect.RESTART,
        disturbs=(
            "whoever holds the clients' key.pem is root on this host: keep it as you keep a key of root's",
            "the port must be open to its clients, and to nobody else",
        ),
        undone_by="the old daemon.json and command line, and the engine restarted",
    )
    return certificates, opened


def _drop_in(unit: EngineUnit) -> tuple[Deed, ...]:
    reload = ("systemctl", "daemon-reload")
    text = _DROP_IN.format(command=without_hosts(unit.command))
    return (
        WriteFile(path=unit.path, before=unit.before, after=text, mode=0o644, owner=(0, 0)),
        Run(argv=reload, undo=reload, says="systemd does not read its units again"),
    )


def ways_after(ways: EngineWays, unit: EngineUnit | None) -> EngineWays:
    """As the engine is started when the step is done: for its own check of the new settings."""
    if unit is None:
        return ways
    argv = shlex.split(without_hosts(shlex.join(ways.argv)))
    return EngineWays(
        manager=ways.manager,
        pid_file=ways.pid_file,
        socket=ways.socket,
        unit=ways.unit,
        config_file=ways.config_file,
        argv=tuple(argv),
    )


def _written_hosts(situation: Situation) -> list[str]:
    hosts = situation.settings().get("hosts")
    return [host for host in hosts if isinstance(host, str)] if isinstance(hosts, list) else []


def _no_conflict(situation: Situation, unit: EngineUnit | None, flags: list[str]) -> None:
    argv = situation.ways.argv
    tls = next((word for word in argv if word.startswith("--tls")), "")
    if tls:
        raise UsageError(
            f"{tls} stands on the engine's command line, and the engine refuses it in daemon.json as well",
            hint=f"take it out (systemctl edit {situation.ways.unit}), then run this again",
        )
    left = flags if unit is None else [host for host in flags if host not in hosts_of(shlex.split(unit.command))]
    if left:
        where = "/etc/default/docker" if situation.ways.manager is not ServiceManager.NOBODY else "whoever starts it"
        raise UsageError(
            f"-H {left[0]} stands on the engine's command line, and the engine refuses addresses in both places",
            hint=f"take it out ({where}), then run this again",
        )


def _file(path: str, text: str, before: str | None) -> WriteFile:
    secret = path == FILES["tlskey"]
    return WriteFile(path=path, before=before, after=text, mode=0o600 if secret else 0o644, owner=(0, 0), secret=True)
