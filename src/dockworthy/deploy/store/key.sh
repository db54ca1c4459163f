# shellcheck shell=sh
# Answers with the key of a host, in base64. It is made where there is none, if it may be (MAKING: yes); else the words
# are `none`. Of two that come at once, one makes everybody's. Sent after content.sh. Takes: $dw_aside, how files begin
# that are not whole yet.
: "${dw_aside:?}"
key() { # FILE FOLDER MAKING BYTES
    why=''
    if ! [ -e "$1" ]; then
        [ "$3" = yes ] || { r 'done' 0 none; return; }
        aside=$(umask 077; mkdir -p -- "$2" 2>&1 && mktemp "$2/${dw_aside}XXXXXX" 2>&1) || { r 'done' 1 "$aside"; return; }
        why=$( { head -c "$4" /dev/urandom >"$aside" && sync "$aside"; } 2>&1) && ln -- "$aside" "$1" 2>/dev/null
        rm -f -- "$aside"
    fi
    if ! [ -r "$1" ]; then
        r 'done' 1 "${why:-"it can't be read"}"
        return
    fi
    [ -f "$1" ] || { r 'done' 1 "it is no regular file"; return; }
    content "$1" 1000 | base64 >&3
    r 'done' 0 ''
}
