# shellcheck shell=sh
# Keeps a file of root's, at once and durably; also where two runs write the same one at the same moment.
keep() { # PATH MODE CONTENT
    [ ! -f "$1" ] || [ "$(cat -- "$1")" != "$3" ] || return 0
    mkdir -p -- "$(dirname -- "$1")" && kept=$(mktemp "$1.XXXXXX") || return
    printf '%s\n' "$3" >"$kept" && chmod "$2" "$kept" && sync "$kept" && mv -f -- "$kept" "$1" && return
    rm -f -- "$kept"
    return 1
}
