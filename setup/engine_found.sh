# shellcheck shell=bash
# Is there a container engine of any kind on this machine, running or not? Reads only.
#
# It must err to one side: a second engine beside the first shares its firewall and its data, and an engine that
# someone stopped may be a standby. `SETUP_ROOT` is put before every path, for the tests.

readonly ENGINE_PACKAGES=(docker.io docker-ce docker-engine moby-engine docker-desktop docker-ce-rootless-extras
    podman podman-docker containerd containerd.io nerdctl cri-o balena-engine kubelet k3s rke2)
readonly ENGINE_PROGRAMS=(dockerd podman nerdctl containerd crio k3s rke2 kubelet balenad dockerd-rootless.sh
    rootlesskit microk8s)
readonly ENGINE_PLACES=(/usr/bin /usr/sbin /bin /sbin /usr/local/bin /usr/local/sbin /opt/bin /snap/bin
    '/root/bin' '/home/*/bin' '/home/*/.local/bin')
readonly ENGINE_TRACES=(/snap/docker /snap/microk8s '/var/lib/snapd/snaps/docker_*.snap'
    /etc/systemd/system/docker.service /usr/lib/systemd/system/docker.service /lib/systemd/system/docker.service
    '/home/*/.config/systemd/user/docker.service' /root/.config/systemd/user/docker.service
    /run/docker.sock /run/podman/podman.sock /run/containerd/containerd.sock
    '/run/user/*/docker.sock' '/run/user/*/podman/podman.sock')

# Prints what was found first, in words; fails where there is nothing.
engine_found() {
    engine_package || engine_program || engine_trace || engine_data || engine_elsewhere
}

engine_package() {
    local names
    names=$(installed_packages "${ENGINE_PACKAGES[@]}" | paste -sd' ')
    [[ -n $names ]] && printf 'installed as a package: %s\n' "$names"
}

engine_program() {
    local program place file
    for program in "${ENGINE_PROGRAMS[@]}"; do
        for place in "${ENGINE_PLACES[@]}"; do
            for file in ${SETUP_ROOT:-}$place/$program; do
                [[ -x $file ]] && printf 'the program %s\n' "${file#"${SETUP_ROOT:-}"}" && return 0
            done
        done
    done
    return 1
}

engine_trace() {
    local trace file
    for trace in "${ENGINE_TRACES[@]}"; do
        for file in ${SETUP_ROOT:-}$trace; do
            [[ -e $file || -L $file ]] && printf '%s\n' "${file#"${SETUP_ROOT:-}"}" && return 0
        done
    done
    return 1
}

# Containers that an engine left behind would start again with a new one.
engine_data() {
    local data=${SETUP_ROOT:-}/var/lib/docker/containers
    [[ -n $(ls -A "$data" 2>/dev/null) ]] && printf 'containers of an earlier engine in /var/lib/docker\n'
}

engine_elsewhere() {
    [[ -n ${DOCKER_HOST:-} ]] && printf 'DOCKER_HOST names an engine: %s\n' "$DOCKER_HOST"
}
