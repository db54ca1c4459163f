# shellcheck shell=sh
# Waits until the shell of a deploy ends, and puts the old containers back if the deploy did not take away the mark.
# $1: the mark, $2: that shell, $3: the engine's socket, $4: new containers, $5: old ones (or SERVICE=N of a swarm), by
# spaces.
mark=$1 shell=$2 socket=$3 new=$4 old=$5
echo $$ >"$mark"
while [ -e "$mark" ] && kill -0 "$shell" 2>/dev/null; do sleep 0.2; done
[ -e "$mark" ] || exit 0
ask() { # stop|start CONTAINER
    if command -v docker >/dev/null 2>&1; then
        docker -H "unix://$socket" container "$1" "$2"
    else
        curl -sf -X POST --unix-socket "$socket" "http://localhost/containers/$2/$1"
    fi
}
for each in $new; do ask stop "$each"; done
for each in $old; do
    case $each in
    *=*) docker -H "unix://$socket" service scale --detach "$each" ;;
    *) ask stop "$each"; ask start "$each" ;; # it may have been told to stop just before: it is to end first
    esac
done
rm -f "$mark"
