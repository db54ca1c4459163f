# shellcheck shell=sh
# Is $1 a folder with nothing in it? 80: it is no folder; 81: something is in it, and its name is the last word.
[ -d "$1" ] || exit 80
found=$(ls -A -- "$1") || exit 80
[ -z "$found" ] || { printf '%s\n' "$found" | head -n 1 >&2 && exit 81; }
