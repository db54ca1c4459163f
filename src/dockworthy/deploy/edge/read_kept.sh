# shellcheck shell=sh
# Answers with files of the edge's folder and the link settings/current, as tar packs them; or with the status 1 and the
# name of one that is no file (a pipe, a device or a link) or is too large to be read.
read_kept() { # FOLDER MOST_BYTES FILE...
    folder=$1 most=$2
    shift 2
    odd=$(cd "$folder" 2>/dev/null &&
        find "$@" ! -type d ! -type f -print -o -type f -size "+${most}c" -print 2>/dev/null | head -n 1)
    if [ -n "$odd" ]; then
        r 'done' 1 "$odd"
        return
    fi
    (
        cd "$folder" 2>/dev/null && for name in "$@" settings/current; do
            if [ -e "$name" ] || [ -h "$name" ]; then echo "$name"; fi
        done | tar -cf - -T -
    ) >&3 9>&- 8>&-
    r 'done' 0 ''
}
