"""A published port and the host's firewall, in the words of the firewalls that people use."""

from __future__ import annotations

from typing import Any

import pytest
from asked import judgements, outcome, outcomes

CONTROL = "machine/port-behind-firewall"

UFW = """\
# iptables-nft-save
*nat
:PREROUTING ACCEPT
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
COMMIT
*filter
:INPUT DROP
:FORWARD DROP
-A INPUT -j ufw-before-input
-A ufw-before-input -i lo -j ACCEPT
-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
COMMIT"""

FIREWALLD = """\
# nft list ruleset
table inet firewalld {
\tchain filter_INPUT {
\t\ttype filter hook input priority filter + 10; policy accept;
\t\tct state { established, related } accept
\t\tiifname "lo" accept
\t\tjump filter_INPUT_ZONES
\t\treject with icmpx admin-prohibited
\t}
\tchain filter_FORWARD {
\t\ttype filter hook forward priority filter + 10; policy accept;
\t\tct status dnat accept
\t\treject with icmpx admin-prohibited
\t}
\tchain filter_IN_public_allow {
\t\ttcp dport 22 accept
\t\ttcp dport { 443, 8000-8100 } accept
\t}
}"""


def firewall(text: str, **more: Any) -> dict[str, Any]:
    docker_user = [line for line in text.splitlines() if line.startswith("-A DOCKER-USER")]
    seen = {"backend": "nft", "rules": text.splitlines(), "docker_user": docker_user, "input_policy": "drop"}
    return {"host": {"firewall": {**seen, **more}}}


def web(*ports: tuple[str, int], inside: str = "80/tcp", **inspect: Any) -> dict[str, Any]:
    bound = {inside: [{"HostIp": address, "HostPort": str(port)} for address, port in ports]}
    settings = {"NetworkSettings": {"Ports": bound, "Networks": {"shop": {}}}, **inspect}
    networks = [{"Name": "shop", "Driver": "bridge", "IPAM": {"Config": [{"Subnet": "172.17.0.0/16"}]}}]
    return {"engine": {"containers": [{"name": "web", "inspect": settings}], "networks": networks}}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("-A INPUT -p tcp -m tcp --dport 8080 -j ACCEPT", "pass"),
        ("-A ufw-user-input -p tcp -m multiport --dports 80,8000:8100 -j ACCEPT", "pass"),
        ("-A INPUT -j ACCEPT", "pass"),
        ("-A INPUT -p udp -m udp --dport 8080 -j ACCEPT", "fail"),
        ("-A INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport 8080 -j ACCEPT", "fail"),
        ("-A INPUT -i lo -j ACCEPT", "fail"),
        ("-A ufw-user-forward -p tcp -m tcp --dport 8080 -j ACCEPT", "fail"),
        ("-A ufw-user-input -p tcp -m tcp --dport 808 -j ACCEPT", "fail"),
        ("-A ufw-user-input -p tcp -m tcp ! --dport 8080 -j ACCEPT", "fail"),
    ],
)
def test_what_the_hosts_own_firewall_opens(rule: str, expected: str) -> None:
    rules = UFW.replace("-A ufw-user-input", f"{rule}\n-A ufw-user-input", 1)
    assert outcome(CONTROL, web(("0.0.0.0", 8080)), firewall(rules)) == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("-A DOCKER-USER -i eth0 -j DROP", "pass"),
        ("-A DOCKER-USER ! -s 192.0.2.0/24 -i eth0 -j REJECT --reject-with icmp-port-unreachable", "pass"),
        ("-A DOCKER-USER -i eth0 -p tcp -m conntrack --ctorigdstport 8080 -j DROP", "pass"),
        ("-A DOCKER-USER -p tcp -m tcp --dport 80 -j DROP", "pass"),
        ("-A DOCKER-USER -j own\n-A own -i eth0 -j DROP", "pass"),
        ("-A DOCKER-USER -d 172.16.0.0/12 -p tcp -j DROP", "pass"),
        ("-A DOCKER-USER -p tcp -m tcp --dport 5432 -j DROP", "fail"),
        ("-A DOCKER-USER -s 203.0.113.9/32 -j DROP", "fail"),
        ("-A DOCKER-USER -m set --match-set crowdsec src -j DROP", "fail"),
        ("-A DOCKER-USER -m conntrack --ctstate INVALID -j DROP", "fail"),
        ("-A DOCKER-USER -i br-0123 -d 10.0.0.0/8 -j DROP", "fail"),
        ("-A DOCKER-USER -d 169.254.169.254/32 -j DROP", "fail"),
        ("-A DOCKER-USER -j ACCEPT", "fail"),
        ("-A DOCKER-USER -j own\n-A own -j DOCKER-USER", "fail"),
    ],
)
def test_what_limits_the_way_through_the_engines_rules(rule: str, expected: str) -> None:
    assert outcome(CONTROL, web(("0.0.0.0", 8080)), firewall(UFW.replace("COMMIT", f"{rule}\nCOMMIT"))) == expected


@pytest.mark.parametrize(("port", "expected"), [(443, "pass"), (8080, "pass"), (8200, "fail")])
def test_firewalld(port: int, expected: str) -> None:
    front = {"front": "firewalld", "front_active": True, "input_policy": "accept"}
    assert outcome(CONTROL, web(("0.0.0.0", port)), firewall(FIREWALLD, **front)) == expected
    unnamed = {**front, "front_active": False}
    assert outcome(CONTROL, web(("0.0.0.0", port)), firewall(FIREWALLD, **unnamed)) == expected


OWN = """\
table inet mine {
\tchain forward {
\t\ttype filter hook forward priority 0; policy drop;
\t\tRULE
\t}
}"""


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("ct state established accept", "pass"),
        ("ct status dnat accept", "fail"),
        ("tcp dport { 80, 443 } accept", "fail"),
        ("tcp dport 22 accept", "pass"),
    ],
)
def test_a_forward_chain_of_ones_own_stops_it_too(rule: str, expected: str) -> None:
    assert outcome(CONTROL, web(("0.0.0.0", 8080)), firewall(OWN.replace("RULE", rule))) == expected


def test_without_a_firewall_there_is_nothing_to_go_past() -> None:
    assert outcome(CONTROL, web(("0.0.0.0", 8080)), firewall("", input_policy="accept")) == "not_applicable"


def test_both_address_families_are_one_port() -> None:
    (judged,) = judgements(CONTROL, web(("0.0.0.0", 8080), ("::", 8080)), firewall(UFW))
    assert (judged.outcome.value, judged.about) == ("fail", "port/0.0.0.0:8080")


def test_every_port_for_itself() -> None:
    judged = judgements(CONTROL, web(("127.0.0.1", 8080), ("::1", 8081), ("192.0.2.7", 8082)), firewall(UFW))
    assert {j.about: j.outcome.value for j in judged} == {
        "port/127.0.0.1:8080": "pass",
        "port/[::1]:8081": "pass",
        "port/192.0.2.7:8082": "fail",
    }


def test_udp_says_so() -> None:
    (judged,) = judgements(CONTROL, web(("0.0.0.0", 53), inside="53/udp"), firewall(UFW))
    assert judged.about == "port/0.0.0.0:53/udp"


def test_a_stopped_container_publishes_nothing() -> None:
    stopped = web(("0.0.0.0", 8080), State={"Running": False, "Status": "exited"})
    assert outcome(CONTROL, stopped, firewall(UFW)) == "not_applicable"


def test_without_the_engines_rules_a_program_takes_the_connections() -> None:
    off = {"host": {"daemon_json": {"iptables": False}}}
    assert outcome(CONTROL, web(("0.0.0.0", 8080)), firewall(UFW)) == "fail"
    assert outcome(CONTROL, web(("0.0.0.0", 8080)), firewall(UFW), off) == "not_applicable"


def test_no_port_where_containers_are_unseen_is_no_pass() -> None:
    assert outcomes(CONTROL, {"engine": {"containers": {"is": "unknown", "reason": "silent"}}}) == ["unknown"]


NATIVE = "\t\ttcp dport 8080 counter packets 0 bytes 0 dnat to 172.17.0.2:80"


def test_the_very_rule_that_goes_past_the_firewall_is_shown() -> None:
    (past_ufw,) = judgements(CONTROL, web(("0.0.0.0", 8080)), firewall(UFW, front="ufw", front_active=True))
    says = past_ufw.evidence[0].says
    assert "ufw does not open it" in says
    assert "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80" in says
    native = UFW + "\n# nft list ruleset\ntable ip nat {\n\tchain DOCKER {\n" + NATIVE + "\n\t}\n}"
    native = native.replace("--dport 8080 -j DNAT", "--dport 8081 -j DNAT")
    (past_nft,) = judgements(CONTROL, web(("0.0.0.0", 8080)), firewall(native))
    assert NATIVE.strip() in past_nft.evidence[0].says
    (unseen,) = judgements(CONTROL, web(("0.0.0.0", 8090)), firewall(UFW))
    assert "the engine's rules do" in unseen.evidence[0].says
