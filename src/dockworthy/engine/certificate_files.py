"""Certificates and keys in a folder of their owner's, called as the docker command line wants them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ..errors import OutputError, UsageError

NAMES = ("ca.pem", "cert.pem", "key.pem")


def write_certificates(folder: Path, texts: Mapping[str, bytes]) -> None:
    """File name -> PEM text: each whole or not at all, for its owner alone. Raises OutputError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, text in texts.items():
            aside = folder / f".{name}.{os.getpid()}"
            aside.unlink(missing_ok=True)
            with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
                written.write(text)
                written.flush()
                os.fsync(written.fileno())
            aside.replace(folder / name)
    except OSError as error:
        raise OutputError(f"{folder}: certificates can't be written there: {error.strerror}") from None


def read_certificates(folder: Path) -> dict[str, bytes]:
    """ca.pem, cert.pem and key.pem of one who asks. Raises UsageError where one is missing, or they do not fit."""
    try:
        texts = {name: (folder / name).read_bytes() for name in NAMES}
    except OSError as error:
        raise UsageError(f"{error.filename}: {error.strerror}", hint=f"{', '.join(NAMES)} are needed") from None
    import ssl

    try:
        context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem", password=lambda: "")
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or str(error)
        raise UsageError(
            f"the certificates in {folder} can't be used: {reason.lower()}", hint="in PEM, the key without a passphrase"
        ) from None
    return texts
