"""Whoever has an image has every secret that was ever written into it, also those that a later layer removes."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.engine import Image
from ...model.field import Set, Source, Unknown
from ...model.finding import Evidence, Judgement, Outcome, Remedy, passed, unknown
from ...model.levels import Level, Severity
from ._history import instruction, short

control = Control(
    id="image/secrets",
    title="Images hold no secrets",
    fault="{who} [holds|hold] secrets",
    rationale="Environment, labels and build steps of an image are read by everyone who may pull it, and stay in each "
    "copy and each registry for good.",
    level=Level.RESTRICTED,
    severity=Severity.HIGH,
    demand="7.credentials",
    subject=Subject.IMAGE,
    references=(cis("1.6.0", "4.10"), cis("1.8.0", "4.10"), nist("4.1.4"), owasp("D06")),
    remedy=Remedy(
        "Change the secret first: it is known. Then build without it (`RUN --mount=type=secret` while building, a secret "
        "or a file at run time) and remove the old images.",
        "a new build, and a new secret wherever the old one was used",
    ),
    check_yourself="docker image inspect -f '{{json .Config.Env}} {{json .Config.Labels}}' {name}; docker history --no-trunc {name}",
    bad={
        "snapshot": [
            {
                "engine": {
                    "images": [
                        {
                            "inspect": {"Config": {"Env": ["API_TOKEN=hash:0011223344556677"]}},
                            "history": [],
                        }
                    ]
                }
            },
            {
                "engine": {
                    "images": [
                        {
                            "inspect": {"Config": {"Labels": {"deploy.password": "hash:0011223344556677"}}},
                            "history": [],
                        }
                    ]
                }
            },
            {
                "engine": {
                    "images": [
                        {
                            "inspect": {"Config": {"Env": ["PATH=/bin"]}},
                            "history": [
                                {"CreatedBy": "RUN |1 NPM_TOKEN=hash:0011223344556677 /bin/sh -c npm ci # buildkit"}
                            ],
                        }
                    ]
                }
            },
        ]
    },
    good={
        "snapshot": {
            "engine": {
                "images": [
                    {
                        "inspect": {"Config": {"Env": ["PATH=/bin", "PASSWORD_FILE=/run/secrets/db"]}},
                        "history": [{"CreatedBy": "RUN /bin/sh -c make # buildkit"}],
                    }
                ]
            }
        }
    },
    unclear={
        "snapshot": [
            {"engine": {"images": [{"id": "sha256:a1", "inspect": {"is": "unknown", "reason": "gone"}}]}},
            {
                "engine": {
                    "images": [
                        {
                            "inspect": {"Config": {}},
                            "history": {"is": "unknown", "reason": "too slow"},
                        }
                    ]
                }
            },
        ]
    },
)

_HIDDEN = "hash:"
"""What stands in a snapshot where a secret stood."""


@control.judge
def secrets(image: Image) -> Judgement:
    found = tuple(_found(image))
    if found:
        return Judgement(Outcome.FAIL, found)
    for field in (image.environment, image.history):
        if isinstance(field, Unknown):
            return unknown(field.reason, field.source, tell=field.tell)
    return passed("nothing in environment, labels and build steps looks like a secret", image.source)


def _found(image: Image) -> Iterator[Evidence]:
    """One secret is often in several places: each place must be cleaned."""
    if isinstance(image.environment, Set):
        for name, value in image.environment.value.items():
            if _HIDDEN in value:
                yield Evidence(f"the variable {name} holds a secret", image.environment.source)
    for name, value in image.labels.items():
        if _HIDDEN in value:
            yield Evidence(f"the label {name} holds a secret", Source(image.source.where, "Config.Labels"))
    if isinstance(image.history, Set):
        for line in image.history.value:
            if _HIDDEN in line:
                word, _ = instruction(line)
                yield Evidence(
                    f"a build step holds a secret: {short(line) if not word else word}", image.history.source
                )
