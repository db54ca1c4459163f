# shellcheck shell=sh
# Prints of each path what is there, NUL after each: `none`, `empty` (a folder with nothing in it), `full`. "$@": the
# paths.
for path; do
    found=none
    if [ -d "$path" ]; then
        found=empty
        [ -z "$(find "$path" -mindepth 1 -maxdepth 1 -print -quit)" ] || found=full
    elif [ -e "$path" ]; then
        found=full
    fi
    printf '%s\0' "$found"
done
