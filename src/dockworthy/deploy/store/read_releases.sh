# shellcheck shell=sh
# Prints the numbers of the records that are no files or too large, in a line; then all others, as tar packs them, in
# base64. As many programs for one record as for twenty: each takes a while to start. $1: their folder, $2: the most
# bytes of one.
cd "$1" 2>/dev/null || exit 0
large=" $(find -L . -type d ! -name . -prune -o -type f -name '[0-9]*.json' -size "+${2}c" -print | tr '\n' ' ')"
unreadable=''
set --
for file in [0-9]*.json; do
    case ${file%.json} in *[!0-9]*) continue ;; esac
    case $large in *" ./$file "*) unreadable="$unreadable ${file%.json}" && continue ;; esac
    if [ -f "$file" ]; then
        set -- "$@" "$file"
    elif [ -e "$file" ] || [ -h "$file" ]; then
        unreadable="$unreadable ${file%.json}"
    fi
done
printf '%s\n' "$unreadable"
[ "$#" = 0 ] || tar -chf - -- "$@" 2>/dev/null | base64
exit 0
