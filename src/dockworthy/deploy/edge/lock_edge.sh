# shellcheck shell=sh
# Takes the lock of the edge's folder until descriptor 8 is closed, or this shell ends. Answers with 0 where it has it.
lock_edge() { # FOLDER SECONDS
    (
        umask 077
        mkdir -p -- "$1" && chmod 700 -- "$1" && { [ ! -e "$1/lock" ] || [ -f "$1/lock" ]; } && : >>"$1/lock"
    ) 2>/dev/null && { command exec 8>>"$1/lock"; } 2>/dev/null && flock -w "$2" 8
    r 'done' $? ''
}
