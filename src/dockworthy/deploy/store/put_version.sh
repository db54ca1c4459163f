# shellcheck shell=sh
# Writes one version of a secret or config: its standard input. Sent after put.sh and the fence.
# $1: its path, $2: where it is put together, $3: bytes, $4: mode, $5: UID:GID, or "".
put "$2" "$3" "$4" "$5" || exit
# What is there already is compared and not recreated: containers hold that very file.
if [ -f "$1" ] && cmp -s "$2" "$1" && [ "$(stat -c '%a %u %g' "$2")" = "$(stat -c '%a %u %g' "$1")" ]; then
    rm -f -- "$2"
else
    fenced && mv -f -- "$2" "$1" && sync "${1%/*}"
fi
