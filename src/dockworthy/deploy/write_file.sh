# shellcheck shell=sh
# Writes its standard input to a file at once and durably: never half of one. $1: its path, $2: its mode.
umask 077
mkdir -p -- "$(dirname -- "$1")" && cat >"$1.new" && chmod "$2" "$1.new" && sync "$1.new" && mv -f "$1.new" "$1" &&
    sync -f "$1"
