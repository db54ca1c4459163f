# shellcheck shell=sh
# Writes its standard input to a file at once and durably: never half of one. $1: its path, $2: its mode, $3: how many
# bytes come: who sends them may be killed in the middle. A file that says the same already stays, as waiting for the
# disk takes long where other programs write much.
umask 077
folder=$(dirname -- "$1")
mkdir -p -- "$folder" && cat >"$1.new" && chmod "$2" "$1.new" || exit
if [ "$(wc -c <"$1.new" | tr -d ' ')" != "$3" ]; then
    echo "what came was cut off" >&2
    rm -f -- "$1.new"
    exit 1
fi
if [ -f "$1" ] && [ ! -h "$1" ] && cmp -s -- "$1.new" "$1" &&
    [ "$(stat -c '%a %u %g' -- "$1.new")" = "$(stat -c '%a %u %g' -- "$1")" ]; then
    rm -f -- "$1.new"
else
    sync "$1.new" && mv -f "$1.new" "$1" && sync "$folder"
fi
