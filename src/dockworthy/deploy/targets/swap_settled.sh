# shellcheck shell=sh
# Waits for the guards of a deploy that died, and removes the marks of those that died, too. $1: the folder of the marks.
tries=0
while [ "$tries" -lt 600 ]; do
    tries=$((tries + 1))
    busy=''
    for mark in "$1"/swap.*; do
        [ -e "$mark" ] || continue
        if [ -f "$mark" ] && guard=$(head -c 20 "$mark") && [ -n "$guard" ] && kill -0 "$guard" 2>/dev/null; then
            busy=yes
        else
            rm -f "$mark"
        fi
    done
    [ -n "$busy" ] || exit 0
    sleep 0.1
done
exit 1
