"""`scheme://user:password@host`: a password that no log, no process list and no history leaves out."""

from __future__ import annotations

from ...model.control import Control, Subject, owasp
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.text_file import SecretKind, TextFile
from ._secrets import judge_kinds

control = Control(
    id="file/passwords-in-urls",
    title="No address in the project's files holds a password",
    fault="{n} [file holds|files hold] a password in an address",
    rationale="An address is printed by every client that can't reach it, shown in process lists, and copied from file to "
    "file. The password in it goes along.",
    level=Level.RESTRICTED,
    severity=Severity.HIGH,
    demand="7.credentials",
    subject=Subject.FILE,
    references=(owasp("D06"),),
    remedy=Remedy(
        "Take the password out of the address: a file (`PGPASSFILE`, `.netrc` outside of the repository) or a secret "
        "holds it, and the program puts both together. Change it: it was readable.",
        "whoever uses the old password needs the new one",
    ),
    bad={
        "files": [
            {"backup.sh": "pg_dump postgres://shop:Tr0ub4dor-3@db.internal/shop >dump\n"},
            {"settings.toml": 'broker = "amqp://worker:q8-Rabbits@queue:5672"\n'},
        ]
    },
    good={
        "files": [
            {"backup.sh": "pg_dump postgres://shop:$PASSWORD@db.internal/shop >dump\n"},
            {"settings.toml": 'broker = "amqp://worker:password@queue:5672"\nhome = "https://user:pass@example.com"\n'},
            {"settings.sample": "postgres://shop:Tr0ub4dor-3@db.internal/shop\n"},
        ]
    },
)


@control.judge
def passwords_in_urls(file: TextFile) -> Judgement:
    return judge_kinds(file, SecretKind.ADDRESS, good="no address in it holds a password")
