"""The filter tables of `iptables-save` and `ip6tables-save`, each with its chains."""

from __future__ import annotations

from msgspec import Struct

from ...model.host import Firewall


class Ruleset(Struct, frozen=True, kw_only=True):
    """`chains`: name -> its rules (`-A …`), in order; `policies`: base chain -> `ACCEPT` or `DROP`."""

    program: str
    ipv6: bool
    chains: dict[str, list[str]]
    policies: dict[str, str]

    @property
    def filters_input(self) -> bool:
        """Does it say anything at all of packets to the host?"""
        return bool(self.chains.get("INPUT")) or self.policies.get("INPUT") not in (None, "ACCEPT")


def rulesets(firewall: Firewall) -> list[Ruleset]:
    """Of every program that told its rules whole, from the policy of INPUT on."""
    found: dict[str, Ruleset] = {}
    program = table = ""
    for line in firewall.rules:
        if line.startswith("# "):
            program, table = line[2:], ""
        elif line.startswith("*"):
            table = line[1:].strip()
            if table == "filter":
                ipv6 = "ip6" in program or program.endswith(("v6", "6.rules"))
                found[program] = Ruleset(program=program, ipv6=ipv6, chains={}, policies={})
        elif table == "filter" and line.startswith(":"):
            name, policy, *_ = [*line[1:].split(), "-"]
            found[program].chains.setdefault(name, [])
            if policy != "-":
                found[program].policies[name] = policy
        elif table == "filter" and line.startswith("-A "):
            found[program].chains.setdefault(line.split(" ", 2)[1], []).append(line)
    return [each for each in found.values() if "INPUT" in each.policies]
