"""A mount of the host's own files is a way to become root on the host: by writing them, some by reading them."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.finding import Judgement, Remedy, unknown
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._graded import judge_graded
from ._host_mounts import faults_at, unclear_volumes
from ._platforms import WITH_HOST_PATHS
from ._unclear import as_far_as_told

_MOUNT = {"Type": "bind", "Destination": "/x", "RW": True}

control = Control(
    id="workload/host-mounts",
    title="No mount hands the host's own files to a container",
    fault="{who} [mounts|mount] the host's own files",
    rationale="Who writes the host's programs, services, users or kernel settings is root there at the next login or "
    "start; who reads its keys and password hashes is root somewhat later. Folders that hold a container's data, and "
    "single harmless files such as /etc/localtime, are not meant. A volume is such a mount, too, where the options of "
    "the `local` driver name a disk of the host, a file system of its kernel, or folders of the host.",
    level=Level.BASELINE,
    severity=Severity.CRITICAL,
    demand="1.host-access",
    also_for=("1.privileges", "3.least-privilege"),
    subject=Subject.UNIT,
    platforms=WITH_HOST_PATHS,
    references=(cis("1.6.0", "5.6"), cis("1.8.0", "5.6"), nist("4.5.5"), nist("4.4.3"), owasp("D04")),
    remedy=Remedy(
        "Mount the one file or folder that is needed, read-only; keep data in a volume without options, or a folder of "
        "its own. A disk for data: mount it on the host, and bind a folder of it.",
        "recreates the container",
    ),
    check_yourself="docker inspect -f '{{range .Mounts}}{{.Source}} -> {{.Destination}} rw={{.RW}}{{println}}{{end}}' {name}",
    bad={
        "marathon": [
            "{id: /shop, container: {docker: {image: shop}, volumes: [{containerPath: /x, hostPath: /, mode: RW}]}}",
            "{id: /shop, container: {docker: {image: shop}, volumes: [{containerPath: /x, hostPath: /etc/shadow, mode: RO}]}}",
            "{id: /shop, container: {docker: {image: shop, parameters: [{key: volume, value: '/etc:/x'}]}}}",
        ],
        "compose": [
            "services: {web: {image: shop, volumes: ['/:/host:ro']}}",
            "services: {web: {image: shop, volumes: [{type: bind, source: /etc, target: /x}]}}",
            "services: {web: {image: shop, volumes: ['~/.ssh:/x:ro']}}",
            *(
                f"services: {{web: {{image: shop, volumes: ['v1:/x']}}}}\nvolumes: {{v1: {{driver_opts: {options}}}}}"
                for options in (
                    "{type: ext4, device: /dev/vda}",
                    "{type: overlay, device: overlay, o: 'lowerdir=/srv:/etc,upperdir=/srv/a,workdir=/srv/b'}",
                    "{type: overlay, device: overlay, o: 'lowerdir=/root/.ssh:/srv'}",
                    "{type: proc, device: proc}",
                    "{type: cgroup2, device: none}",
                    "{type: none, device: etc, o: 'ro,bind'}",
                    "{type: nfs, device: ':/etc', o: 'addr=127.0.0.1,rw'}",
                )
            ),
        ],
        "container": [
            *(
                {"Mounts": [{**_MOUNT, "Source": path}]}
                for path in (
                    "/",
                    "/etc",
                    "/etc/cron.d",
                    "/boot",
                    "/dev",
                    "/lib",
                    "/usr",
                    "/usr/local/bin",
                    "/proc",
                    "/sys",
                    "/sys/fs/cgroup",
                    "/root",
                    "/home",
                    "/home/ann",
                    "/var",
                    "/var/lib",
                    "/var/lib/docker",
                    "/var/lib/docker/volumes",
                    "/var/spool/cron/crontabs",
                    "/run/dbus",
                    "/etc/dockworthy",
                    "/opt/dockworthy",
                    "/var/lib/dockworthy/edge",
                )
            ),
            *(
                {"Mounts": [{**_MOUNT, "Source": path, "RW": False}]}
                for path in (
                    "/",
                    "/etc",
                    "/etc/shadow",
                    "/root/.ssh",
                    "/home",
                    "/proc/1",
                    "/var/lib/docker",
                    "/var",
                    "/dev",
                    "/var/lib/dockworthy",
                    "/var/lib/dockworthy/edge/authority/key.pem",
                    "/var/lib/dockworthy/releases/blog",
                    "/var/lib/dockworthy/versions.key",
                )
            ),
        ],
        "service": {
            "Spec": {
                "TaskTemplate": {"ContainerSpec": {"Mounts": [{"Type": "bind", "Source": "/etc", "Target": "/x"}]}}
            }
        },
    },
    good={
        "marathon": "{id: /shop, container: {docker: {image: shop}, volumes: [{containerPath: /x, hostPath: /srv/shop, mode: RW}]}}",
        "compose": [
            "services: {web: {image: shop}}",
            "services: {web: {image: shop, volumes: ['/srv/shop:/data', '/etc/localtime:/etc/localtime:ro']}}",
            *(
                f"services: {{web: {{image: shop, volumes: ['v1:/x']}}}}\nvolumes: {{v1: {{driver_opts: {options}}}}}"
                for options in (
                    "{type: tmpfs, device: tmpfs, o: 'size=100m'}",
                    "{type: nfs, device: ':/shop', o: 'addr=10.0.0.2,rw'}",
                    "{type: cifs, device: //nas/shop, o: guest}",
                    "{type: none, device: /srv/shop, o: bind}",
                    "{type: overlay, device: overlay, o: 'lowerdir=/srv/a:/srv/b'}",
                )
            ),
        ],
        "container": [
            {},
            *(
                {"Mounts": [{**_MOUNT, "Source": path, "RW": False}]}
                for path in (
                    "/etc/localtime",
                    "/etc/hosts",
                    "/etc/ssl/certs",
                    "/usr/share/zoneinfo",
                    "/sys/fs/cgroup",
                    "/sys",
                    "/proc",
                    "/lib/modules",
                    # A secret that dockworthy put there for this container.
                    "/var/lib/dockworthy/releases/shop/versions/secrets.db/0123456789ab",
                )
            ),
            *(
                {"Mounts": [{**_MOUNT, "Source": path}]}
                for path in (
                    "/srv/shop",
                    "/home/ann/shop/data",
                    "/var/lib/postgresql/data",
                    "/var/lib/docker/volumes/shop/_data",
                    "/var/log/shop",
                    "/run/docker.sock",  # the engine's socket is a matter of its own
                    "/run",
                )
            ),
        ],
    },
    unclear={
        "compose": [
            "services: {web: {image: shop, volumes: ['${WHERE}:/x']}}",
            "services: {web: {image: shop, volumes: ['v1:/x']}}\nvolumes: {v1: {driver: rclone}}",
            "services: {web: {image: shop, volumes: ['v1:/x']}}\nvolumes: {v1: {driver_opts: {type: zfs, device: tank/a}}}",
        ]
    },
)


@control.judge
def host_mounts(unit: Unit) -> Judgement:
    faults = faults_at(Level.BASELINE, unit)
    judged = judge_graded(faults, good="no mount of the host's own files gives power over it", source=unit.source)
    hidden = None if faults else next(unclear_volumes(unit), None)
    if hidden is not None:
        return unknown(hidden.says, hidden.source, tell="docker volume inspect, and the driver's documentation")
    return as_far_as_told(judged, unit, "mounts")
