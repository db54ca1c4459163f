# shellcheck shell=sh
# Prints who listens at a TCP port, if somebody does: in the words of ss, or `somebody`. $1: the port.
if command -v ss >/dev/null; then
    ss -Hltnp "sport = :$1" 2>/dev/null
else
    awk -v p="$(printf ':%04X' "$1")" '$4 == "0A" && index($2, p) == length($2) - 4 { print "somebody" }' \
        /proc/net/tcp /proc/net/tcp6 2>/dev/null
fi
