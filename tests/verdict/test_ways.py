"""Six teams, and the way that a friend would advise each."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import structs

import tight
from dockworthy.model.machine import Machine
from dockworthy.model.policy import Availability, Code, Data, Exposure, Intent, Team
from dockworthy.model.snapshot import Snapshot
from dockworthy.model.way import Fit
from dockworthy.readers.machine import read_machine
from dockworthy.verdict.plans import PLANS
from dockworthy.verdict.ways import WayFacts, ways

SHOP = Intent(Data.PRECIOUS, Code.OWN, Exposure.INTERNET, Availability.ZERO_DOWNTIME, Team(2, True))
PLAYGROUND = Intent(Data.NONE, Code.UNTRUSTED, Exposure.INTERNET, Availability.BEST_EFFORT, Team(1))
BANK = Intent(Data.PRECIOUS, Code.OWN, Exposure.INTERNET, Availability.SURVIVES_HOST_LOSS, Team(4, True))
WIKI = Intent(Data.REBUILDABLE, Code.THIRD_PARTY, Exposure.INTERNAL, Availability.BEST_EFFORT, Team(1, False))
NOBODY = Intent(Data.PRECIOUS, Code.THIRD_PARTY, Exposure.INTERNET, Availability.ZERO_DOWNTIME, Team(0))
LONER = Intent(Data.NONE, Code.OWN, Exposure.INTERNET, Availability.SURVIVES_HOST_LOSS, Team(1, False))


@pytest.mark.parametrize(
    ("intent", "best", "unfit"),
    [
        (SHOP, "one-host", set()),
        (PLAYGROUND, "not-docker", {"one-host", "independent-hosts", "swarm"}),
        (BANK, "swarm", {"one-host"}),
        (WIKI, "one-host", set()),
        (NOBODY, "rented-service", {"one-host", "independent-hosts", "swarm", "not-docker"}),
        (LONER, "rented-service", {"one-host"}),
    ],
)
def test_the_way_of_a_team(intent: Intent, best: str, unfit: set[str]) -> None:
    found = ways(intent, None, PLANS)
    assert len(found) == 6
    assert found[0].id == best and found[0].fit is Fit.FITS
    assert {way.id for way in found if way.fit is Fit.UNFIT} == unfit
    assert all(way.effort and way.leaving for way in found)


def test_every_unfit_way_says_why() -> None:
    for intent in (SHOP, PLAYGROUND, BANK, WIKI, NOBODY, LONER):
        assert all(way.reasons_against for way in ways(intent, None, PLANS) if way.fit is Fit.UNFIT)


def test_a_sandbox_on_the_host_makes_untrusted_code_possible() -> None:
    def machine(runtimes: dict[str, object]) -> Machine:
        snapshot = tight.snapshot()
        snapshot["engine"]["info"] = tight.known({"Runtimes": runtimes})
        return read_machine(msgspec.convert(snapshot, Snapshot, strict=False))

    fit = {way.id: way.fit for way in ways(PLAYGROUND, machine({"runc": {}}), PLANS)}
    assert fit["one-host"] is Fit.UNFIT
    fit = {way.id: way.fit for way in ways(PLAYGROUND, machine({"runc": {}, "runsc": {}}), PLANS)}
    assert fit["one-host"] is Fit.FITS


def test_operators_that_nobody_counted_are_one() -> None:
    uncounted = structs.replace(LONER, team=Team())
    assert {way.id: way.fit for way in ways(uncounted, None, PLANS)}["one-host"] is Fit.UNFIT


def test_what_is_found_here_counts() -> None:
    """Hosts of dockworthy.yaml, services and volumes: the same intent, another answer."""

    def machine(services: int) -> Machine:
        snapshot = tight.with_one_container()
        (container,) = snapshot["engine"]["containers"]["value"]
        several = [msgspec.json.decode(msgspec.json.encode(container)) for _ in range(services)]
        for number, each in enumerate(several):
            each["name"] = each["inspect"]["value"]["Name"] = f"s{number}"
            each["inspect"]["value"]["Config"]["Labels"] = {}
        snapshot["engine"]["containers"] = tight.known(several)
        return read_machine(msgspec.convert(snapshot, Snapshot, strict=False))

    best = ways(BANK, machine(40), PLANS, hosts=3)[0]
    assert best.id == "platform" and "Kubernetes" in best.title
    assert any("Kubernetes" in reason for reason in best.reasons_for)
    assert ways(BANK, machine(4), PLANS, hosts=3)[0].id == "swarm"
    assert WayFacts(BANK, machine(4), 3).seen() == ("3 hosts in dockworthy.yaml", "4 services", "0 volumes")
    shop = {way.id: way for way in ways(SHOP, None, PLANS, hosts=2)}
    assert "dockworthy.yaml names several hosts already" in shop["independent-hosts"].reasons_for


def test_every_way_tells_its_hours_and_what_it_takes_in_money() -> None:
    for way in ways(SHOP, None, PLANS):
        assert "hours" in way.effort and "money: " in way.effort
