"""A step that only refreshes package lists is cached: later steps install from lists of long ago."""

from __future__ import annotations

import re

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.engine import Image
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ._history import judge_steps

control = Control(
    id="image/package-lists",
    title="Package lists are refreshed in the step that installs",
    fault="{who} refreshed package lists in another step than the install",
    rationale="The builder keeps the result of a step whose text is the same. `apt-get update` alone is never run again, "
    "and old packages with known holes are installed for good.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="6.current-images",
    subject=Subject.IMAGE,
    references=(cis("1.6.0", "4.7"), cis("1.8.0", "4.7"), nist("4.1.1"), owasp("D02")),
    remedy=Remedy("Write `RUN apt-get update && apt-get install -y …` as one step.", "a new build of the image"),
    check_yourself="docker history --no-trunc {name}",
    bad={
        "snapshot": [
            {
                "engine": {
                    "images": [
                        {
                            "inspect": {},
                            "history": [{"CreatedBy": "RUN /bin/sh -c apt-get update # buildkit"}],
                        }
                    ]
                }
            },
            {
                "engine": {
                    "images": [{"inspect": {}, "history": [{"CreatedBy": "|1 V=2 /bin/sh -c set -eu; apk -q update"}]}]
                }
            },
        ]
    },
    good={
        "snapshot": [
            {
                "engine": {
                    "images": [
                        {
                            "inspect": {},
                            "history": [
                                {"CreatedBy": "RUN /bin/sh -c apt-get update && apt-get install -y curl # buildkit"}
                            ],
                        }
                    ]
                }
            },
            {
                "engine": {
                    "images": [
                        {
                            "inspect": {},
                            "history": [{"CreatedBy": "RUN /bin/sh -c echo apt-get update # buildkit"}],
                        }
                    ]
                }
            },
        ]
    },
    unclear={"snapshot": {"engine": {"images": [{"inspect": {}, "history": {"is": "unknown", "reason": "too slow"}}]}}},
)

_STARTS = r"(?:^|[;&|(!{]|\b(?:then|do|else|sudo|exec|env)\b|\w=\S*)\s*"
"""Where a shell expects a program: `echo apt-get update` runs none."""
_REFRESHES = re.compile(
    _STARTS + r"(?:apt(?:-get)?\s[^;&|]*?\bupdate|apk\s[^;&|]*?\bupdate|(?:yum|dnf|microdnf)\s[^;&|]*?\bmakecache"
    r"|zypper\s[^;&|]*?\b(?:refresh|ref))(?![\w.-])"
)
_INSTALLS = re.compile(
    r"(?<![\w.-])(?:install|add|upgrade|dist-upgrade|full-upgrade|build-dep|dselect-upgrade|in|up)(?![\w.-])"
)


@control.judge
def package_lists(image: Image) -> Judgement:
    return judge_steps(image, "RUN", _only_refreshes, good="no step refreshes package lists alone")


def _only_refreshes(step: str) -> bool:
    return _REFRESHES.search(step) is not None and _INSTALLS.search(step) is None
