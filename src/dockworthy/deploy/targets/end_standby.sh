# shellcheck shell=sh
# Waits until the time of a standby is over, and removes its containers, if nobody took the mark before.
# $1: the mark, $2: the second until which they stand by, $3: the engine's socket; the others: containers.
mark=$1 until=$2 socket=$3
shift 3
cd / || exit
while [ -e "$mark" ] && [ "$(date +%s)" -lt "$until" ]; do sleep 1; done
mv "$mark" "$mark.over" || exit 0
for each; do
    if command -v docker >/dev/null; then
        docker -H "unix://$socket" container stop "$each"
        docker -H "unix://$socket" container rm --force "$each"
    else
        curl -s -X POST --unix-socket "$socket" "http://localhost/containers/$each/stop"
        curl -s -X DELETE --unix-socket "$socket" "http://localhost/containers/$each?force=true"
    fi
done
rm -f "$mark.over"
