"""Limits published ports that are open to more networks than they should be, or to fewer: by rules of iptables.

The rules are text for `iptables-restore --noflush`, which replaces our chains at once and leaves all others. What
brings them back: before the engine starts, and within a minute where something took them away. Interfaces of the host
that lead to containers are not outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ....controls.machine._published import Published, published
from ....controls.packet_filter.bridges import engine_bridges
from ....controls.packet_filter.intention import Intention
from ....controls.packet_filter.reach import OWN_CHAIN, PROXY_CHAIN, Doors, PublishedDoor, in_words
from ....controls.packet_filter.walk import Branch, FilterPassage
from ....host_scripts import HostScript
from ....model.field import Set
from ....model.finding import Finding
from ....model.hardening import Deed, NotDone, Run, Step, WriteFile
from ....model.host import Firewall
from ....model.machine import Machine
from ....model.ports import PROTOCOLS, Ports
from ...situation import Situation, causes_of

_USUAL = ("docker0", "docker_gwbridge")
_MADE_BY_ENGINE = re.compile(r"br-[0-9a-f]{12}")


def inside_interfaces(machine: Machine, interfaces: Iterable[str]) -> list[str]:
    """Names for rules, `br-+` for all that begin so: networks that are made later are inside, too.

    Where a bridge of the host's own is called like that (`br-lan`), the engine's are named one by one.
    """
    ours = engine_bridges(machine)
    foreign = [name for name in interfaces if name.startswith("br-") and not _MADE_BY_ENGINE.fullmatch(name)]
    if any(name not in ours for name in foreign):
        return sorted({*_USUAL, *ours})
    chosen = {name for name in ours if not _MADE_BY_ENGINE.fullmatch(name)}
    return [*_USUAL, "br-+", *sorted(chosen - set(_USUAL))]


_LEFT = FilterPassage((Branch((), True),))
"""What can't be told stays as it is."""


def rules_text(intention: Intention, *, inside: Sequence[str], proxied: Iterable[Ports]) -> str:
    """For one family of addresses. `inside`: the engine's bridges, `br-+` for all that begin so; `proxied`: published
    ports that a program of the engine takes, so that INPUT is where they can be limited."""
    proxied = list(proxied)
    lines = [
        "# Who may reach which published port from outside. Written by dockworthy harden: run it again for a change.",
        f"# Whose intention this is: {intention.said_by}.",
        "*filter",
        f":{OWN_CHAIN} - [0:0]",
        *([f":{PROXY_CHAIN} - [0:0]"] if proxied else []),
        *(f"-A {OWN_CHAIN} {rule}" for rule in _limits(intention, inside)),
        *(f"-A {PROXY_CHAIN} {rule}" for rule in _proxy_limits(intention, inside, proxied) if proxied),
        "COMMIT",
    ]
    return "\n".join(lines) + "\n"


def _limits(intention: Intention, inside: Sequence[str]) -> Iterator[str]:
    yield "-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN"
    yield "-m conntrack ! --ctstate DNAT -j RETURN"
    yield from (f"-i {name} -j RETURN" for name in inside)
    for ports, passage in intention.ports.items():
        span = str(ports.low) if ports.low == ports.high else f"{ports.low}:{ports.high}"
        yield from _rules(passage, f"-p {ports.protocol} -m conntrack --ctorigdstport {span}")
    others = [intention.others[protocol] for protocol in PROTOCOLS]
    if all(passage == others[0] for passage in others):
        yield from _rules(others[0], "")
        return
    for protocol, passage in zip(PROTOCOLS, others, strict=True):
        yield from _rules(passage, f"-p {protocol}")


def _proxy_limits(intention: Intention, inside: Sequence[str], proxied: Iterable[Ports]) -> Iterator[str]:
    yield "-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN"
    yield from (f"-i {name} -j RETURN" for name in ("lo", *inside))
    for ports in proxied:
        passage = intention.of(ports.low, ports.protocol)
        yield from _rules(passage, f"-p {ports.protocol} -m {ports.protocol} --dport {ports.low}")


def _rules(passage: FilterPassage, of: str) -> Iterator[str]:
    for branch in (_LEFT if passage.unclear else passage).branches:
        words = [*branch.conditions, *([of] if of else []), "-j", "RETURN" if branch.opens else "DROP"]
        yield " ".join(words)


SCRIPT = "/etc/dockworthy/published-ports"
_NAME = "dockworthy-published-ports"
_SERVICE = f"/etc/systemd/system/{_NAME}.service"
_TIMER = f"/etc/systemd/system/{_NAME}.timer"
_INIT_SCRIPT = f"/etc/init.d/{_NAME}"
_CRON = f"/etc/cron.d/{_NAME}"

FILES = (_SERVICE, _TIMER, _INIT_SCRIPT, _CRON)
ASKS = HostScript(__package__, "what_starts.sh")

_HEAD = "# Written by dockworthy harden.\n"
_UNITS = {
    _SERVICE: f"""{_HEAD}[Unit]
Description=Rules for published ports

[Service]
Type=oneshot
ExecStart={SCRIPT} keep
LogLevelMax=notice
""",
    _TIMER: f"""{_HEAD}[Unit]
Description=Rules for published ports stay in force

[Timer]
OnActiveSec=1min
OnUnitActiveSec=1min
AccuracySec=10s
""",
}
_INIT = HostScript(__package__, "init.sh")
_EACH_MINUTE = f"{_HEAD}* * * * * root [ ! -x {SCRIPT} ] || {SCRIPT} keep >/dev/null 2>&1\n"


_WITH_THE_ENGINE = f"""{_HEAD}[Unit]
Wants={_NAME}.timer
After=ufw.service firewalld.service nftables.service netfilter-persistent.service iptables.service

[Service]
ExecStartPre=-{SCRIPT} keep
ExecStartPost=-{SCRIPT} keep
"""
"""Closed before a container starts; and again after the engine put its own rules."""


def drop_in(unit: str) -> str:
    """The file that ties the rules to the engine's unit."""
    return f"/etc/systemd/system/{unit}.d/{_NAME}.conf"


def startup_deeds(answer: str, unit: str, files: Mapping[str, str | None]) -> Iterator[Deed]:
    """`answer`: what ASKS printed; `files`: path -> text now."""
    kinds = answer.split()
    if "systemd" in kinds:
        wanted = {
            **_UNITS,
            drop_in(unit): _WITH_THE_ENGINE,
        }
        for path, text in wanted.items():
            yield from _written(path, text, files)
        yield Run(argv=("systemctl", "daemon-reload"), undo=("systemctl", "daemon-reload"))
        stop = f"[ -e {_TIMER} ] || systemctl stop {_NAME}.timer 2>/dev/null || :"
        yield Run(argv=("systemctl", "start", f"{_NAME}.timer"), undo=("sh", "-c", stop))
        return
    if "init" in kinds:
        init = _INIT.filled({"name": _NAME, "script": SCRIPT})
        yield from _written(_INIT_SCRIPT, init, files, mode=0o755)
        if files.get(_INIT_SCRIPT) is None:
            yield Run(argv=("update-rc.d", _NAME, "defaults"), undo=("update-rc.d", "-f", _NAME, "remove"))
    if "cron" in kinds:
        yield from _written(_CRON, _EACH_MINUTE, files)


def comes_back(answer: str) -> str:
    """What a person must know of the time after a restart of the host; `""` where all is cared for."""
    kinds = answer.split()
    if "systemd" in kinds or {"init", "cron"} <= set(kinds):
        return ""
    if "init" in kinds:
        return f"what reloads all rules of the host takes these, too: call {SCRIPT} start after it (no cron is here)"
    return f"nothing here starts it with the host: call {SCRIPT} start before the engine is started"


def _written(path: str, text: str, files: Mapping[str, str | None], mode: int = 0o644) -> Iterator[WriteFile]:
    if files.get(path) != text:
        yield WriteFile(path=path, before=files.get(path), after=text, mode=mode, owner=(0, 0))


RULES = {False: "/etc/dockworthy/published-ports.v4", True: "/etc/dockworthy/published-ports.v6"}
"""Of IPv4 and IPv6."""
STARTUP = "what starts with the host"
INTERFACES = "network interfaces"
_PROGRAM = HostScript(__package__, "published-ports.sh")
_DECLARE = (
    "say in dockworthy.yaml who may reach which: harden: {published: {443/tcp: internet, 5432/tcp: [10.0.0.0/8]}}"
)


def plan_published_ports(findings: Sequence[Finding], situation: Situation) -> Iterator[Step | NotDone]:
    """One step for all ports: what no rule names is closed, so the ports of containers to come are cared for, too."""
    id = findings[0].control
    seen = situation.machine.host.firewall
    if not isinstance(seen, Set):
        return
    if why := _by_other_rules(situation):
        yield NotDone(id=id, why=why, instead=_DECLARE if "nft" not in why else "limit them in a table of your own")
        return
    doors = Doors(seen.value, situation.machine.published, engine_bridges(situation.machine))
    of_ipv4 = doors.intentions[False]
    if isinstance(of_ipv4, str):
        yield NotDone(id=id, why=f"who is meant to reach them can't be told: {of_ipv4}", instead=_DECLARE)
        return
    ports = [port for port in published(situation.machine) if not port.is_loopback]
    if vague := [str(passage.unclear) for passage in of_ipv4.others.values() if passage.unclear]:
        yield NotDone(id=id, why=f"who is meant to reach a port can't be told: {vague[0]}", instead=_DECLARE)
        return
    yield from _left_alone(id, ports, doors)
    deeds = list(_deeds(doors, ports, situation))
    if deeds:
        yield Step(
            id=id,
            title="Published ports are open to those only who are meant to reach them",
            causes=causes_of(findings),
            deeds=tuple(deeds),
            disturbs=tuple(_disturbs(doors, ports, seen.value, situation)),
            undone_by="the rules are taken out, and the files that brought them back",
        )


def _by_other_rules(situation: Situation) -> str:
    """Why DOCKER-USER is not the place."""
    backend = situation.machine.engine.setting("firewall-backend")
    if isinstance(backend, Set) and backend.value == "nftables":
        return "the engine writes its rules for nft (firewall-backend), and asks no DOCKER-USER there"
    return ""


def _left_alone(id: str, ports: Iterable[Published], doors: Doors) -> Iterator[NotDone]:
    for port in ports:
        for door in _doors_of(port, doors):
            if door.meant.unclear:
                why = f"{port.name}: who is meant to reach port {port.port} can't be told: {door.meant.unclear}"
                yield NotDone(id=id, why=f"{why}; it stays as open as it is", instead=_DECLARE)
                break


def _deeds(doors: Doors, ports: Sequence[Published], situation: Situation) -> Iterator[Deed]:
    inside = inside_interfaces(situation.machine, situation.answers.get(INTERFACES, "").split())
    changed: list[Deed] = []
    known = {path for path, text in situation.files.items() if text is not None}
    for ipv6, path in RULES.items():
        intention = doors.intentions[ipv6]
        # Over IPv4 always: it says that there are rules at all.
        if isinstance(intention, Intention) and not (ipv6 and intention.limits_nothing and path not in known):
            text = rules_text(intention, inside=inside, proxied=_proxied(ports, doors, ipv6=ipv6))
            changed += _file(path, text, 0o644, situation)
    changed += _file(SCRIPT, _PROGRAM.text, 0o755, situation)
    yield from changed
    again = Run(
        argv=(SCRIPT, "start"),
        undo=("sh", "-c", _PROGRAM.text, "published-ports", "settle"),
        says="the rules for published ports could not be loaded",
    )
    yield again
    yield from startup_deeds(situation.answers.get(STARTUP, ""), situation.ways.unit, situation.files)


def _file(path: str, text: str, mode: int, situation: Situation) -> list[Deed]:
    before = situation.files.get(path)
    return [] if before == text else [WriteFile(path=path, before=before, after=text, mode=mode, owner=(0, 0))]


def _proxied(ports: Iterable[Published], doors: Doors, *, ipv6: bool) -> list[Ports]:
    """Published ports that a program of the engine takes; only what dockworthy.yaml says is not INPUT's own already."""
    intention = doors.intentions[ipv6]
    if doors.translates(ipv6=ipv6) or isinstance(intention, str) or intention.said_by != "dockworthy.yaml":
        return []
    found = {Ports(port.protocol, port.port, port.port) for port in ports if ipv6 in port.families}
    return sorted(found, key=lambda each: (each.protocol, each.low))


def _doors_of(port: Published, doors: Doors) -> Iterator[PublishedDoor]:
    for ipv6 in port.families:
        if (door := doors.of(port.port, port.protocol, port.inside, ipv6=ipv6)) is not None:
            yield door


def _disturbs(doors: Doors, ports: Iterable[Published], firewall: Firewall, situation: Situation) -> Iterator[str]:
    for port in ports:
        wrong = [door for door in _doors_of(port, doors) if not door.as_meant and not door.meant.unclear]
        if wrong:
            over = "" if len(wrong) > 1 or not wrong[0].ipv6 else " over IPv6"
            who = in_words(wrong[0].meant)
            yield f"{port.name}, port {port.port}/{port.protocol}: open to {who} outside{over} from then on"
    yield "connections that exist stay until they end; between containers, and from them, nothing changes"
    yield "a port that a container publishes later is closed to the outside where these rules do not name it"
    if any(rule != "-A DOCKER-USER -j DOCKWORTHY" for rule in firewall.docker_user):
        yield "the rules that stand in DOCKER-USER already are asked first"
    if isinstance(why := doors.intentions[True], str):
        yield f"over IPv6 nothing changes: {why}"
    if later := comes_back(situation.answers.get(STARTUP, "")):
        yield later
