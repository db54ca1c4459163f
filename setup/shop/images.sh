# shellcheck shell=bash disable=SC2154,SC2034 # main.sh has what is not set here, and uses what is
# The shop's images. Each says by a label what it was made of: what is there and of the same is not made again.

readonly BASE_IMAGE=dockworthy-shop-base:1
readonly MADE_OF=dockworthy.shop.made-of

plan_images() {
    if image_is "$BASE_IMAGE" "$(base_fingerprint)"; then
        printf 'their base is there; what changed in them is built'
    elif [[ -n $base ]]; then
        printf 'a base of %s, and three on it' "$base"
    else
        printf "a base of the distribution's packages (%s; 250 MB, about 40 s), and three on it" "${BASE_PACKAGES//,/, }"
    fi
}

base_fingerprint() { sha256sum "$root/setup/shop/base.sh" | cut -c1-16; }

image_is() { [[ $(docker image inspect --format "{{index .Config.Labels \"$MADE_OF\"}}" "$1" 2>/dev/null) == "$2" ]]; }

build_images() {
    if ! image_is "$BASE_IMAGE" "$(base_fingerprint)"; then
        say "  $BASE_IMAGE"
        quietly "making $BASE_IMAGE" import_base ||
            give_up "the base image could not be made" "is the distribution's archive reachable from here? Else: --base FILE"
    fi
    build dockworthy-shop-db:1 db
    build dockworthy-shop:v1 app --build-arg VERSION=v1
    build dockworthy-shop:v2 app --build-arg VERSION=v2
}

# By a file, for half an archive must make no image. It has one name: what a killed run left is written over.
import_base() {
    local archive status=0 label state=${DOCKWORTHY_STATE:-/var/lib/dockworthy}
    label="LABEL $MADE_OF=$(base_fingerprint)"
    if [[ -n $base ]]; then
        docker import --change "$label" "$base" "$BASE_IMAGE"
        return
    fi
    archive=$state/shop-base.tar
    mkdir -p "$state" && base_archive >"$archive" && docker import --change "$label" "$archive" "$BASE_IMAGE" || status=$?
    rm -f "$archive"
    return "$status"
}

# build IMAGE FOLDER [OPTIONS]
build() {
    local image=$1 folder=$2 made_of
    shift 2
    made_of=$({ cd "$shop/$folder" && find . -type f ! -path '*/__pycache__/*' -print0 | sort -z | xargs -0 sha256sum &&
        printf '%s ' "$@" && docker image inspect --format '{{.Id}}' "$BASE_IMAGE"; } | sha256sum | cut -c1-16)
    ! image_is "$image" "$made_of" || return 0
    say "  $image"
    quietly "docker build of $image" docker build --network none --label "$MADE_OF=$made_of" -t "$image" "$@" "$shop/$folder" ||
        give_up "the image $image could not be built" "what it says above; the Dockerfile is examples/shop/$folder/Dockerfile"
}
