#!/bin/sh
# restic runs this, and saves what it writes to standard output. dockworthy keeps this file on the host.
# $1: a folder with the script `producer`; there, too, come the last that it had to say of an error (`said`), and the
# process group by which it is ended where restic is no more (`group`).
work=$1
read -r _ _ _ _ group _ <"/proc/$$/stat"
echo "$group" >"$work/group"
# The credentials of the repository are restic's alone.
# shellcheck disable=SC2086 # names of variables
unset DOCKWORTHY_HIDES RESTIC_REPOSITORY RESTIC_REPOSITORY_FILE RESTIC_PASSWORD_FILE RESTIC_CACHE_DIR $DOCKWORTHY_HIDES
exec 3>&1
{
    sh "$work/producer" 2>&1 >&3 3>&- </dev/null
    echo "$?" >"$work/ended"
} | tail -c 4000 >"$work/said"
status=1
read -r status <"$work/ended"
exit "$status"
