# shellcheck shell=sh
# Prints the status that an HTTP server in a container answers with. Asked in the container's own network, by a program
# of the host. $1: a process of the container, $2: its address there, $3: port, $4: path, $5: the host name asked for.
url="http://$2:$3$4"
if command -v curl >/dev/null; then
    exec nsenter --net="/proc/$1/ns/net" curl --silent --output /dev/null --max-time 10 --write-out '%{http_code}' \
        --header "Host: $5" -- "$url"
fi
command -v python3 >/dev/null || { echo "the host has neither curl nor python3" >&2; exit 1; }
exec nsenter --net="/proc/$1/ns/net" python3 -I -c '
import sys, urllib.error, urllib.request
asked = urllib.request.Request(sys.argv[1], headers={"Host": sys.argv[2]})
try:
    print(urllib.request.urlopen(asked, timeout=10).status)
except urllib.error.HTTPError as error:
    print(error.code)
' "$url" "$5"
