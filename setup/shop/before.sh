# shellcheck shell=bash disable=SC2154,SC2034 # main.sh has what is not set here, and uses what is
# What must be so before anything is built, and what is made once: packages, room, ports, the secret.

readonly ROOM_MB=1500

# Two at a time would take each other's version away. The lock ends with this process, however that ends.
only_one() {
    exec 8<compose.yaml
    flock -n 8 || give_up "another './run shop' is at work here" "wait for its end"
}

needs_engine() {
    [[ $EUID == 0 ]] || give_up "the shop needs root: for the engine, and to make a base image" "sudo ./run shop"
    command -v docker >/dev/null || give_up "there is no docker command here" "apt install docker-cli"
    [[ ${DOCKER_HOST:-unix://} == unix://* ]] || give_up "DOCKER_HOST leads to another machine, and the shop is built on this one" "unset DOCKER_HOST"
    docker version >/dev/null 2>&1 || give_up "Docker Engine does not answer" "start it: systemctl start docker"
}

# A port of ours is one that the edge has already. Others are named now, not after a minute of building.
needs_ports() {
    local port
    for port in "$http" "$https"; do
        [[ -z $(docker ps -q --filter label=com.docker.compose.project=dockworthy-edge --filter "publish=$port") ]] || continue
        ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null ||
            give_up "port $port is taken by another program" "sudo ./run shop --http 8080 --https 8443"
    done
}

needs_room() {
    local place free
    image_is "$BASE_IMAGE" "$(base_fingerprint)" && return
    place=$(docker info --format '{{.DockerRootDir}}')
    free=$(df -Pm "$place" 2>/dev/null | awk 'NR == 2 { print $4 }')
    ((${free:-$ROOM_MB} >= ROOM_MB)) ||
        give_up "$place has $free MB left, and the shop's images need about $ROOM_MB for a while" "docker system df"
}

needs_packages() {
    local missing=()
    command -v curl >/dev/null || missing+=(curl)
    [[ -n $base ]] || image_is "$BASE_IMAGE" "$(base_fingerprint)" || command -v mmdebstrap >/dev/null || missing+=(mmdebstrap)
    ((${#missing[@]})) || return 0
    have_apt || give_up "${missing[*]} is not installed, and there is no apt here" "install it, then run this again"
    say "  installing ${missing[*]}"
    { refresh_package_lists && install_packages "${missing[@]}"; } || give_up "${missing[*]} could not be installed"
}

# Once, and never in git. The group is the one of the shop's containers.
make_secret() {
    local file=secrets/database-password
    [[ -s $file ]] && return
    { mkdir -p -m 0755 secrets && chown --reference="$shop" secrets &&
        (umask 077 && od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >$file.new) &&
        chown 0:10000 $file.new && chmod 0440 $file.new && mv $file.new $file; } ||
        give_up "$shop/$file can't be written"
}

# dockworthy.yaml says 80 and 443. For others, one beside it that differs in nothing else.
choose_ports() {
    policy=()
    [[ $http:$https == 80:443 ]] && return
    sed "s/{http: 80, https: 443,/{http: $http, https: $https,/" dockworthy.yaml >other-ports.yaml ||
        give_up "$shop/other-ports.yaml can't be written"
    policy=(--policy other-ports.yaml)
}
