"""The guard's own end of TLS: halves that end apart, whoever is turned away, and limits."""

from __future__ import annotations

import asyncio
import gc
import ssl
import subprocess
import weakref
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockworthy.guard.tls.certificates import Papers, context_of
from dockworthy.harden.remote_access.certificates import PemFiles as Made
from effort import examples
from guard.tls_parts import Pair, client_context, papers_for, put

VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return papers_for(tmp_path_factory.mktemp("papers"), "alice")


@pytest.fixture(scope="module")
def alice(papers: Papers) -> Path:
    return papers.tlscert.parent.parent / "alice"


def pair(
    papers: Papers, folder: Path, version: ssl.TLSVersion = VERSIONS[1], sizes: tuple[int, ...] = (65536,)
) -> Pair:
    return Pair(context_of(papers), client_context(folder, version=version), sizes)


@given(
    version=st.sampled_from(VERSIONS),
    sizes=st.lists(st.integers(100, 40_000), min_size=1, max_size=8).map(tuple),
    says=st.lists(st.integers(1, 30_000), max_size=4),
    answers=st.lists(st.integers(1, 30_000), max_size=4),
    pauses=st.booleans(),
    guard_first=st.booleans(),
)
@settings(max_examples=examples(40))
def test_each_half_ends_on_its_own_and_all_that_was_said_arrives(
    papers: Papers, alice: Path, version: ssl.TLSVersion, sizes: tuple[int, ...], says: list[int],
    answers: list[int], pauses: bool, guard_first: bool,
) -> None:  # fmt: skip
    """Whichever half ends first, in whatever pieces the network brings it, also while nobody reads."""

    async def talk() -> None:
        both = pair(papers, alice, version, sizes)
        while both.reader.transport is None:
            await both.carry()
        if pauses:
            both.reader.transport.pause_reading()
        for size in says:
            both.client.write(b"c" * size)
        if guard_first:
            await both.carry()
            both.reader.transport.write_eof()
            await both.carry()
            assert both.heard_all
        both.end()
        await both.carry()
        both.reader.transport.resume_reading()
        await both.carry()
        assert both.reader.heard == b"c" * sum(says)
        assert both.reader.heard_all and not both.wire.closed
        both.guard.data_received(b"behind the end")
        if not guard_first:
            for size in answers:
                both.reader.transport.write(b"g" * size)
            assert both.reader.transport.get_write_buffer_size() >= sum(answers)
            both.reader.transport.close()
            await both.carry()
            assert both.heard == b"g" * sum(answers)
        assert both.heard_all

    asyncio.run(talk())


async def test_a_stream_that_was_cut_off_did_not_end(papers: Papers, alice: Path) -> None:
    """TCP's own end can be anybody's between us: half a script must not pass for a whole one."""
    both = pair(papers, alice)
    await both.carry()
    both.client.write(b"rm -rf /tmp/x")
    await both.carry()
    assert both.guard.eof_received() is False
    assert both.reader.heard and not both.reader.heard_all
    both.guard.connection_lost(None)
    assert both.reader.lost


@given(st.binary(min_size=1, max_size=600), st.booleans())
@settings(max_examples=examples(60))
def test_what_is_no_tls_reaches_no_reader(papers: Papers, alice: Path, noise: bytes, late: bool) -> None:
    """Before the handshake, and after it."""

    async def talk() -> None:
        both = pair(papers, alice)
        if late:
            await both.carry()
        both.guard.data_received(noise)
        both.guard.data_received(noise)
        await asyncio.sleep(0)
        assert not both.reader.heard and not both.reader.heard_all
        assert late == (both.reader.transport is not None)
        both.guard.connection_lost(None)
        assert both.reader.lost == late

    asyncio.run(talk())


async def test_a_connection_that_is_over_leaves_nothing(papers: Papers, alice: Path) -> None:
    """Sessions are large, and a collector that counts objects would let a thousand of them lie."""
    both = pair(papers, alice)
    await both.carry()
    session = weakref.ref(both.reader.transport.get_extra_info("ssl_object"))
    guard, reader = both.guard, both.reader
    gc.disable()
    try:
        guard.connection_lost(None)
        reader.transport = None
        del both, guard
        assert session() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("version", VERSIONS)
async def test_who_shows_no_certificate_or_a_strangers_hears_why(
    papers: Papers, alice: Path, version: ssl.TLSVersion, tmp_path: Path
) -> None:
    stranger = papers_for(tmp_path, "alice").tlscert.parent.parent / "alice"
    (stranger / "ca.pem").write_bytes(papers.tlscacert.read_bytes())
    for client, why in (
        (client_context(alice, version=version, certificate=False), "shows no certificate"),
        (client_context(stranger, version=version), "its certificate is not good"),
    ):
        both = Pair(context_of(papers), client)
        with pytest.raises(ssl.SSLError, match="ALERT"):
            await both.carry()
        assert both.wire.ended and both.reader.transport is None
        [(address, told)] = both.turned_away
        assert address == "192.0.2.9" and why in told


async def test_a_certificate_is_good_for_one_use_and_in_its_time(papers: Papers, alice: Path, tmp_path: Path) -> None:
    office = papers.tlscert.parent.parent / "office"
    over = put(tmp_path / "over", _ended(office, tmp_path))
    server = papers.tlscert.parent
    for folder, why in ((over, "expired"), (server, "purpose")):
        both = pair(papers, folder)
        with pytest.raises(ssl.SSLError, match="ALERT"):
            await both.carry()
        assert why in both.turned_away[0][1]


def _ended(office: Path, folder: Path) -> Made:
    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "k",
            "-out", "r", "-subj", "/CN=alice")  # fmt: skip
    openssl("x509", "-req", "-in", "r", "-CA", str(office / "ca.pem"), "-CAkey",
            str(office / "authority/ca-key.pem"), "-not_before", "20200101000000Z", "-not_after", "20200201000000Z",
            "-out", "c")  # fmt: skip
    return Made((office / "ca.pem").read_text(), (folder / "c").read_text(), (folder / "k").read_text())
