# shellcheck shell=sh
# Writes into FOLDER/listening, twenty times a second, the uptime and the TCP ports (in hex) at which somebody listens,
# until FOLDER/looked is there. $1: the folder, $2: how often at the most.
ends() { [ -e "$1/looked" ] || [ "$n" -gt "$2" ]; }
n=0
while ! ends "$1" "$2"; do
    n=$((n + 1))
    read -r now _ </proc/uptime
    ports=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
        awk '$4 == "0A" {n = split($2, part, ":"); print part[n]}' | sort -u | tr '\n' ' ')
    echo "$now $ports"
    sleep 0.05
done >"$1/listening" 2>/dev/null
