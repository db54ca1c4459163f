# shellcheck shell=sh
# Waits until the shell of a backup ends, and lets its containers go on if the backup did not take away the mark. Each
# line of the mark is `pause ID` or `stop ID`. $1: the mark, $2: that shell ("": it has ended), $3: the engine's socket.
mark=$1 shell=$2 socket=$3
while [ -n "$shell" ] && [ -e "$mark" ] && kill -0 "$shell" 2>/dev/null; do sleep 0.2; done
[ -e "$mark" ] || exit 0
ask() { # unpause|start CONTAINER
    if command -v docker >/dev/null 2>&1; then
        docker -H "unix://$socket" container "$1" "$2"
    else
        curl -sf -X POST --unix-socket "$socket" "http://localhost/containers/$2/$1"
    fi
}
while read -r how container; do
    case $how in
    pause) ask unpause "$container" ;;
    stop) ask start "$container" ;;
    esac
done <"$mark"
rm -f "$mark"
