"""An address of the host is one, however it is written."""

from __future__ import annotations

import pytest

from dockworthy.model.published_ports import every_as_one, published_as_listed


@pytest.mark.parametrize("written", ["", "*", "0.0.0.0", "::", "[::]", "0:0:0:0:0:0:0:0", "::ffff:0.0.0.0"])
def test_every_address(written: str) -> None:
    assert every_as_one(written) == ""


@pytest.mark.parametrize("published", ["192.0.2.7", "::ffff:192.0.2.7", "::ffff:c000:207"])
@pytest.mark.parametrize("asked", ["192.0.2.7", "[::ffff:192.0.2.7]"])
def test_where_a_published_port_answers(published: str, asked: str) -> None:
    container = {"Names": ["/web"], "Ports": [{"IP": published, "PublicPort": 80, "Type": "tcp"}]}
    (found,) = published_as_listed([container], ())
    assert found.who == "container/web"
    assert found.is_at(asked, 80) and found.may_answer_at(asked, 80) and found.may_answer_at("0.0.0.0", 80)
    assert not (found.is_at(asked, 81) or found.may_answer_at(asked, 81) or found.may_answer_at("192.0.2.8", 80))


def test_only_tcp_is_listed() -> None:
    ports = [{"IP": "::", "PublicPort": 53, "Type": "udp"}, {"PrivatePort": 80, "Type": "tcp"}]
    services = [{"Spec": {"Name": "dns"}, "Endpoint": {"Ports": [{"Protocol": "udp", "PublishedPort": 53}]}}]
    assert published_as_listed([{"Names": ["/dns"], "Ports": ports}], services) == ()
