# shellcheck shell=sh
# Removes all that is kept of a project. The folder goes at once: who comes next makes a new one, of which nothing of
# this one is removed. Sent after put.sh and the fence, which leaves the epoch in $top.
# $1: the folder of the project, $2: where it is on its way out, $3: the file with the highest epoch of those that went.
: "${top:?}"
epoch=$top
parent=${1%/*}
floor=$(cat "$3" 2>/dev/null)
case $floor in '' | *[!0-9]*) floor=0 ;; esac
if [ "$epoch" -gt "$floor" ]; then
    printf '%s\n' "$epoch" | put "$3" $((${#epoch} + 1)) 600 '' || exit
fi
rm -rf -- "$2" && { [ ! -e "$1" ] || mv -T -- "$1" "$2"; } && sync -f "$parent" && rm -rf -- "$2"
