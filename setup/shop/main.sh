#!/bin/bash
# shellcheck disable=SC2154 # options.sh sets what is not set here
# examples/shop, for `sudo ./run shop`: built on this machine, shipped, a second version under load, and back again.
# Reads top to bottom: say what will be done, build, ship, show. Pieces beside this file; `./run shop --help` says the rest.
set -uo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
for piece in say packages shop/options shop/base shop/images shop/before shop/show shop/remove; do
    # shellcheck source=/dev/null
    source "$root/setup/$piece.sh"
done
shop=$root/examples/shop

say_plan() {
    say
    say "The shop (examples/shop) is brought up on this machine:"
    say "  1. images      $(plan_images)"
    say "  2. version 1   shipped by 'dockworthy deploy': https://shop.localhost$(port_in_url), and the edge on ports $http and $https"
    say "  3. version 2   shipped while $rate requests a second come from this machine, with a migration of the database"
    say "  4. version 1   taken back to, under the same load, and left running"
    say "It does not: open anything else to the network, ask a registry, or touch a container that is not its own."
    say "'sudo ./run shop --remove' takes all of it away."
}

port_in_url() { [[ $https == 443 ]] || printf ':%s' "$https"; }

read_options "$@"
cd "$shop" || give_up "$shop is not there" "git checkout examples"
only_one
needs_engine
if [[ -n $remove ]]; then
    remove_all "$volumes"
    exit 0
fi
needs_ports
say_plan
needs_room
needs_packages
build_images
make_secret
choose_ports
show
