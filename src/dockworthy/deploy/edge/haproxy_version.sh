# shellcheck shell=sh
# Prints the host's clock, and what its own haproxy is or would be: the image is made of it.
date +%s
command -v haproxy >/dev/null 2>&1 || PATH=$PATH:/usr/sbin
if command -v haproxy >/dev/null 2>&1; then
    haproxy -v | sed -n '1s/.*version \([^ ]*\).*/\1/p'
else
    LC_ALL=C apt-cache policy haproxy 2>/dev/null | sed -n 's/^ *Candidate: //p'
fi
