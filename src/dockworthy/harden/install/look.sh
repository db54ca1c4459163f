# shellcheck shell=sh
# What stands on this host before an engine is installed. Changes nothing, unless `refresh` is `really`.
# Each line is KEY, a tab, and words: `inst` says NAME, VERSION, download and installed size in bytes.
T=$(mktemp -d) && chmod 755 "$T" || exit 1
trap 'rm -rf "$T"' EXIT
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
tell() { printf '%s\t%s\n' "$1" "$2"; }

# shellcheck source=/dev/null
[ -r /etc/os-release ] && . /etc/os-release
tell os "${ID:-unknown} ${ID_LIKE:-}"
tell system "${PRETTY_NAME:-this system}"
command -v apt-get >/dev/null && command -v dpkg-query >/dev/null && tell apt yes

# state NAME: as dpkg knows it; nothing where it never heard of it.
state() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null; }
there() { case $(state "$1") in '' | not-installed | config-files) return 1 ;; esac; }

for name in docker-ce docker-ee docker-engine moby-engine docker-desktop docker-ce-rootless-extras containerd.io \
    podman-docker balena-engine kubelet; do
    there "$name" && tell other "the package $name is installed"
done
for trace in /snap/docker /var/lib/snapd/snaps/docker_* /snap/microk8s; do
    [ -e "$trace" ] && tell other "a snap has it: $trace"
done
for program in /usr/bin/dockerd /usr/sbin/dockerd /usr/local/bin/dockerd /usr/local/sbin/dockerd /opt/bin/dockerd \
    /usr/local/bin/k3s /opt/bin/k3s; do
    [ -x "$program" ] && ! dpkg-query -S "$program" >/dev/null 2>&1 && tell other "$program belongs to no package"
done
for trace in /home/*/.config/systemd/user/docker.service /root/.config/systemd/user/docker.service \
    /home/*/bin/dockerd /home/*/.local/bin/dockerd /run/user/*/docker.sock; do
    [ -e "$trace" ] && tell other "an engine without root: $trace"
done

[ -d /run/systemd/system ] && tell manager systemd
case $(cat /proc/1/comm 2>/dev/null) in init) tell manager init ;; esac
tell forward "$(cat /proc/sys/net/ipv4/ip_forward 2>/dev/null)"
tell apparmor "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)"
[ -n "$(ls -A /var/lib/docker/containers 2>/dev/null)" ] && tell left "$(find /var/lib/docker/containers -mindepth 1 -maxdepth 1 | wc -l)"
tell free "$(df -Pk /usr | awk 'NR == 2 { print $4 * 1024 }')"
command -v apt-get >/dev/null || exit 0

# dpkg was interrupted: `apt-get` would refuse.
[ -z "$(dpkg --audit 2>/dev/null)" ] || tell broken "$(dpkg --audit | sed -n 's/^ \([a-z0-9][^ ]*\) .*/\1/p' | tr '\n' ' ')"

works=''
if command -v docker >/dev/null; then
    docker compose version --short >/dev/null 2>&1 && tell works compose && works="$works compose"
    docker buildx version >/dev/null 2>&1 && tell works buildx && works="$works buildx"
fi
missing=''
for name in docker.io docker-cli docker-compose docker-compose-v2 docker-buildx; do
    if there "$name"; then
        tell present "$name $(dpkg-query -W -f '${Version}' "$name")"
        continue
    fi
    case "$name $works" in
    docker-compose*\ compose* | docker-buildx*\ buildx*) ;; # somebody brought it otherwise
    *) missing="$missing $name" ;;
    esac
done
if command -v docker >/dev/null; then
    docker -H unix:///var/run/docker.sock version >/dev/null 2>&1 && tell answers yes
fi

# Package lists of our own: a plan leaves the host's as they are.
mkdir -p "$T/lists/partial"
apt_with() {
    program=$1
    shift
    if [ "$refresh" = really ]; then "$program" "$@"; else
        "$program" -o "Dir::State::lists=$T/lists" -o APT::Sandbox::User=root -o Dir::Cache::pkgcache= \
            -o Dir::Cache::srcpkgcache= "$@"
    fi
}
[ -n "$missing" ] || exit 0
apt_with apt-get -q -o DPkg::Lock::Timeout=120 -o Acquire::Retries=2 update >"$T/update" 2>&1
grep -qE '^(Err|E|W): ?(.*Failed to fetch|.*could not|[0-9]+ http)|^(Err|E):' "$T/update" && {
    tell unfresh "$(grep -E '^[EW]: ' "$T/update" | head -n 1 | cut -c 1-300)"
    refresh=really # as far as anybody knows: by the lists that are there
}
version_of() { apt_with apt-cache policy "$1" 2>/dev/null | awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'; }

wanted=''
want() { # want NAME: as far as the archive has it.
    version=$(version_of "$1")
    [ -n "$version" ] && tell candidate "$1 $version" && wanted="$wanted $1=$version"
}
for name in $missing; do
    case $name in
    docker-compose | docker-compose-v2) ;;
    *) want "$name" ;;
    esac
done
case $missing in
*docker-compose*docker-compose-v2*)
    # Debian's name and Ubuntu's. Before version 2 Debian's was another program, and an outdated one.
    if ! want docker-compose-v2; then
        version=$(version_of docker-compose)
        [ -n "$version" ] && dpkg --compare-versions "$version" ge 2 && want docker-compose
    fi
    ;;
esac
[ -n "$wanted" ] || exit 0
there ca-certificates || want ca-certificates
[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" != Y ] || there apparmor || want apparmor
# shellcheck disable=SC2086 # a list
apt_with apt-get -q -s install --no-install-recommends $wanted >"$T/plan" 2>&1 ||
    tell refused "$(grep -E '^(E:|.* : (Depends|Conflicts|Breaks))' "$T/plan" | head -n 1 | cut -c 1-300)"
sed -n 's/^Remv \([^ ]*\) .*/\1/p' "$T/plan" | while read -r name; do tell removes "$name"; done
sed -n 's/^Inst \([^ ]*\) \[\([^]]*\)\] (\([^ ]*\) .*/\1 \2 \3/p' "$T/plan" | while read -r words; do tell upgrades "$words"; done
sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1=\2/p' "$T/plan" >"$T/new"
[ -s "$T/new" ] || exit 0
# shellcheck disable=SC2046 # a list
apt_with apt-cache --no-all-versions show $(cat "$T/new") 2>/dev/null | awk -v OFS='\t' '
    /^Package: / { name = $2 } /^Version: / { version = $2 } /^Installed-Size: / { installed = $2 * 1024 }
    /^Size: / { size = $2 } /^$/ { if (name) print "inst", name " " version " " size " " installed; name = "" }
    END { if (name) print "inst", name " " version " " size " " installed }'
