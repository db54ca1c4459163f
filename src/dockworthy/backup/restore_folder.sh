# shellcheck shell=sh
# Gives a restored folder what restic gives only to what is in it: its owner, its mode, its time.
# $1: the folder, $2: uid, $3: gid, $4: mode in octal, $5: its time of
# modification, in seconds since 1970, with a fraction; busybox sets it without one. $6: `link` where a link may lead
# to it. Elsewhere whoever writes beside the folder could put one in its place: this very folder is meant.
cd -P -- "$1" || exit
if [ "$6" != link ] && [ "$(pwd -P)" != "$1" ]; then
    echo "a link leads to $1" >&2
    exit 1
fi
chown -- "$2:$3" . && chmod -- "$4" . && { touch -d "@$5" -- . 2>/dev/null || touch -d "@${5%.*}" -- .; }
