"""`ADD https://…` takes whatever the other side sends that day."""

from __future__ import annotations

import re

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.engine import Image
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._history import judge_steps

control = Control(
    id="image/remote-add",
    title="Files from elsewhere enter images only with their checksum",
    fault="{who} [holds|hold] files that were added without a checksum",
    rationale="`ADD` with an address fetches at build time and checks nothing: what the server sends goes in. Local "
    "archives, which `ADD` unpacks, are no such risk.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="5.pipeline",
    subject=Subject.IMAGE,
    references=(
        cis("1.6.0", "4.9"),
        cis("1.8.0", "4.9"),
        cis("1.6.0", "4.11"),
        cis("1.8.0", "4.11"),
        nist("4.1.5"),
        owasp("D08"),
    ),
    remedy=Remedy(
        "Use `ADD --checksum=sha256:…`, or fetch in a `RUN` that checks what came before it uses it, or COPY the file from "
        "the repository.",
        "a new build of the image",
    ),
    check_yourself="docker history --no-trunc {name}",
    bad={
        "snapshot": [
            {
                "engine": {
                    "images": [
                        {
                            "inspect": {},
                            "history": [{"CreatedBy": "ADD https://example.com/tool /bin/tool # buildkit"}],
                        }
                    ]
                }
            },
            {
                "engine": {
                    "images": [
                        {
                            "inspect": {},
                            "history": [{"CreatedBy": "/bin/sh -c #(nop) ADD 4f6f3c in /bin/tool "}],
                        }
                    ]
                }
            },
        ]
    },
    good={
        "snapshot": [
            {"engine": {"images": [{"inspect": {}, "history": [{"CreatedBy": "COPY . /app # buildkit"}]}]}},
            {
                "engine": {
                    "images": [
                        {
                            "inspect": {},
                            "history": [{"CreatedBy": "/bin/sh -c #(nop) ADD file:1b in / "}],
                        }
                    ]
                }
            },
            {
                "engine": {
                    "images": [
                        {
                            "inspect": {},
                            "history": [{"CreatedBy": "ADD --checksum=sha256:24 https://example.com/x / # buildkit"}],
                        }
                    ]
                }
            },
        ]
    },
    unclear={"snapshot": {"engine": {"images": [{"inspect": {}, "history": {"is": "unknown", "reason": "too slow"}}]}}},
)

_ADDRESS = re.compile(r"(?:^|\s)(?:https?://|ftp://|git://|ssh://|git@)")
_CLASSIC_LOCAL = re.compile(r"(?:file|dir|multi):\w+ in ")
_CLASSIC = re.compile(r"\w+ in /?\S*\s*$")
"""The classic builder writes a checksum for the file, with `file:` before it only where the file was local."""


@control.judge
def remote_add(image: Image) -> Judgement:
    return judge_steps(image, "ADD", _is_remote, good="no unchecked file from elsewhere was added")


def _is_remote(rest: str) -> bool:
    if "--checksum=" in rest:
        return False
    if _ADDRESS.search(rest):
        return True
    return _CLASSIC_LOCAL.match(rest) is None and _CLASSIC.fullmatch(rest) is not None
