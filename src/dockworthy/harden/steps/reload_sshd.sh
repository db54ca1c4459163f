# shellcheck shell=sh
# The SSH server reads its settings again, if one runs.
for unit in ssh.service sshd.service; do
    if systemctl is-active -q "$unit" 2>/dev/null; then exec systemctl reload "$unit"; fi
done
pid=$(cat /run/sshd.pid 2>/dev/null) || exit 0 # nothing listens; by a socket's activation each login starts it again
[ ! -d "/proc/$pid" ] || kill -HUP "$pid"
