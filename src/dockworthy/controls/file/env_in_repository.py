"""A file of variables with real passwords, which the next commit takes in, or an earlier one took."""

from __future__ import annotations

from ...model.control import Control, Subject, owasp
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.text_file import SecretKind, TextFile
from ._secrets import judge_kinds

control = Control(
    id="file/env-in-repository",
    title="Files of variables with secrets stay out of the repository",
    fault="{n} [file|files] with secrets in variables [is|are] in the repository",
    rationale="An .env file is where Compose looks for what a project must not say aloud. One that Git does not ignore "
    "says it to everyone who has the repository.",
    level=Level.RESTRICTED,
    severity=Severity.HIGH,
    demand="7.credentials",
    subject=Subject.FILE,
    references=(owasp("D06"),),
    remedy=Remedy(
        "Name the file in .gitignore, take it out of the index (`git rm --cached FILE`), and change the secrets: history "
        "keeps them. A sample without values (`.env.example`) shows what is needed.",
        "whoever uses the old secrets needs the new ones",
    ),
    bad={
        "files": [
            {".env": "TAG=12\nDB_PASSWORD=Tr0ub4dor-3\n"},
            {"deploy/production.env": "export API_KEY='8fJ2-kd93-0aLq'\n"},
        ]
    },
    good={
        "files": [
            {".env": "TAG=12\nDB_PASSWORD=\nDB_USER=shop\nDB_PASSWORD_FILE=/run/secrets/db\n"},
            {".env.example": "DB_PASSWORD=Tr0ub4dor-3\n"},
            {".env": "DB_PASSWORD=changeme\nAPI_KEY=${API_KEY}\nTOKEN=<your token>\n"},
        ]
    },
)


@control.judge
def env_in_repository(file: TextFile) -> Judgement:
    return judge_kinds(file, SecretKind.PASSWORD, good="none of its variables holds a secret")
