# shellcheck shell=bash disable=SC2154,SC2034 # main.sh has what is not set here, and uses what is
# Ships version 1, then version 2 and back under load, and says what came of it and by which commands.

readonly SHOP_NAME=shop.localhost

show() {
    local second back
    ca=${DOCKWORTHY_STATE:-/var/lib/dockworthy}/edge/authority/ca.pem
    url=https://$SHOP_NAME$(port_in_url)/
    say && say "Version 1"
    run_here v1 deploy --yes || failed $? "version 1 was not shipped"
    page_says "version 1"
    order "tea, ordered from version 1"
    say && say "Version 2, under load"
    second=$(under_load v2 deploy --yes) || failed $? "version 2 was not shipped without a trace: $second"
    say "  $second"
    page_says "version 2"
    order "coffee, ordered from version 2" "with a note"
    say && say "Back to version 1, under load"
    back=$(under_load v1 rollback --yes) || failed $? "version 1 did not come back without a trace: $back"
    say "  $back"
    page_says "version 1"
    all_packed
    outcome "$second" "$back"
}

# run_here VERSION COMMAND...: dockworthy in examples/shop, its words on standard error.
run_here() {
    local version=$1
    shift
    SHOP_VERSION=$version "$root/.venv/bin/dockworthy" "$@" "${policy[@]}" >&2
}

under_load() {
    local version=$1
    shift
    SHOP_VERSION=$version "$root/.venv/bin/python" -I load.py --rate "$rate" --port "$https" --ca "$ca" -- \
        "$root/.venv/bin/dockworthy" "$@" "${policy[@]}"
}

failed() {
    say "error: $2"
    hint "what was said above; then 'sudo ./run shop' goes on from there"
    hint "docker compose -p dockworthy-shop logs; ../../.venv/bin/dockworthy releases (in examples/shop)"
    exit "$1"
}

ask() { curl --silent --show-error --fail --max-time 10 --cacert "$ca" "$@"; }

page_says() {
    local page
    page=$(ask "$url") || failed 1 "$url does not answer"
    [[ $page == *"Shop, $1"* ]] || failed 1 "$url does not show $1"
    say "  curl --cacert $ca $url: the shop's page, $1"
}

order() {
    ask --output /dev/null --data-urlencode "what=$1" ${2:+--data-urlencode "note=$2"} "${url}orders" ||
        failed 1 "an order could not be placed"
}

# The worker has them soon: it looks twice a second.
all_packed() {
    local ends=$((SECONDS + 15)) page
    until page=$(ask "$url") && [[ $page != *waits* && $page == *"coffee, ordered from version 2"* ]]; do
        ((SECONDS < ends)) || failed 1 "the worker does not pack what was ordered"
        sleep 0.3
    done
    say "  what was ordered from each version is there, and packed"
}

outcome() {
    local dockworthy=../../.venv/bin/dockworthy more=''
    ((${#policy[@]} == 0)) || more=" ${policy[*]}"
    cat <<END

The shop runs, version 1: $url
  version 2 shipped     $1
  version 1 taken back  $2
  its certificate is of this host's own authority: $ca
By these commands, in examples/shop:
  sudo SHOP_VERSION=v1 $dockworthy deploy$more
  sudo SHOP_VERSION=v2 $dockworthy deploy$more
  sudo $dockworthy rollback$more
Look at it: sudo docker compose -p dockworthy-shop ps; sudo $dockworthy releases$more
Take it away: sudo ./run shop --remove (--volumes: the orders, too)
END
}
