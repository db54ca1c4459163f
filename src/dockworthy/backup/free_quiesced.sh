# shellcheck shell=sh
# Lets go on what a backup that died together with its guard left paused or stopped: its host restarted, say. Prints a
# line for each mark. $1: the folder of the marks, $2: the text of quiesce_guard.sh, $3: the engine's socket.
for mark in "$1"/quiesced.*; do
    case $mark in *.new) continue ;; esac
    [ -f "$mark" ] || continue
    for process in /proc/[0-9]*; do
        if tr '\0' '\n' <"$process/cmdline" 2>/dev/null | grep -qxF -- "$mark"; then continue 2; fi
    done
    cat "$mark"
    sh -c "$2" guard "$mark" '' "$3" >/dev/null 2>&1
done
exit 0
