# shellcheck shell=sh
# Loads the dumps of several databases: the first, which is the largest, beside the others one after the other.
# $1: the command that loads the roles and makes the empty databases. Then for each database two: what writes the dump,
# and what reads it. All as a shell reads them. restic takes a while to open its repository: that of the first begins
# before there is a database for it.
# Fails where any of them does, and prints a line `NUMBER WORDS` for each (0: $1). A dump that ended early looks to what
# reads it like one that ended.
work=$(mktemp -d) || exit 1
trap 'rm -rf -- "$work"' EXIT
trap 'exit 143' TERM HUP INT

load() { # NUMBER DUMP LOAD
    {
        {
            sh -c "$2"
            echo "$?" >"$work/$1.dumped"
        } | {
            until [ -e "$work/made" ]; do
                if [ -e "$work/not_made" ] || [ ! -d "$work" ]; then exit 1; fi
                sleep 0.02
            done
            exec sh -c "$3"
        }
        echo "$?" >"$work/$1.loaded"
    } >/dev/null 2>"$work/$1.errors"
}

say() { # NUMBER: what it said first
    printf '%s %s\n' "$1" "$(grep -v '^$' "$work/$1.errors" | head -n 1 | cut -c 1-500)"
}

make=$1
shift
[ $# = 0 ] || load 1 "$1" "$2" &
if ! sh -c "$make" >/dev/null 2>"$work/0.errors"; then
    : >"$work/not_made"
    wait
    say 0
    exit 1
fi
: >"$work/made"
last=0
for command; do
    if [ $((last % 2)) = 0 ]; then
        dump=$command
    elif [ "$last" != 1 ]; then
        load "$(((last + 1) / 2))" "$dump" "$command"
    fi
    last=$((last + 1))
done
wait
status=0
number=1
while [ "$number" -le $((last / 2)) ]; do
    read -r loaded <"$work/$number.loaded"
    read -r dumped <"$work/$number.dumped"
    if [ "$loaded" = 0 ] && [ "$dumped" != 0 ]; then echo "the dump did not arrive whole" >"$work/$number.errors"; fi
    if [ "$loaded" != 0 ] || [ "$dumped" != 0 ]; then
        status=1
        say "$number"
    fi
    number=$((number + 1))
done
exit "$status"
