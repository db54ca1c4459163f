# shellcheck shell=sh
# Runs restic once, and prints what it printed. Where it fails, its errors come first: of a great many the first and the
# last. Standard input is restic's own, but for one that saves what a producer writes: then it is that script.
# folder: of the repository on this host. seconds: how long it may take. most: bytes of its output that are wanted.
# produces: 1 where standard input is a producer's script. held: where the folder `path` lies as it was at one moment;
# restic finds that one at `path`, and nobody else does. "$@": restic's arguments. 62: its output is larger.
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
if [ -n "$held" ]; then
    # A container that may write beside it could put a link there: what is mounted is looked at first.
    # shellcheck disable=SC2016 # the inner shell's
    set -- unshare --mount sh -c 'cd -P -- "$1" && [ "$(pwd -P)" = "$1" ] && mount --bind . "$2" && cd / && shift 2 &&
        exec "$@"' sh "$held" "$path" "$@"
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
