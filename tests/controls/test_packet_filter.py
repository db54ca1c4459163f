"""Who is meant to reach a port, and who reaches it, from rules as `iptables-save` prints them."""

from __future__ import annotations

import pytest

from dockworthy.controls.packet_filter.intention import Intention, declared, told_by_input
from dockworthy.controls.packet_filter.reach import Doors, in_words
from dockworthy.controls.packet_filter.rule import Packet
from dockworthy.controls.packet_filter.walk import walk
from dockworthy.harden.steps.published_ports.planning import rules_text
from dockworthy.model.host import Firewall
from dockworthy.model.policy import Exposure, Reach
from dockworthy.model.ports import Ports


def firewall(
    *rules: str, policy: str = "DROP", program: str = "iptables-nft-save", more: tuple[str, ...] = ()
) -> Firewall:
    lines = (f"# {program}", "*filter", f":INPUT {policy}", ":DOCKER -", ":DOCKER-USER -", *rules, "COMMIT", *more)
    return Firewall("nft", rules=lines)


def meant(port: int, *rules: str, protocol: str = "tcp", policy: str = "DROP") -> str:
    intention = told_by_input(firewall(*rules, policy=policy), ipv6=False)
    assert isinstance(intention, Intention)
    return in_words(intention.of(port, protocol))


@pytest.mark.parametrize(
    ("rules", "who"),
    [
        (["-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT"], "everybody"),
        (["-A INPUT -p udp -m udp --dport 80 -j ACCEPT"], "nobody"),
        (["-A INPUT -p tcp -m multiport --dports 22,79:81 -j ACCEPT"], "everybody"),
        (["-A INPUT -p tcp -m multiport ! --dports 80 -j ACCEPT"], "nobody"),
        (["-A INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport 80 -j ACCEPT"], "10.0.0.0/8"),
        (["-A INPUT ! -s 10.0.0.0/8 -j DROP", "-A INPUT -j ACCEPT"], "not ! 10.0.0.0/8, then everybody else"),
        (["-A INPUT -i wg0 -j ACCEPT"], "from wg0"),
        (["-A INPUT -i lo -j ACCEPT", "-A INPUT -i docker0 -j ACCEPT"], "nobody"),
        (["-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"], "nobody"),
        (["-A INPUT -m conntrack --ctstate NEW -j ACCEPT"], "everybody"),
        (
            [
                "-A INPUT -p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -m conntrack --ctstate NEW -j DROP",
                "-A INPUT -j ACCEPT",
            ],
            "everybody",
        ),
        (["-A INPUT -j own", "-A own -p tcp -m tcp --dport 22 -j RETURN", "-A own -j ACCEPT"], "everybody"),
        (["-A INPUT -g own", "-A INPUT -j ACCEPT", "-A own -s 10.0.0.0/8 -j ACCEPT"], "10.0.0.0/8"),
        (
            ["-A INPUT -j own", "-A own -s 192.0.2.1/32 -j RETURN", "-A own -j ACCEPT"],
            "not 192.0.2.1/32, then everybody else",
        ),
        (["-A INPUT -m set --match-set office src -j ACCEPT"], "-m set --match-set office src"),
        (['-A INPUT -m comment --comment "-j DROP for all" -j ACCEPT'], "everybody"),
        (['-A INPUT -m limit --limit 3/min -j LOG --log-prefix "-j ACCEPT "'], "nobody"),
        (["-A INPUT -d 224.0.0.251/32 -j ACCEPT"], "nobody"),
        (["-A INPUT -j f2b-all", "-A f2b-all -s 203.0.113.9/32 -j REJECT", "-A INPUT -j ACCEPT"], "everybody"),
        (["-A INPUT -m rt --rt-type 0 -j DROP", "-A INPUT -j ACCEPT"], "everybody"),  # as ufw does over IPv6
        (["-A INPUT -p tcp -m tcp --sport 67 --dport 80 -j ACCEPT"], "nobody"),
        (["-A INPUT -m addrtype --dst-type LOCAL -j ACCEPT"], "everybody"),
        (
            [
                "-A INPUT -p tcp -m tcp --dport 80 -m recent --update --seconds 30 -j DROP",
                "-A INPUT -p tcp -m tcp --dport 80 -j DROP",
            ],
            "nobody",
        ),  # the same, whatever the doubt
    ],
)
def test_what_input_lets_in(rules: list[str], who: str) -> None:
    chains = {rule.split()[1] for rule in rules}
    assert meant(80, *(f":{chain} -" for chain in chains - {"INPUT"}), *rules) == who


@pytest.mark.parametrize(
    "rules",
    [
        ["-A INPUT -p tcp -m tcp --dport 80 -m recent --update --seconds 30 -j DROP", "-A INPUT -j ACCEPT"],
        ["-A INPUT -d 192.0.2.7/32 -p tcp -m tcp --dport 80 -j ACCEPT"],
        ["-A INPUT -p tcp -m tcp --dport 80 -j NFQUEUE --queue-num 0"],
        ["-A INPUT -p tcp -m tcp --sport 1024:65535 --dport 80 -j ACCEPT"],
        ["-A INPUT -p tcp -m quota --quota 5 -j ACCEPT"],
        ["-A INPUT -s 10.0.0.0/8 -j own", ":own -", "-A own -s 10.9.0.0/16 -j ACCEPT"],
        ['-A INPUT -p tcp -m comment --comment "open'],
        ["-A INPUT -j a", ":a -", "-A a -j b", ":b -", "-A b -j a"],
    ],
)
def test_what_can_not_be_told_is_unclear(rules: list[str]) -> None:
    intention = told_by_input(firewall(*rules), ipv6=False)
    assert isinstance(intention, Intention) and intention.of(80, "tcp").unclear


def test_very_many_rules_are_no_crash() -> None:
    rules = [f"-A INPUT -s 10.0.{n // 256}.{n % 256}/32 -j {'ACCEPT' if n % 2 else 'DROP'}" for n in range(3000)]
    assert walk({"INPUT": rules}, "INPUT", Packet("tcp", 80, 80), at_end=False).unclear


def test_other_firewalls_are_not_guessed() -> None:
    own = ("# nft list ruleset", "table inet own {", "chain in {", "type filter hook input priority 0; policy drop;")
    assert "nft's own" in str(told_by_input(firewall(policy="ACCEPT", more=own), ipv6=False))
    bans = (*own[:3], "type filter hook input priority -1; policy accept;", "tcp dport 22 ip saddr @banned reject")
    assert isinstance(told_by_input(firewall(more=bans), ipv6=False), Intention), "bans of some are no intention"
    legacy = ("# iptables-legacy-save", "*filter", ":INPUT DROP")
    assert "two tables" in str(told_by_input(firewall(more=legacy), ipv6=False))
    assert "no ip6tables" in str(told_by_input(firewall(), ipv6=True))


DECLARED: dict[str, Reach] = {
    "443/tcp": Exposure.INTERNET,
    "8000-8010/tcp": Exposure.PRIVATE,
    "8005/tcp": ("10.0.0.0/8", "2001:db8::/32"),
    "53/udp": Exposure.INTERNAL,
    "3868/sctp": Exposure.INTERNET,
}


@pytest.mark.parametrize("ipv6", [False, True])
def test_our_rules_are_read_back_as_what_was_meant(ipv6: bool) -> None:
    """As iptables-save would print them: this is what the control judges after harden."""
    intention = declared(DECLARED, ipv6=ipv6)
    text = rules_text(intention, inside=["docker0", "br-+", "shopbr0"], proxied=[])
    ours = [line for line in text.splitlines() if line.startswith((":", "-A"))]
    asked = ("-A FORWARD -j DOCKER-USER", "-A DOCKER-USER -j DOCKWORTHY", "-A DOCKER-USER -j RETURN", *ours)
    program = "ip6tables-nft-save" if ipv6 else "iptables-nft-save"
    doors = Doors(firewall(":FORWARD DROP", *asked, program=program), DECLARED, {"shopbr0"})
    for port, protocol, who in (
        (443, "tcp", "everybody"),
        (8004, "tcp", "nobody"),
        (8005, "tcp", "2001:db8::/32" if ipv6 else "10.0.0.0/8"),
        (5432, "tcp", "nobody"),
        (3868, "sctp", "everybody"),
        (443, "udp", "nobody"),
    ):
        door = doors.of(port, protocol, 80, ipv6=ipv6)
        assert door is not None and door.as_meant and in_words(door.actual) == who, (port, door)
    other = doors.of(5432, "tcp", 80, ipv6=not ipv6)
    if ipv6:
        assert other is None, "IPv4 was not read"
    else:
        assert other is not None and in_words(other.actual) == "everybody", "without rules IPv6 is open"


def test_a_chain_that_is_asked_too_late_protects_nothing() -> None:
    rules = (":FORWARD ACCEPT", ":DOCKWORTHY -", "-A FORWARD -o docker0 -j DOCKER", "-A FORWARD -j DOCKER-USER",
             "-A DOCKER-USER -j DOCKWORTHY", "-A DOCKWORTHY -j DROP")  # fmt: skip
    door = Doors(firewall(*rules), {}).of(80, "tcp", 80, ipv6=False)
    assert door is not None and in_words(door.actual) == "everybody" and not door.as_meant


def test_people_s_own_rules_beside_ours() -> None:
    ours = (":DOCKWORTHY -", "-A DOCKER-USER -j DOCKWORTHY", "-A DOCKWORTHY -m conntrack --ctorigdstport 443 -j RETURN",
            "-A DOCKWORTHY -j DROP")  # fmt: skip
    banned = "-A DOCKER-USER -s 203.0.113.9/32 -j DROP"
    door = Doors(firewall(banned, *ours), {"443": Exposure.INTERNET}).of(443, "tcp", 80, ipv6=False)
    assert door is not None and door.as_meant
    lets_all_by = "-A DOCKER-USER -j ACCEPT"
    door = Doors(firewall(lets_all_by, *ours), {"443": Exposure.INTERNET}).of(80, "tcp", 80, ipv6=False)
    assert door is not None and not door.as_meant


@pytest.mark.parametrize(
    "name", ["", "http", "443/icmp", "0/tcp", "70000", "90-80/tcp", "-1", "4\u0664/tcp", "1-", "80,81"]
)
def test_what_is_no_port(name: str) -> None:
    with pytest.raises(ValueError, match="is no port"):
        Ports.parse(name)
    assert str(Ports.parse("8000-8010/udp")) == "8000-8010/udp" and str(Ports.parse("443")) == "443/tcp"
