"""Certificates of an ACME authority: pebble, which asks the edge as Let's Encrypt would."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from deploy.edge.conftest import EdgeHere
from deploy.edge.pebble import Authority, needs_pebble, pebble_at, shown_by, wanted_of
from dockworthy.errors import HostError
from dockworthy.model.deploy_settings import Acme

pytestmark = needs_pebble


@pytest.fixture
def authority(here: EdgeHere, tmp_path: Path) -> Iterator[Authority]:
    with pebble_at(here, tmp_path) as pebble:
        yield pebble


def test_certificates_come_from_the_authority_and_a_refusal_takes_nothing_away(
    here: EdgeHere, authority: Authority
) -> None:
    here.do(lambda edge, _: edge.ensure(wanted_of(here, authority, "one.example.com")))
    first = shown_by(here, "one.example.com")
    assert authority.trusts(first)
    wrong = msgspec.structs.replace(wanted_of(here, authority, "one.example.com", "two.example.com"), acme_ca="")
    wrong = msgspec.structs.replace(
        wrong, edge=msgspec.structs.replace(wrong.edge, acme=Acme(directory=f"https://localhost:{authority.port}/no"))
    )
    with pytest.raises(HostError, match=r"two\.example\.com"):
        here.do(lambda edge, _: edge.ensure(wrong))
    assert shown_by(here, "one.example.com") == first
    here.do(lambda edge, _: edge.ensure(wanted_of(here, authority, "one.example.com", "two.example.com")))
    assert authority.trusts(shown_by(here, "two.example.com"))
    assert shown_by(here, "one.example.com") == first, "what is good is not asked for again"
    here.do(lambda edge, _: edge.remove("acme"))
