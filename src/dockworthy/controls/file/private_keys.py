"""Who has the repository has the key: every clone, every fork, every backup, also after it was removed."""

from __future__ import annotations

from ...model.control import Control, Subject, owasp
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.text_file import SecretKind, TextFile
from ._secrets import judge_kinds

_LINE = "MHcCAQEEIKq3mZ0vX7cR1uYb9sLw4TfPpJdHn6eGk2iVxWQoBy8r"
_BODY = f"{_LINE}\n{_LINE[::-1]}\n"


def _block(kind: str, body: str = _BODY) -> str:
    """Put together here, so that this file does not look like one that holds a key."""
    return f"-----BEGIN {kind}-----\n{body}-----END {kind}-----\n"


control = Control(
    id="file/private-keys",
    title="No private key lies among the project's files",
    fault="{n} [file holds|files hold] a private key",
    rationale="A private key is a login, a server's identity or a signature. In a file of the project it is read by "
    "everyone who has a copy of it, and history keeps it when the file is removed.",
    level=Level.RESTRICTED,
    severity=Severity.CRITICAL,
    demand="7.credentials",
    subject=Subject.FILE,
    references=(owasp("D06"),),
    remedy=Remedy(
        "Replace the key by a new one, and revoke the old: it is known. Keep the new one outside of the repository, and "
        "hand it in as a secret (`secrets:` in Compose and Swarm) or a file of the host.",
        "whoever trusts the old key must be given the new one",
    ),
    bad={
        "files": [
            {"deploy/server.key": _block("EC PRIVATE KEY")},
            {"backup.asc": _block("PGP PRIVATE KEY BLOCK")},
            {"key.txt": "AGE-SECRET-KEY-1" + "QYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQ"},
            {"id_deploy": _block("ENCRYPTED PRIVATE KEY")},
        ]
    },
    good={
        "files": [
            {"server.crt": _block("CERTIFICATE")},
            {"notes.txt": "a file that begins with -----BEGIN RSA PRIVATE KEY----- is a key\n"},
            {"sample.key": _block("RSA PRIVATE KEY", "...\n")},
        ]
    },
)


@control.judge
def private_keys(file: TextFile) -> Judgement:
    """One that takes a passphrase is as strong as that: less bad, and no reason to publish it."""
    kinds = (SecretKind.PRIVATE_KEY, SecretKind.LOCKED_KEY)
    open_ones = any(secret.kind is SecretKind.PRIVATE_KEY for secret in file.secrets)
    severity = None if open_ones else Severity.MEDIUM
    return judge_kinds(file, *kinds, good="no private key stands in it", severity=severity)
