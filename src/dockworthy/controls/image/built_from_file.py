"""`docker commit` makes an image of a container that someone changed by hand: nobody can make it again."""

from __future__ import annotations

from ...model.control import Control, Subject, nist, owasp
from ...model.engine import Image
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, failed, passed, unknown
from ...model.levels import Level, Severity
from ._history import instruction, place, short

control = Control(
    id="image/built-from-file",
    title="Images are built from a file, not committed from a container",
    fault="{who} [was|were] committed from a container",
    rationale="An image that was committed can't be built again with a security update, and nobody sees what is in it.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="2.redeploy",
    also_for=("5.pipeline",),
    subject=Subject.IMAGE,
    references=(nist("4.1.1"), owasp("D09")),
    remedy=Remedy(
        "Write down in a Dockerfile what was changed (`docker history`, `docker diff` show it), and build from it.",
        "the time to find out what was changed",
    ),
    check_yourself="docker history --no-trunc {name}",
    bad={
        "snapshot": {
            "engine": {
                "images": [
                    {
                        "inspect": {"RepoTags": ["shop:fixed"], "Config": {"Cmd": ["httpd", "-f"]}},
                        "history": [{"CreatedBy": "httpd -f", "Comment": ""}, {"CreatedBy": 'CMD ["httpd" "-f"]'}],
                    }
                ]
            }
        }
    },
    good={
        "snapshot": {
            "engine": {
                "images": [
                    {
                        "inspect": {"Config": {"Cmd": ["httpd", "-f"]}},
                        "history": [{"CreatedBy": 'CMD ["httpd" "-f"]'}, {"CreatedBy": "COPY . /app # buildkit"}],
                    }
                ]
            }
        }
    },
    unclear={
        "snapshot": [
            {"engine": {"images": [{"inspect": {}, "history": {"is": "unknown", "reason": "too slow"}}]}},
            {"engine": {"images": [{"inspect": {}, "history": [{"CreatedBy": ""}]}]}},
        ]
    },
)


@control.judge
def built_from_file(image: Image) -> Judgement:
    """A commit writes the container's own command where a builder writes its instruction."""
    for field in (image.history, image.command):
        if isinstance(field, Unknown):
            return unknown(field.reason, field.source, tell=field.tell)
    lines = image.history.value if isinstance(image.history, Set) else ()
    commands = {" ".join(image.command.value)} if isinstance(image.command, Set) else set()
    committed = [line for line in lines if line and line in commands and not instruction(line)[0]]
    if committed:
        return failed(f"a layer was made by the container's own command: {short(committed[-1])}", place(image))
    if not any(lines):
        return unknown("the image does not say how it was made", place(image), tell="whoever made the image can say")
    return passed(f"{len(lines)} build steps, none of them a commit", place(image))
