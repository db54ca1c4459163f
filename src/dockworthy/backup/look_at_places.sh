# shellcheck shell=sh
# Looks at places of the host, some at a time: one whose file system does not answer keeps nobody waiting. Prints what
# was found, as tar packs it: NUMBER.look and NUMBER.count (look_at_place.sh), and `uid`, who we are here. $@: the places.
# Takes: $dw_look, the script for one place; $dw_seconds, for which one is waited; $dw_at_once, how many at a time.
: "${dw_look:?}" "${dw_seconds:?}" "${dw_at_once:?}"
dw=$(mktemp -d) || exit 1
trap 'rm -rf -- "$dw"' EXIT
mkdir "$dw/found"
printf '%s' "$dw_look" >"$dw/script" || exit 1
id -u >"$dw/found/uid"
LIMIT=
timeout -k 1 1 true >/dev/null 2>&1 && LIMIT="timeout -k 1 $dw_seconds"
NICE=
nice true >/dev/null 2>&1 && NICE='nice'
begin() { # NUMBER VERB PATH
    {
        # shellcheck disable=SC2086 # several words
        $LIMIT $NICE sh "$dw/script" "$2" "$3" >"$dw/found/$1.$2" 2>/dev/null </dev/null
        : >"$dw/$1.$2"
    } 2>/dev/null &
}
ended() { # FROM TO
    each=$1
    while [ "$each" -le "$2" ]; do
        [ -e "$dw/$each.look" ] && [ -e "$dw/$each.count" ] || return 1
        each=$((each + 1))
    done
}
wait_for() { # FROM TO
    ends=$(($(date +%s) + dw_seconds + 2))
    until ended "$1" "$2" || [ "$(date +%s)" -gt "$ends" ]; do sleep 0.05 2>/dev/null || sleep 1; done
}
number=0
from=1
for path; do
    number=$((number + 1))
    begin "$number" look "$path"
    begin "$number" count "$path"
    if [ $((number - from + 1)) = "$dw_at_once" ]; then
        wait_for "$from" "$number"
        from=$((number + 1))
    fi
done
wait_for "$from" "$number"
tar -cf - -C "$dw/found" . 2>/dev/null
exit 0
