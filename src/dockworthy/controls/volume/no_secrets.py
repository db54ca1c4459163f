"""A share's password in a volume's options is read by everyone who may list volumes."""

from __future__ import annotations

from ...model.control import Control, Subject, nist, owasp
from ...model.engine import DataVolume
from ...model.field import Source
from ...model.finding import Judgement, Remedy, failed, passed
from ...model.levels import Level, Severity

control = Control(
    id="volume/no-secrets",
    title="Volumes hold no passwords in their options",
    fault="{who} [has|have] a password in [its|their] options",
    rationale="`docker volume inspect` shows the options to everyone with access to the engine, and they lie unencrypted "
    "in the engine's data.",
    level=Level.RESTRICTED,
    severity=Severity.MEDIUM,
    demand="7.credentials",
    subject=Subject.VOLUME,
    references=(nist("4.4.3"), owasp("D06")),
    remedy=Remedy(
        "Change the password: it is known. Mount the share on the host with a `credentials=` file that only root reads, and "
        "bind that folder.",
        "recreates the containers that mount the volume",
    ),
    check_yourself="docker volume inspect -f '{{json .Options}}' {name}",
    bad={
        "snapshot": [
            {
                "engine": {
                    "volumes": [
                        {
                            "Name": "share",
                            "Driver": "local",
                            "Options": {"type": "cifs", "device": "//nas/x", "o": "hash:0011223344556677"},
                        }
                    ]
                }
            },
            {
                "engine": {
                    "volumes": [
                        {"Name": "share", "Driver": "rclone", "Options": {"sftp_pass": "hash:0011223344556677"}}
                    ]
                }
            },
        ]
    },
    good={
        "snapshot": [
            {
                "engine": {
                    "volumes": [
                        {
                            "Name": "share",
                            "Driver": "local",
                            "Options": {"type": "nfs", "device": ":/x", "o": "addr=10.0.0.2,rw"},
                        }
                    ]
                }
            },
            {"engine": {"volumes": [{"Name": "data", "Driver": "local", "Options": None}]}},
        ]
    },
)


@control.judge
def no_secrets(volume: DataVolume) -> Judgement:
    """What looked like a secret was replaced by `hash:…` when the facts were read."""
    place = Source(volume.source.where, f"{volume.name}.Options")
    held = [name for name, value in {**volume.options, **volume.labels}.items() if "hash:" in value]
    if held:
        return failed(f"the option {held[0]} holds a password", place)
    return passed("no password in its options", place)
