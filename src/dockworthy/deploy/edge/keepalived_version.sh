# shellcheck shell=sh
# Prints what the host's own keepalived is or would be. It tells its own version alone, not the distribution's number
# after that.
command -v keepalived >/dev/null 2>&1 || PATH=$PATH:/usr/sbin
if command -v keepalived >/dev/null 2>&1; then
    keepalived -v 2>&1 | sed -n '1s/^[^0-9]*\([0-9][^ ]*\).*/\1/p'
else
    LC_ALL=C apt-cache policy keepalived 2>/dev/null |
        sed -n 's/^ *Candidate: \([0-9]*:\)\{0,1\}\([0-9.]*\).*/\2/p'
fi
