# shellcheck shell=sh
# Prints of each path what it is without links, NUL, `folder` or `else`, NUL. "$@": the paths.
for path; do
    real=$(readlink -f -- "$path" && echo .) && real=${real%??} || real=$path
    kind=else
    [ ! -d "$path" ] || kind=folder
    printf '%s\0%s\0' "$real" "$kind"
done
