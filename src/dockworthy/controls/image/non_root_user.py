"""An image that names no user starts as root wherever nobody thinks of it."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.engine import Image
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.levels import Level, Severity

control = Control(
    id="image/non-root-user",
    title="Images that wait to be used name a user other than root",
    fault="{who} [runs|run] as root",
    rationale="Whoever starts an image and says nothing gets its user. Images in use are judged by what their "
    "containers really run as.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="1.privileges",
    subject=Subject.IMAGE,
    references=(cis("1.6.0", "4.1"), cis("1.8.0", "4.1"), nist("4.1.2"), owasp("D01")),
    remedy=Remedy("Add `USER` with a number to the Dockerfile and build again.", "a new build of the image"),
    check_yourself="docker image inspect -f '{{.Config.User}}' {name}",
    bad={
        "snapshot": [
            {"engine": {"images": [{"inspect": {"RepoTags": ["shop:1"], "Config": {"User": ""}}}]}},
            {"engine": {"images": [{"inspect": {"RepoTags": ["shop:1"], "Config": {"User": "0:0"}}}]}},
            {"engine": {"images": [{"inspect": {"RepoTags": ["shop:1"], "Config": {"User": "root"}}}]}},
            {"engine": {"images": [{"inspect": {"RepoTags": ["shop:1"], "Config": {"User": "-0:0"}}}]}},
            {"engine": {"images": [{"inspect": {"RepoTags": ["shop:1"], "Config": {"User": ":1000"}}}]}},
        ]
    },
    good={
        "snapshot": [
            {"engine": {"images": [{"inspect": {"RepoTags": ["shop:1"], "Config": {"User": "1000"}}}]}},
            {"engine": {"images": [{"inspect": {"RepoTags": ["shop:1"], "Config": {"User": "app"}}}]}},
        ]
    },
    unclear={"snapshot": {"engine": {"images": [{"id": "sha256:a1", "inspect": {"is": "unknown", "reason": "gone"}}]}}},
)


@control.judge
def non_root_user(image: Image) -> Judgement:
    if image.used_by:
        return not_applicable("in use: its containers are judged themselves", image.source)
    user = image.user
    if isinstance(user, Unknown):
        return unknown(user.reason, user.source, tell=user.tell)
    if not isinstance(user, Set):
        return failed("no user is named: root, then", user.source)
    if user.value.uid == 0 or user.value.name == "root":
        return failed(f"the user is {user.value.name or user.value.uid}", user.source)
    return passed(f"the user is {user.value.name or user.value.uid}", user.source)
