"""The guard's certificate, its key, and the authority that clients must be signed by: read, and tried.

They are replaced while the guard serves: who is connected stays, who comes next sees the new ones.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from ...errors import UnreadableInput, UsageError
from ...input_files import MEBIBYTE, read_input
from ..config_reload import Living

FOLDER = Path("/etc/docker/tls")
"""Where `harden --remote-access` puts an engine's."""
_MADE_BY = "dockworthy guard certificate --server ADDRESS makes the three"


class Papers(Struct, frozen=True, kw_only=True):
    """PEM files, called as dockerd calls them."""

    tlscacert: Path = FOLDER / "ca.pem"
    tlscert: Path = FOLDER / "server-cert.pem"
    tlskey: Path = FOLDER / "server-key.pem"

    @property
    def files(self) -> tuple[Path, ...]:
        return self.tlscacert, self.tlscert, self.tlskey


def context_of(papers: Papers) -> ssl.SSLContext:
    """TLS 1.2 and later, from holders of certificates of that authority only. Raises UsageError for files that can't be
    used, and for a certificate that is not good today."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # as dockerd does: whatever the file holds is trusted
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | ssl.OP_NO_TICKET
    context.num_tickets = 0  # who comes back shows the certificate again, which may have ended meanwhile
    context.set_alpn_protocols(["http/1.1"])
    _load_authority(context, papers.tlscacert)
    _load_own(context, papers)
    if why := _why_not_good(context, papers.tlscert):
        raise UsageError(f"--tlscert {papers.tlscert}: {why}", hint="clients would refuse it: make a new one")
    return context


def _load_authority(context: ssl.SSLContext, file: Path) -> None:
    _look_at("--tlscacert", file)
    with contextlib.suppress(ssl.SSLError):
        context.load_verify_locations(cafile=file)
    if not context.cert_store_stats()["x509"]:
        raise UsageError(
            f"--tlscacert {file} holds no certificate",
            hint="it takes that of the authority which signs clients' certificates, in PEM",
        )


def _look_at(option: str, file: Path) -> None:
    """OpenSSL says neither which file it can't read nor why, and waits where it is a pipe. Raises UsageError."""
    try:
        read_input(file, most=MEBIBYTE)
    except UnreadableInput as error:
        raise UsageError(f"{option} {file}: {error.problem}", hint=_MADE_BY) from None


def _load_own(context: ssl.SSLContext, papers: Papers) -> None:
    for option, file in (("--tlscert", papers.tlscert), ("--tlskey", papers.tlskey)):
        _look_at(option, file)
    try:
        context.load_cert_chain(papers.tlscert, papers.tlskey, password=lambda: "")  # else it asks at the terminal
    except (ssl.SSLError, ValueError) as error:
        reason = getattr(error, "reason", "") or str(error)
        is_other = reason == "KEY_VALUES_MISMATCH"
        raise UsageError(
            f"--tlscert {papers.tlscert} and --tlskey {papers.tlskey} can't be used: {reason.lower()}",
            hint="the key is another certificate's" if is_other else "both in PEM, the key without a passphrase",
        ) from None


def _why_not_good(context: ssl.SSLContext, certificate: Path) -> str:
    """By shaking hands with ourselves, as a client that trusts this very certificate: is it in its time, and for
    servers?"""
    client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_context.check_hostname = False
    client_context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    client_context.load_verify_locations(cafile=certificate)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server)
    server = context.wrap_bio(to_server, to_client, server_side=True)
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    with contextlib.suppress(ssl.SSLWantReadError):
        server.do_handshake()
    try:
        client.do_handshake()
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    return ""


class LivingPapers(Living[ssl.SSLContext | None]):
    """None as long as none can be used: only where there must be a guard all the same (`must` is False), else they
    raise UsageError from the start."""

    def __init__(self, papers: Papers, say: Callable[[str], None], *, must: bool = True) -> None:
        first = not must

        def load() -> tuple[ssl.SSLContext | None, tuple[Path, ...]]:
            nonlocal first
            is_first, first = first, False
            try:
                return context_of(papers), papers.files
            except UsageError as error:
                if not is_first:
                    raise
                say(f"nobody is served by TLS until this is mended: {error.says}")
                return None, papers.files

        super().__init__("certificate", load, say)
