"""A token in a file is found within minutes of its publication: programs look for nothing else."""

from __future__ import annotations

from ...model.control import Control, Subject, owasp
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.text_file import SecretKind, TextFile
from ._secrets import judge_kinds

_TAIL = "a8Kd02LmQ9xTz4RvB7nYpW3sHc6EfJgU1iOq"  # of no token: put together, so that this file does not look like one

control = Control(
    id="file/tokens",
    title="No access token lies among the project's files",
    fault="{n} [file holds|files hold] an access token",
    rationale="Tokens of registries, code hosts and clouds are known by their shape, to us and to everybody else. Who has "
    "one acts in its owner's name, without a second factor.",
    level=Level.RESTRICTED,
    severity=Severity.HIGH,
    demand="7.credentials",
    subject=Subject.FILE,
    references=(owasp("D06"),),
    remedy=Remedy(
        "Revoke the token where it was made, and make a new one with the least rights. Keep it outside of the repository: "
        "in the pipeline's own store of secrets, or in a secret of Compose or Swarm.",
        "whatever uses the old token needs the new one",
    ),
    bad={
        "files": [
            {"ci.sh": f"curl -H 'Authorization: Bearer ghp_{_TAIL}' https://api.example.com\n"},
            {"settings.conf": f"token = glpat-{_TAIL[:20]}\n"},
            {"join.sh": f"docker swarm join --token SWMTKN-1-{_TAIL}-{_TAIL[:25]} manager:2377\n"},
            {"aws.ini": f"aws_access_key_id = AKIA{'Q7RT2MWZ9XKD4LPV'}\n"},
        ]
    },
    good={
        "files": [
            {"ci.sh": 'curl -H "Authorization: Bearer $GITHUB_TOKEN" https://api.example.com\n'},
            {
                "sample.conf": "token = ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
            },
            {"theme.conf": "class = sk-spinner-three-bounce-fast\n"},
        ]
    },
)


@control.judge
def tokens(file: TextFile) -> Judgement:
    return judge_kinds(file, SecretKind.TOKEN, good="no token of a known shape stands in it")
