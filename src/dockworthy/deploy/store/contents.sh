# shellcheck shell=sh
# Prints what is kept of a project, one file a line, and `removed` where its folder is on its way out.
# $1: the folder of the project, $2: where it is on its way out.
if cd "$1" 2>/dev/null; then
    for each in * versions/*/*; do
        case $each in versions | lock.*) continue ;; esac
        if [ -e "$each" ] || [ -h "$each" ]; then printf '%s\n' "$each"; fi
    done
fi
[ ! -e "$2" ] || echo removed
exit 0
