# shellcheck shell=sh
# Prints who starts the engine. $1: its unit.
if [ -d /run/systemd/system ] && systemctl is-active -q "$1"; then
    echo systemd
elif [ -x /etc/init.d/docker ] && service docker status >/dev/null 2>&1; then
    echo 'init script'
else
    echo nobody
fi
