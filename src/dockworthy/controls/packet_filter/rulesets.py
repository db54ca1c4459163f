"""The filter tables of `iptables-save` and `ip6tables-save`, each with its chains."""

from __future__ import annotations

import re

from msgspec import Struct

from ...model.host import Firewall
from ..machine._firewall_rules import ONE_SOURCE, rules_of


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


_OF_IPTABLES = ("ip filter", "ip6 filter")
_TABLE = re.compile(r"\s*table (\S+ \S+) \{")


def native_input_tables(firewall: Firewall) -> list[str]:
    """Names of tables that were written for nft itself and refuse packets to the host, not only those of some senders."""
    speaking: dict[str, bool] = {}
    table = ""
    for line in firewall.rules:
        opened = _TABLE.match(line)
        table = opened[1] if opened else "" if line.startswith(("*", "# ")) else table
        if table and table not in _OF_IPTABLES and "hook input" in line:
            speaking[table] = speaking.get(table, False) or "policy drop" in line
    for rule in rules_of(firewall):
        if rule.table in speaking and rule.refuses and not ONE_SOURCE.search(rule.text):
            speaking[rule.table] = True
    return [table for table, speaks in speaking.items() if speaks]
