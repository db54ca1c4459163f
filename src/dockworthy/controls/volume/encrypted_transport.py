"""NFS and CIFS send every file in the clear unless they are told otherwise, and NFS believes what a client says it is."""

from __future__ import annotations

from ...model.control import Control, Subject, nist
from ...model.engine import DataVolume
from ...model.field import Source
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.levels import Level, Severity

control = Control(
    id="volume/encrypted-transport",
    title="Data of volumes on other machines travels encrypted",
    fault="{who} [sends|send] data unencrypted",
    rationale="Whoever listens on the network between this host and the file server reads the data, and with NFS's "
    "`sec=sys` writes it, too.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="5.network",
    subject=Subject.VOLUME,
    references=(nist("4.4.2"),),
    remedy=Remedy(
        "NFS: `sec=krb5p` or `xprtsec=tls`; CIFS: `seal`. Or a tunnel (WireGuard) between the hosts.",
        "recreates the volume and the containers that mount it",
    ),
    check_yourself="docker volume inspect -f '{{json .Options}}' {name}; grep -E 'nfs|cifs' /proc/mounts",
    bad={
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
            {
                "engine": {
                    "volumes": [
                        {
                            "Name": "share",
                            "Driver": "local",
                            "Options": {"type": "nfs4", "device": ":/x", "o": "addr=10.0.0.2,sec=krb5i"},
                        }
                    ]
                }
            },
            {
                "engine": {
                    "volumes": [
                        {
                            "Name": "share",
                            "Driver": "local",
                            "Options": {"type": "cifs", "device": "//nas/x", "o": "guest"},
                        }
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
                            "Options": {"type": "nfs", "device": ":/x", "o": "addr=10.0.0.2,sec=krb5p"},
                        }
                    ]
                }
            },
            {
                "engine": {
                    "volumes": [
                        {
                            "Name": "share",
                            "Driver": "local",
                            "Options": {"type": "nfs", "device": ":/x", "o": "addr=10.0.0.2,xprtsec=mtls"},
                        }
                    ]
                }
            },
            {
                "engine": {
                    "volumes": [
                        {
                            "Name": "share",
                            "Driver": "local",
                            "Options": {"type": "cifs", "device": "//nas/x", "o": "guest,seal"},
                        }
                    ]
                }
            },
            {
                "engine": {
                    "volumes": [
                        {
                            "Name": "share",
                            "Driver": "local",
                            "Options": {"type": "nfs", "device": ":/x", "o": "addr=127.0.0.1"},
                        }
                    ]
                }
            },
        ]
    },
    unclear={
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
            {"engine": {"volumes": [{"Name": "share", "Driver": "vieux/sshfs", "Options": {"sshcmd": "a@b:/x"}}]}},
        ]
    },
)

_ENCRYPTED = {"nfs": {"sec=krb5p", "xprtsec=tls", "xprtsec=mtls"}, "cifs": {"seal"}}


@control.judge
def encrypted_transport(volume: DataVolume) -> Judgement:
    place = Source(volume.source.where, f"{volume.name}.Options")
    if volume.driver != "local":
        return unknown(
            f"how the driver {volume.driver} moves the data can't be seen from here",
            Source(volume.source.where, f"{volume.name}.Driver"),
            tell="the driver's documentation",
        )
    kind = volume.options.get("type", "").removesuffix("4").replace("smb3", "cifs")
    if kind not in _ENCRYPTED:
        return not_applicable("its data is on this host", place)
    written = volume.options.get("o", "")
    if written.startswith("hash:"):
        return unknown("its options hold a secret and were left out", place, tell="docker volume inspect")
    options = set(written.split(","))
    if options & _ENCRYPTED[kind]:
        return passed(f"{kind} with {', '.join(sorted(options & _ENCRYPTED[kind]))}", place)
    if any(option.startswith(("addr=127.", "addr=::1")) for option in options):
        return passed("it goes to this host, through a tunnel if anywhere", place)
    return failed(f"{kind} in the clear: {written or 'no options'}", place)
