# shellcheck shell=sh
# Prints the folder of what dockworthy must remember, and in the next line root's key for a guard there.
# $1: the file of that key.
state=/var/lib/dockworthy
key=''
if [ "$(id -u)" != 0 ]; then
    state=${XDG_STATE_HOME:-$HOME/.local/state}/dockworthy
elif [ -f "$1" ] && [ ! -h "$1" ]; then
    key=$(head -c 128 "$1")
fi
printf '%s\n%s' "$state" "$key"
