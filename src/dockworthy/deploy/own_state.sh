# shellcheck shell=sh
# For each path that is given: prints the path of ours that a mount of it would show, by any name that the host has for
# it, or `-`. Takes: $dw_state, paths of ours by spaces; $dw_above, those of them above which nothing is mounted either;
# $dw_running, those for which that holds while they are there.
: "${dw_state:?}" "${dw_above:?}" "${dw_running:?}"
# shellcheck disable=SC3013 # dash and busybox know -ef
own() { # PATH
    real=$(readlink -m -- "$1" 2>/dev/null || readlink -f -- "$1" 2>/dev/null || printf %s "$1")
    for state in $dw_state; do
        at=$real
        while :; do # ours, or below it
            if [ "$at" = "$state" ] || [ "$at" -ef "$state" ]; then printf '%s\n' "$state"; return; fi
            case $at in '' | / | .) break ;; esac
            at=${at%/*}
            at=${at:-/}
        done
        case $dw_running in *" $state "*) [ -e "$state" ] || continue ;; *)
            case $dw_above in *" $state "*) ;; *) continue ;; esac ;;
        esac
        at=$state
        rest=''
        while [ "$at" != / ] && [ -n "$at" ]; do # a folder above it
            rest=/${at##*/}$rest
            at=${at%/*}
            if [ "$real" = "${at:-/}" ] || [ "${real%/}$rest" -ef "$state" ]; then printf '%s\n' "$state"; return; fi
        done
    done
    echo -
}
for path in "$@"; do own "$path"; done
