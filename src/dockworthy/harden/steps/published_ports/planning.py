"""From the ports that are open too wide, or not wide enough, to the step that limits them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files

from ....controls.machine._published import Published, published
from ....controls.packet_filter.bridges import engine_bridges
from ....controls.packet_filter.intention import Intention
from ....controls.packet_filter.reach import Door, Doors, in_words
from ....model.field import Set
from ....model.finding import Finding
from ....model.hardening import Deed, NotDone, Run, Step, WriteFile
from ....model.host import Firewall
from ....model.ports import Ports
from ...situation import Situation, causes_of
from .bridges import inside_interfaces
from .rules import rules_text
from .startup import SCRIPT, comes_back, startup_deeds

RULES = {False: "/etc/dockworthy/published-ports.v4", True: "/etc/dockworthy/published-ports.v6"}
"""Of IPv4 and IPv6."""
STARTUP = "what starts with the host"
INTERFACES = "network interfaces"
_PROGRAM = files(__package__).joinpath("published-ports.sh").read_text()
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
    changed += _file(SCRIPT, _PROGRAM, 0o755, situation)
    yield from changed
    again = Run(
        argv=(SCRIPT, "start"),
        undo=("sh", "-c", _PROGRAM, "published-ports", "settle"),
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


def _doors_of(port: Published, doors: Doors) -> Iterator[Door]:
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
