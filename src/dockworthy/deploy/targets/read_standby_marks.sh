# shellcheck shell=sh
# Prints the marks of a project: name, seconds that are left, containers. $1: their folder.
cd "$1" 2>/dev/null || exit 0
now=$(date +%s)
for mark in standby.*; do
    [ -f "$mark" ] || continue
    read -r until ids 2>/dev/null <"$mark" || continue
    case $mark in *.over) until=0 ;; esac
    case $until in '' | *[!0-9]*) continue ;; esac
    printf '%s %s %s\n' "$mark" $((until - now)) "$ids"
done
exit 0
