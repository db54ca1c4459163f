# shellcheck shell=sh
# Makes an image of the distribution's HAProxy, and of the bash that asks it whether it is well, with the libraries that
# they load and nothing else; or of its keepalived. Takes: $dw_folder, a folder to work in; $dw_program, haproxy or
# keepalived; $dw_image, how the image is called; $dw_user, the number of the image's user; $dw_stop, the signal on which
# it ends; $dw_fresh: not "" where a package that must be fetched is to be the newest.
# Leaves image.tar (as `docker save` writes it), and prints the version and the digests of its layer and of its settings.
# The same packages make the same bytes.
set -u
: "${dw_folder:?}" "${dw_program:?}" "${dw_image:?}" "${dw_user:?}" "${dw_stop:?}" "${dw_fresh=}"
fail() { echo "$1" >&2; exit "${2:-1}"; }
{ mkdir -p "$dw_folder/root" && cd "$dw_folder"; } || fail "$dw_folder can't be made"
{ rm -rf -- root packages && mkdir root packages; } || fail "$dw_folder can't be emptied"

# Packages that are not installed come from the distribution, by apt's own signatures; nothing is installed.
fetch() {
    command -v apt-get >/dev/null || fail "$dw_program is not installed on this host, and there is no apt to fetch it" 44
    set -- -y -qq --no-install-recommends --reinstall --download-only -o Debug::NoLocking=1 \
        -o "Dir::Cache::archives=$dw_folder/packages" -o APT::Sandbox::User=root
    mkdir -p packages/partial
    [ -z "$dw_fresh" ] || [ "$(id -u)" != 0 ] || apt-get -qq update >/dev/null 2>&1
    apt-get "$@" install "$dw_program" >said 2>&1 || {
        [ "$(id -u)" = 0 ] && apt-get -qq update >/dev/null 2>&1 && apt-get "$@" install "$dw_program" >said 2>&1
    } || fail "the distribution's $dw_program can't be fetched: $(grep -v '^W:' said | tail -n 1)" 44
    for package in packages/*.deb; do
        [ -e "$package" ] || fail "apt fetched no package" 44
        dpkg -x "$package" fetched || fail "$package can't be unpacked"
    done
}

rm -rf fetched && mkdir fetched
program=$(command -v "$dw_program" || ls "/usr/sbin/$dw_program" 2>/dev/null)
[ -n "$program" ] || { fetch && program=$dw_folder/fetched/usr/sbin/$dw_program; }
shell=$(command -v bash) || shell=''
LD_LIBRARY_PATH=$(find "$dw_folder/fetched" -name '*.so*' -exec dirname {} + 2>/dev/null | sort -u | tr '\n' ':')
export LD_LIBRARY_PATH

put() { # FROM TO
    { mkdir -p "root$(dirname "$2")" && cp -L -- "$1" "root$2" && chmod 755 "root$2"; } || fail "$1 can't be copied"
}
put "$program" "/usr/sbin/$dw_program"
[ -z "$shell" ] || put "$shell" /bin/bash
# What it was built with, without which it does not start. An /etc/iproute2 that it can't write ends it by SIGSEGV
# (2.3.3): there must be none.
for settings in /etc "$dw_folder/fetched/etc"; do
    if [ "$dw_program" = keepalived ] && [ -e "$settings/keepalived/keepalived.config-opts" ]; then
        put "$settings/keepalived/keepalived.config-opts" /etc/keepalived/keepalived.config-opts
    fi
done
libraries=$(ldd "$program" ${shell:+"$shell"}) || fail "ldd can't read $program"
case $libraries in *'not found'*) fail "libraries of $dw_program are missing: $libraries" ;; esac
for library in $(printf '%s\n' "$libraries" | tr -s ' \t' '\n' | grep '^/' | grep -v ':$' | sort -u); do
    put "$library" "${library#"$dw_folder/fetched"}"
done
mkdir -p root/etc/edge root/run/edge root/tmp && chmod 1777 root/tmp
printf 'root:x:0:0::/:/sbin/nologin\nedge:x:%s:%s::/:/sbin/nologin\n' "$dw_user" "$dw_user" >root/etc/passwd
printf 'root:x:0:\nedge:x:%s:\n' "$dw_user" >root/etc/group

version=$("$program" -v 2>&1 | sed -n '1s/^[^0-9]*\([0-9][^ ]*\).*/\1/p')
[ -n "$version" ] || fail "$program does not tell its version"
tag=$(printf %s "$version" | tr -c 'A-Za-z0-9_.-' _)
machine=$(dpkg --print-architecture 2>/dev/null) || case $(uname -m) in
x86_64) machine=amd64 ;; aarch64) machine=arm64 ;; *) machine=$(uname -m) ;;
esac
find root -exec touch -h -d @0 {} +
tar --sort=name --owner=0 --group=0 --numeric-owner --format=ustar -C root -cf layer.tar . || fail "tar failed"
layer=$(sha256sum layer.tar) && layer=${layer%% *}
cat >config.json <<END
{"architecture":"$machine","os":"linux","created":"1970-01-01T00:00:00Z","config":{"User":"$dw_user:$dw_user","Env":["PATH=/usr/sbin:/bin"],"Entrypoint":["/usr/sbin/$dw_program"],"StopSignal":"$dw_stop","Labels":{"org.opencontainers.image.title":"$dw_image","org.opencontainers.image.version":"$version"}},"rootfs":{"type":"layers","diff_ids":["sha256:$layer"]},"history":[{"created":"1970-01-01T00:00:00Z","created_by":"dockworthy: the distribution's $dw_program $version"}]}
END
config=$(sha256sum config.json) && config=${config%% *}
printf '[{"Config":"config.json","RepoTags":["%s:%s"],"Layers":["layer.tar"]}]' "$dw_image" "$tag" >manifest.json
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -cf image.tar manifest.json config.json layer.tar || fail "tar failed"
rm -rf root packages fetched layer.tar
printf "%s %s %s" "$tag" "$layer" "$config"
