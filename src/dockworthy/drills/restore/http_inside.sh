# shellcheck shell=sh
# Prints the status that an HTTP server in a container answers with. Asked in the container's own network, by a program
# of the host; no proxy of the host's is asked, and where the answer sends to another place, nobody goes there.
# $1: a process of the container, $2: its address there, $3: port, $4: path, $5: the host name asked for.
url="http://$2:$3$4"
if command -v curl >/dev/null; then
    exec nsenter --net="/proc/$1/ns/net" curl -q --silent --output /dev/null --max-time 10 --write-out '%{http_code}' \
        --noproxy '*' --max-redirs 0 --path-as-is --globoff --header "Host: $5" -- "$url"
fi
command -v python3 >/dev/null || { echo "the host has neither curl nor python3" >&2; exit 1; }
exec nsenter --net="/proc/$1/ns/net" python3 -I -c '
import sys, urllib.error, urllib.request
class Stays(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *asked):
        return None
asked = urllib.request.Request(sys.argv[1], headers={"Host": sys.argv[2]})
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stays)
try:
    print(opener.open(asked, timeout=10).status)
except urllib.error.HTTPError as error:
    print(error.code)
' "$url" "$5"
