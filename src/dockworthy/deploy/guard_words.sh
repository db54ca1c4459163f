# shellcheck shell=sh
# Prints the words of the command lines of the guards that serve on this host, one in a line.
# $1: the file that names the one that answers the engine; the others: folders with a file for each.
first=''
[ ! -r "$1" ] || read -r first _ <"$1" || :
shift
others=$(for folder; do cat "$folder"/*.json 2>/dev/null; done | grep -o '"pid": *[0-9]*' | tr -dc '0-9\n')
for pid in $first $others; do
    case $pid in *[!0-9]*) continue ;; esac
    [ ! -r "/proc/$pid/cmdline" ] || tr '\0' '\n' <"/proc/$pid/cmdline"
done
