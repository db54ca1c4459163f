# shellcheck shell=sh
# What is at PATH is called ASIDE from then on, and an empty folder like it, or nothing where it was a file, takes its
# place. $1: PATH. $2: ASIDE, beside it, which is not there.
umask 077
[ ! -e "$2" ] || exit 1
[ -e "$1" ] || exit 0
! mountpoint -q "$1" 2>/dev/null || { echo "$1 is a mount point, and can't be put aside" >&2; exit 1; }
mv -T -- "$1" "$2" || exit
[ -d "$2" ] || exit 0
mkdir -- "$1" && chmod --reference="$2" -- "$1" && chown --reference="$2" -- "$1"
