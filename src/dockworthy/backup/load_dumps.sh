# shellcheck shell=sh
# Loads the dumps of several databases: the first, which is the largest, beside the others one after the other.
# load_one: the script that loads one. $1: the command that loads the roles and makes the empty databases. Then for each
# database two: what writes the dump, and what reads it. All as a shell reads them. restic takes a while to open its
# repository: that of the first begins before there is a database for it.
# Fails where any of them does, and prints a line `NUMBER WORDS` for each (0: $1).
# shellcheck disable=SC2154 # given before this text
work=$(mktemp -d) || exit 1
trap 'rm -rf -- "$work"' EXIT
trap 'exit 143' TERM HUP INT

load() { # NUMBER DUMP LOAD
    {
        sh -c "$load_one" sh "$2" "until [ -e '$work/made' ]; do
            if [ -e '$work/not_made' ] || [ ! -d '$work' ]; then exit 1; fi
            sleep 0.02
        done
        $3" >/dev/null
        echo "$?" >"$work/$1.ended"
    } 2>&1 | {
        head -c 65536 >"$work/$1.errors"
        cat >/dev/null
    }
}

say() { # NUMBER: what it said first
    printf '%s %s\n' "$1" "$(grep -v '^$' "$work/$1.errors" | head -n 1 | cut -c 1-500)"
}

make=$1
shift
last=$(($# / 2))
[ "$last" = 0 ] || load 1 "$1" "$2" &
if ! sh -c "$make" >/dev/null 2>"$work/0.errors"; then
    : >"$work/not_made"
    wait
    say 0
    exit 1
fi
: >"$work/made"
number=1
while [ "$number" -lt "$last" ]; do
    shift 2
    number=$((number + 1))
    load "$number" "$1" "$2"
done
wait
status=0
number=0
while [ "$number" -lt "$last" ]; do
    number=$((number + 1))
    if [ "$(cat "$work/$number.ended")" != 0 ]; then
        status=1
        say "$number"
    fi
done
exit "$status"
