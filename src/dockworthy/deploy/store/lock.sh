# shellcheck shell=sh
# Takes the lock of a project until this shell ends, or descriptor 9 is closed; file_lock.py says how. Sent after top.sh.
# Answers with 0 and the epoch; 1 and who has it; 2 and why it can't be taken. Takes: $dw_aside, how files begin that
# are not whole yet; $dw_floor, the file beside the projects' folders with the highest epoch of those that were removed.
: "${dw_aside:?}" "${dw_floor:?}" "${top=}"
lock() { # FOLDER WHO TAKE_OVER
    command -v flock >/dev/null || { r 'done' 2 "flock is not installed (package util-linux)"; return; }
    tries=0
    first=''
    while [ $tries -lt 20 ]; do # as many may be faster than we before we give up
        tries=$((tries + 1))
        top "$1"
        : "${first:=$top}"
        now="$1/lock.$top"
        if [ -e "$now" ] && ! [ -f "$now" ]; then r 'done' 2 "$now is no regular file"; return; fi
        if [ "$top" != 0 ] && ! (exec 8<"$now" && flock -n -s 8) 2>/dev/null; then
            [ -e "$now" ] || continue
            if [ "$3" != yes ] || [ "$top" != "$first" ]; then
                r 'done' 1 "$(head -n 1 "$now" | head -c 400)"
                return
            fi
        fi
        aside=$(umask 077; mktemp "$1/${dw_aside}XXXXXX" 2>&1) || { r 'done' 2 "$aside"; return; }
        if [ "$top" = 0 ]; then floor "$1"; fi
        if ! why=$( { printf '%s, since %s\n' "$2" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$aside"; } 2>&1); then
            rm -f -- "$aside"
            r 'done' 2 "$why"
            return
        fi
        mine="$1/lock.$((top + 1))"
        if { command exec 9<"$aside"; } 2>/dev/null && flock -n 9 && ln -- "$aside" "$mine" 2>/dev/null; then
            rm -f -- "$aside"
            top "$1"
            if [ "$1/lock.$top" = "$mine" ]; then
                tidy "$1" "$top"
                r 'done' 0 "$top"
                return
            fi
            rm -f -- "$mine"
        fi
        rm -f -- "$aside"
        exec 9<&-
    done
    r 'done' 2 "too many were faster"
}
floor() { # FOLDER: no project begins below the epochs of one that was removed: a holder of that one may only sleep
    now=$(cat "$1/../$dw_floor" 2>/dev/null)
    case $now in '' | *[!0-9]*) ;; *) top=$now ;; esac
}
tidy() { # FOLDER EPOCH: what those before left
    for file in "$1"/lock.*; do
        case ${file##*/lock.} in '' | *[!0-9]*) continue ;; esac
        [ "${file##*/lock.}" -ge "$2" ] || rm -f -- "$file"
    done
    find "$1" -name "$dw_aside*" -type f -exec rm -f -- {} + 2>/dev/null
}
