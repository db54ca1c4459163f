# shellcheck shell=sh
# Keeps in the file $2, root's alone, what the command $1 (as a shell reads it) writes to its standard output.
umask 077
mkdir -p -- "$(dirname -- "$2")" && sh -c "$1" >"$2" && sync "$2" && exit
status=$?
rm -f -- "$2"
exit "$status"
