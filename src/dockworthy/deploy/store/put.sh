# shellcheck shell=sh
# How a store writes a file of the host: sent before the scripts that do. Takes: $dw_aside, how files begin that are not
# whole yet.
: "${dw_aside:?}"
umask 077
fenced() { :; } # fence.sh, where it follows, looks whether somebody took over
put() { # PATH BYTES MODE OWNER: what comes in, whole or not at all; durable when this returns 0
    folder=${1%/*}
    mkdir -p -- "$folder" && aside=$(mktemp "$folder/${dw_aside}XXXXXX") || return 1
    cat >"$aside" && whole "$aside" "$2" && { [ -z "$4" ] || chown "$4" "$aside"; } && chmod "$3" "$aside" &&
        sync "$aside" && fenced && mv -f -- "$aside" "$1" && sync "$folder" && return 0
    set -- $?
    rm -f -- "$aside"
    return "$1"
}
whole() { # FILE BYTES
    [ "$(wc -c <"$1" | tr -d ' ')" = "$2" ] || { echo "what came was cut off" >&2; return 1; }
}
