# shellcheck shell=bash disable=SC2154,SC2034 # main.sh has what is not set here, and uses what is
# Takes the shop away: what carries its project's name, its routes at the edge, its images and its records. An edge that
# serves other projects, too, goes on serving them.

readonly SHOP_PROJECT=dockworthy-shop

# remove_all VOLUMES: "" leaves the volume with the orders, and the password that goes with it.
remove_all() {
    local state=${DOCKWORTHY_STATE:-/var/lib/dockworthy}
    say "Removing the shop: containers, networks, images, records${1:+, volumes and the secret}"
    remove_each container rm --force --volumes # first: while they are there, the edge's network is in use
    "$root/.venv/bin/python" -I "$root/setup/shop/remove_routes.py" "$SHOP_PROJECT" ||
        give_up "the shop's routes could not be taken from the edge" "is another deploy at work? Then run it again"
    remove_each network network rm
    [[ -z $1 ]] || remove_each volume volume rm
    [[ -z $1 ]] || rm -rf "$shop/secrets"
    rm -rf "$state/releases/$SHOP_PROJECT" "$shop/other-ports.yaml"
    remove_images
    say "Kept: the authority of this host's certificates, in $state/edge"
    [[ -n $1 || -z $(labelled volume) ]] ||
        say "Kept: the orders, in the volume ${SHOP_PROJECT}_data ('sudo ./run shop --remove --volumes' removes them, too)"
}

labelled() {
    local every=()
    [[ $1 != container ]] || every=(--all)
    docker "$1" ls --quiet "${every[@]}" --filter "label=com.docker.compose.project=$SHOP_PROJECT"
}

# remove_each WHAT COMMAND...
remove_each() {
    local found what=$1
    shift
    mapfile -t found < <(labelled "$what")
    ((${#found[@]} == 0)) || quietly "docker $*" docker "$@" "${found[@]}" ||
        give_up "what the shop left could not be removed" "docker $what ls"
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
