# shellcheck shell=sh
# Runs restic once, and prints what it printed. Where it fails, its errors come first: of a great many the first and the
# last. Standard input is restic's own, but for one that saves what a producer writes: then it is that script.
# folder: of the repository on this host. seconds: how long it may take. most: bytes of its output that are wanted.
# produces: 1 where standard input is a producer's script. path: of the data that restic reads or writes; '' for none.
# held: where the data lies as it was at one moment; restic finds that one at `path`, and nobody else does. linked: 1 where
# a link may lead to the data.
# "$@": restic's arguments. 62: its output is larger, 63: a link leads to the data.
# shellcheck disable=SC2154 # given before this text
umask 077
work=$(mktemp -d) || exit
trap 'rm -rf -- "$work"' EXIT
trap 'exit 143' TERM HUP INT
mkfifo "$work/errors" || exit
set -- sh "$folder/restic" "$@"
if [ "$produces" = 1 ]; then
    cat >"$work/producer" || exit
    set -- "$@" -- sh "$folder/producer" "$work"
fi
data=${held:-$path}
may_mount() { [ "$(id -u)" = 0 ] && unshare --mount --propagation slave true 2>/dev/null; }
if [ -n "$held" ] || { [ -n "$path" ] && [ -e "$path" ] && may_mount; }; then
    # Whoever writes to the data meanwhile could put a link in the place of a folder that restic has met already, and
    # root would read or write what the link leads to. So restic follows no link below the data (nosymfollow: Linux 5.10
    # and util-linux 2.38; with older ones it does). What is mounted is looked at first, for the same reason. Of the
    # host's own mounts none is kept there that the host takes away meanwhile (slave).
    # shellcheck disable=SC2016 # the inner shell's
    set -- unshare --mount --propagation slave sh -c 'data=$1 path=$2 folder=$1/ name=.
        [ -d "$data" ] || { folder=${data%/*}/ && name=./${data##*/}; }
        cd -P -- "$folder" || exit
        if [ "$3" != 1 ] && { [ -h "$data" ] || [ "$(pwd -P)/" != "/${folder#/}" ]; }; then
            echo "a link leads to $data" >&2
            exit 63
        fi
        mount --rbind "$name" "$path" || exit
        mount -o remount,bind,nosymfollow "$path" 2>/dev/null
        cd / && shift 3 && exec "$@"' sh "$data" "$path" "$linked" "$@"
fi
{
    head -c 16384
    tail -c 16384
} <"$work/errors" >"$work/words" &
{
    setsid timeout -k 30 "$seconds" "$@" 2>"$work/errors"
    echo "$?" >"$work/status"
} | head -c "$((most + 1))" >"$work/output"
status=1
read -r status <"$work/status"
wait
if [ "$produces" = 1 ] && [ "$status" != 0 ] && [ -s "$work/group" ]; then
    # It may wait for ever for what nobody reads. By `setsid` its group is another one than ours.
    read -r _ _ _ _ ours _ <"/proc/$$/stat"
    read -r group <"$work/group"
    [ "$group" = "$ours" ] || kill -TERM "-$group" 2>/dev/null
fi
# Of a path that is not there restic says this, and that all went well.
if [ "$status" = 0 ] && grep -q 'does not exist, skipping$' "$work/words"; then
    status=3
fi
if [ "$(wc -c <"$work/output")" -gt "$most" ]; then
    exit 62
fi
if [ "$status" != 0 ]; then
    cat "$work/words"
    if [ -e "$work/said" ]; then
        printf '\n@said\n'
        cat "$work/said"
        printf '\n@end\n'
    fi
fi
if [ "$status" = 3 ]; then # some files are missing in it: it is no backup
    id=$(sed -n 's/.*"snapshot_id":"\([0-9a-f]*\)".*/\1/p' "$work/output" | tail -n 1)
    if [ -n "$id" ] && ! sh "$folder/restic" forget --quiet --retry-lock 1m "$id" >/dev/null 2>&1 </dev/null; then
        printf '@kept %s\n' "$id"
    fi
fi
[ "$status" != 0 ] || cat "$work/output"
exit "$status"
