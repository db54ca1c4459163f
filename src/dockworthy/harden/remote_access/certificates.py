"""An authority for one engine, and what it signs: the engine's certificate, and the one that clients show.

The authority's key stays with the operator, in dockworthy's state folder; the engine gets nothing that it could sign
with. Made by openssl, which is on every machine that has ssh; secrets go through files of our own, never an argument.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from ...errors import UsageError

DAYS = 397
"""That a certificate is good for, the authority's own aside."""
_AUTHORITY_DAYS = 3650
RENEW_BEFORE = 60
"""Days before its end at which a new one is made."""
_SECONDS = 60
_FOR_CLIENTS = "extendedKeyUsage=clientAuth"
_AUTHORITY_KEY = "authority/ca-key.pem"
"""Apart from what clients need, so that nobody hands it on with that."""


class PemFiles(Struct, frozen=True):
    """What one side needs, as PEM texts: the authority, its own certificate, and the key of that."""

    authority: str
    certificate: str
    key: str


class Office:
    """Makes and keeps what belongs to one engine, in a folder that only its owner may enter.

    `ca.pem`, `cert.pem` and `key.pem` in it are what `docker --tlsverify` wants of DOCKER_CERT_PATH.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def papers(self, names: Sequence[str]) -> PemFiles:
        """A new certificate for the engine at these addresses and names, and one for its clients where it is missing
        or soon over. Raises UsageError where openssl is missing or the folder can't be written."""
        with self._open():
            if not self._good_for("cert.pem", RENEW_BEFORE):
                self._signed("cert.pem", "key.pem", "dockworthy client", _FOR_CLIENTS)
            return self._server(names)

    def server(self, names: Sequence[str]) -> PemFiles:
        """The same without one for clients that all share it."""
        with self._open():
            return self._server(names)

    def client(self, name: str) -> PemFiles:
        """A new certificate for one who is to be known by that name: letters, digits, `.`, `_`, `@` and `-`."""
        with self._open(), tempfile.TemporaryDirectory(dir=self.folder) as made:
            return self._made(made, name, _FOR_CLIENTS)

    def _server(self, names: Sequence[str]) -> PemFiles:
        wanted = ",".join(f"{'IP' if _is_address(name) else 'DNS'}:{name}" for name in names)
        with tempfile.TemporaryDirectory(dir=self.folder) as made:
            return self._made(made, names[0], f"extendedKeyUsage=serverAuth\nsubjectAltName={wanted}")

    def _made(self, folder: str, name: str, use: str) -> PemFiles:
        paths = f"{folder}/cert.pem", f"{folder}/key.pem"
        self._signed(*paths, name, use)
        certificate, key = (Path(path).read_text() for path in paths)
        return PemFiles((self.folder / "ca.pem").read_text(), certificate, key)

    @contextlib.contextmanager
    def _open(self) -> Iterator[None]:
        if shutil.which("openssl") is None:
            raise UsageError("openssl is not installed here: it makes the certificates", hint="apt-get install openssl")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.chmod(0o700)
            (self.folder / _AUTHORITY_KEY).parent.mkdir(mode=0o700, exist_ok=True)
            if not self._good_for("ca.pem", 2 * DAYS) or not (self.folder / _AUTHORITY_KEY).exists():
                self._authority()
            yield
        except OSError as error:
            raise UsageError(f"certificates can't be kept in {self.folder}: {error.strerror or error}") from None

    def _authority(self) -> None:
        for name in ("cert.pem", "key.pem"):  # signed by the one before: nobody would believe it
            (self.folder / name).unlink(missing_ok=True)
        self._key(_AUTHORITY_KEY)
        text = (
            "[req]\ndistinguished_name=dn\nx509_extensions=ca\nprompt=no\n[dn]\nCN=dockworthy authority of one engine\n"
        )
        text += "[ca]\nbasicConstraints=critical,CA:true,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n"
        text += "subjectKeyIdentifier=hash\n"
        self._openssl(
            ["req", "-x509", "-new", "-sha256", "-days", str(_AUTHORITY_DAYS), "-key", _AUTHORITY_KEY], "ca.pem", text
        )

    def _signed(self, certificate: str, key: str, name: str, use: str) -> None:
        """Key, request and signature; `use` are lines of the certificate's extensions."""
        self._key(key)
        request = f"{key}.csr"
        text = f"[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nCN={name}\n[ext]\nbasicConstraints=critical,CA:false\n"
        text += f"keyUsage=critical,digitalSignature\n{use}\n"
        text += "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
        self._openssl(["req", "-new", "-sha256", "-key", key], request, text)
        sign = [
            "x509",
            "-req",
            "-sha256",
            "-days",
            str(DAYS),
            "-in",
            request,
            "-CA",
            "ca.pem",
            "-CAkey",
            _AUTHORITY_KEY,
        ]
        serial = f"0x{os.urandom(16).hex()}"
        self._openssl([*sign, "-set_serial", serial, "-extensions", "ext"], certificate, text, config="-extfile")
        (self.folder / request).unlink(missing_ok=True)

    def _key(self, name: str) -> None:
        self._openssl(["ecparam", "-name", "prime256v1", "-genkey", "-noout"], name)

    def _openssl(self, arguments: list[str], out: str, text: str = "", *, config: str = "-config") -> None:
        """Writes `out` whole or not at all, for its owner alone."""
        half = self.folder / f"{out}.half"
        with tempfile.NamedTemporaryFile("w", dir=self.folder, suffix=".cnf") as settings:
            settings.write(text)
            settings.flush()
            told = [config, settings.name] if text else []
            done = subprocess.run(
                ["openssl", *arguments, *told, "-out", str(half)],
                cwd=self.folder, capture_output=True, text=True, timeout=_SECONDS, umask=0o077,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        if done.returncode:
            half.unlink(missing_ok=True)
            raise UsageError(f"openssl {arguments[0]} failed: {(done.stderr.strip().splitlines() or ['?'])[0]}")
        half.replace(self.folder / out)

    def _good_for(self, name: str, days: int) -> bool:
        file = self.folder / name
        return file.exists() and days_left(file.read_text()) > days


def days_left(certificate: str) -> int:
    """Until it ends; -1 where it can't be read."""
    done = subprocess.run(
        ["openssl", "x509", "-noout", "-enddate"],
        input=certificate, capture_output=True, text=True, timeout=_SECONDS, env={**os.environ, "LC_ALL": "C"},
    )  # fmt: skip
    found = re.search(r"notAfter=(.*) GMT", done.stdout)
    if done.returncode or found is None:
        return -1
    end = datetime.datetime.strptime(found[1], "%b %d %H:%M:%S %Y").replace(tzinfo=datetime.UTC)
    return (end - datetime.datetime.now(datetime.UTC)).days


def _is_address(name: str) -> bool:
    return ":" in name or name.replace(".", "").isdigit()
