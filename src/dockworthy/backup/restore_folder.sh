# shellcheck shell=sh
# Gives a restored folder what restic gives only to what is in it: its owner, its mode, its time.
# $1: the folder, $2: uid, $3: gid, $4: mode in octal, $5: its time of
# modification, in seconds since 1970, with a fraction; busybox sets it without one.
chown -- "$2:$3" "$1" && chmod -- "$4" "$1" && { touch -d "@$5" -- "$1" 2>/dev/null || touch -d "@${5%.*}" -- "$1"; }
