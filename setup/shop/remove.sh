# shellcheck shell=bash disable=SC2154,SC2034 # main.sh has what is not set here, and uses what is
# Takes the shop away, by `dockworthy remove`, and its images. An edge that serves other projects, too, goes on serving
# them.

readonly SHOP_PROJECT=dockworthy-shop

# remove_all VOLUMES: "" leaves the volume with the orders, and the password that goes with it.
remove_all() {
    local state=${DOCKWORTHY_STATE:-/var/lib/dockworthy}
    say "Removing the shop: containers, networks, routes, certificates, records, images${1:+, volumes and the secret}"
    "$root/.venv/bin/dockworthy" remove --yes ${1:+--volumes} >/dev/null ||
        give_up "the shop could not be removed" "is another deploy at work? Then run it again"
    [[ -z $1 ]] || rm -rf "$shop/secrets"
    rm -f "$shop/other-ports.yaml"
    remove_images
    say "Kept: the authority of this host's certificates, in $state/edge"
    [[ -n $1 || -z $(docker volume ls --quiet --filter "label=com.docker.compose.project=$SHOP_PROJECT") ]] ||
        say "Kept: the orders, in the volume ${SHOP_PROJECT}_data ('sudo ./run shop --remove --volumes' removes them, too)"
}

# Also those of builds before, which have no name any more; the edge's goes with the edge.
remove_images() {
    local found
    mapfile -t found < <(
        docker image ls --all --quiet --no-trunc --filter "label=$MADE_OF" | sort -u
        [[ -n $(docker ps --all --quiet --filter label=com.docker.compose.project=dockworthy-edge) ]] ||
            docker image ls --quiet --no-trunc dockworthy-edge | sort -u
    )
    ((${#found[@]} == 0)) || quietly "docker rmi" docker rmi --force "${found[@]}" ||
        give_up "the shop's images could not be removed" "docker image ls"
}
