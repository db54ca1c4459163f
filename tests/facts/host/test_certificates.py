"""Certificates of the engine: whom they name, until when they hold; keys stay closed."""

from __future__ import annotations

import binascii
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockworthy.facts.host.certificates import read_certificate
from dockworthy.model.field import Set, Unknown, Unset
from dockworthy.model.host import Certificate

from .host_trees import Tree, debian

PEM = """\
-----BEGIN CERTIFICATE-----
MIICLTCCAdOgAwIBAgIUO5LFj2ymjIKDi1OljEuSzTczTwUwCgYIKoZIzj0EAwIw
PDELMAkGA1UEBhMCREUxEDAOBgNVBAoMB0V4YW1wbGUxGzAZBgNVBAMMEmRvY2tl
ci5leGFtcGxlLmNvbTAgFw0yNjAxMDEwMDAwMDBaGA8yMDU1MDIwMzA0MDUwNlow
PDELMAkGA1UEBhMCREUxEDAOBgNVBAoMB0V4YW1wbGUxGzAZBgNVBAMMEmRvY2tl
ci5leGFtcGxlLmNvbTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABOBihrOYMRVB
S/yfW32OWr3Tiex1clDjWTt+UbHuRbGxHZhAnSwDkGrSFcTq2+05s1dx1yQc3hVC
k2uIcif11bGjgbAwga0wHQYDVR0OBBYEFFBi4AEf7JyFC5GcbwHQI1ZUCrrfMB8G
A1UdIwQYMBaAFFBi4AEf7JyFC5GcbwHQI1ZUCrrfMA8GA1UdEwEB/wQFMAMBAf8w
WgYDVR0RBFMwUYISZG9ja2VyLmV4YW1wbGUuY29thwTAAAIHhxAgAQ24AAAAAAAA
AAAAAAAHgQ9vcHNAZXhhbXBsZS5jb22GEnNwaWZmZTovL2V4YW1wbGUveDAKBggq
hkjOPQQDAgNIADBFAiA3+Au40ZpQ/oOWYuYbzOITTF30e8al+kc2r1aBb1nlcwIh
AL4J1u7xQceEFrhpRS/UAmr8NhZ2sPyCV0i98ZmhzTTd
-----END CERTIFICATE-----
"""
DER = binascii.a2b_base64("".join(PEM.splitlines()[1:-1]))


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    tree = debian(Tree(tmp_path / "root"))
    tree.write("/etc/docker/daemon.json", '{"tls": true, "tlscacert": "/tls/ca.pem", "tlscert": "/tls/cert.pem"}')
    return tree


def certificates(tree: Tree) -> dict[str, Certificate]:
    field = tree.read().certificates
    assert isinstance(field, Set), field
    return {certificate.path: certificate for certificate in field.value}


def test_whom_it_names_and_until_when(tree: Tree) -> None:
    tree.write("/tls/cert.pem", "words before\n" + PEM)
    assert certificates(tree)["/tls/cert.pem"] == Certificate(
        path="/tls/cert.pem",
        subject="C=DE, O=Example, CN=docker.example.com",
        not_after="2055-02-03T04:05:06Z",
        names=("docker.example.com", "192.0.2.7", "2001:db8::7", "ops@example.com", "spiffe://example/x"),
    )


def test_all_of_a_bundle(tree: Tree) -> None:
    tree.write("/tls/ca.pem", PEM + PEM)
    field = tree.read().certificates
    assert isinstance(field, Set)
    assert [c.path for c in field.value].count("/tls/ca.pem") == 2


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "no certificate (PEM) in it"),
        ("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "it is broken"),
        ("-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n", "it is broken"),
    ],
)
def test_one_that_cannot_be_used_says_why_and_hides_no_other(tree: Tree, content: str, problem: str) -> None:
    tree.write("/tls/ca.pem", content)
    tree.write("/tls/cert.pem", PEM)
    found = certificates(tree)
    assert (found["/tls/ca.pem"].problem, found["/tls/ca.pem"].not_after) == (problem, "")
    assert found["/tls/cert.pem"].problem == ""


def test_a_configured_one_that_is_absent(tree: Tree) -> None:
    assert certificates(tree)["/tls/cert.pem"].problem == "no such file or directory"


def test_those_of_registries_and_of_the_swarm(tree: Tree) -> None:
    tree.write("/etc/docker/certs.d/reg:5000/ca.crt", PEM)
    tree.write("/etc/docker/certs.d/reg:5000/client.key", "secret")
    tree.write("/var/lib/docker/swarm/certificates/swarm-node.crt", PEM)
    tree.write("/var/lib/docker/swarm/certificates/swarm-node.key", "secret")
    paths = certificates(tree).keys()
    assert {"/etc/docker/certs.d/reg:5000/ca.crt", "/var/lib/docker/swarm/certificates/swarm-node.crt"} <= paths
    assert not [path for path in paths if path.endswith(".key")]


def test_where_settings_cannot_be_seen_none_is_not_known(tmp_path: Path) -> None:
    tree = debian(Tree(tmp_path / "root"))
    tree.write("/etc/docker/daemon.json", "broken")
    assert isinstance(tree.read().certificates, Unknown)


def test_none_is_a_fact(tmp_path: Path) -> None:
    assert isinstance(debian(Tree(tmp_path / "root")).read().certificates, Unset)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_certificate(data: bytes) -> None:
    with pytest.raises(ValueError):
        read_certificate(data)


@given(st.integers(0, len(DER) - 1), st.integers(0, 255))
def test_a_certificate_with_one_byte_changed(place: int, value: int) -> None:
    try:
        read_certificate(DER[:place] + bytes([value]) + DER[place + 1 :])
    except ValueError:
        pass


@given(st.integers(0, len(DER) - 1))
def test_a_certificate_that_ends_too_early(length: int) -> None:
    with pytest.raises(ValueError):
        read_certificate(DER[:length])
