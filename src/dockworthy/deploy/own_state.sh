# shellcheck shell=sh
# For each path that is given: prints the path of ours that a mount of it would show, by any name that the host has for
# it, or `-`. Takes, a path in a line: $dw_own, paths of ours; $dw_above, those of them above which nothing is mounted
# either; $dw_running, those for which that holds while they are there.
: "${dw_own:?}" "${dw_above:?}" "${dw_running:?}"
nl='
'
IFS=$nl
set -f
resolved() { # PATH...: as the host resolves their links, one in a line
    readlink -m -- "$@" 2>/dev/null && return
    for each in "$@"; do readlink -f -- "$each" 2>/dev/null || printf '%s\n' "$each"; done
}
# shellcheck disable=SC2086 # one in a line
all=$(resolved $dw_own) above=$nl$(resolved $dw_above)$nl running=$nl$(resolved $dw_running)$nl
# shellcheck disable=SC3013 # dash and busybox know -ef
own() { # PATH
    real=$(resolved "$1")
    for state in $all; do
        at=$real
        while :; do # ours, or below it
            if [ "$at" = "$state" ] || [ "$at" -ef "$state" ]; then printf '%s\n' "$state"; return; fi
            case $at in '' | / | .) break ;; esac
            at=${at%/*}
            at=${at:-/}
        done
        case $running in *"$nl$state$nl"*) [ -e "$state" ] || continue ;; *)
            case $above in *"$nl$state$nl"*) ;; *) continue ;; esac ;;
        esac
        at=$state
        rest=''
        while [ "$at" != / ] && [ "${at#/}" != "$at" ]; do # a folder above it
            rest=/${at##*/}$rest
            at=${at%/*}
            if [ "$real" = "${at:-/}" ] || [ "${real%/}$rest" -ef "$state" ]; then printf '%s\n' "$state"; return; fi
        done
    done
    echo -
}
for path in "$@"; do own "$path"; done
