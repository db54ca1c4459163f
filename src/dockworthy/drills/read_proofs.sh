# shellcheck shell=sh
# Prints the names of the proofs that are no regular files or too large, in a line; then all others, as tar packs them,
# in base64. $1: their folder, $2: the most bytes of one.
[ -e "$1" ] || [ -h "$1" ] || exit 0
cd "$1" && ls >/dev/null || exit
large=" $(find . ! -name . -prune -type f -name '*.json' -size "+${2}c" -print | tr '\n' ' ')"
unreadable=''
set --
for file in *_*.json; do
    case $file in *[!A-Za-z0-9._-]*) continue ;; esac
    case $large in *" ./$file "*) unreadable="$unreadable $file" && continue ;; esac
    if [ -f "$file" ] && [ ! -h "$file" ]; then
        set -- "$@" "$file"
    elif [ -e "$file" ] || [ -h "$file" ]; then
        unreadable="$unreadable $file"
    fi
done
printf '%s\n' "$unreadable"
[ "$#" = 0 ] || tar -cf - -- "$@" 2>/dev/null | base64
exit 0
