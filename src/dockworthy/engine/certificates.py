"""TLS to an engine over the network: the certificates that the docker command line would use."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path

from ..errors import EngineRefused
from .context import configuration_folder
from .endpoint import context_of


def tls_for(endpoint: str, environ: Mapping[str, str]) -> ssl.SSLContext | None:
    """TLS with a client certificate, or None where the engine is asked in the clear (a unix socket, plain tcp).

    Any value of DOCKER_TLS_VERIFY switches it on, as for the docker command line. Raises EngineRefused where the
    certificates are missing or unreadable: without them the engine would not let us in.
    """
    if endpoint.startswith(("unix://", "http://")):
        return None
    folder = _folder(endpoint, environ)
    if folder is None:
        return ssl.create_default_context() if endpoint.startswith("https://") else None
    try:
        context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        # Python 3.13 asks of an authority what openssl's own defaults, and so most engines' authorities, leave out (the
        # key usage extension). Who signed what is verified all the same.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    except OSError as error:
        raise EngineRefused(
            f"the certificates for {endpoint} in {folder} can't be used: {error}",
            hint="ca.pem, cert.pem and key.pem are needed there",
        ) from None
    return context


def _folder(endpoint: str, environ: Mapping[str, str]) -> Path | None:
    if environ.get("DOCKER_TLS_VERIFY"):
        return Path(environ.get("DOCKER_CERT_PATH") or configuration_folder(environ))
    context = context_of(endpoint, environ)
    return context.certificates if context is not None and context.certificates.is_dir() else None
