# shellcheck shell=bash disable=SC2154 # root is set by `run`
# `./run --uninstall`: what `./run` brought to this machine leaves it again. Looks first, says the plan, and asks.
#
# It errs to one side: an engine that holds a container or a volume stays, and so does a package that another one needs.
# Killed at any moment, the next run finishes: the list of packages goes after the packages, .venv goes last.

readonly STATE=${SETUP_ROOT:-}/var/lib/dockworthy
readonly OWN_STATE=(disk.jsonl redaction.key packages-installed)
readonly DOCKER_DATA=${SETUP_ROOT:-}/var/lib/docker
# What people use an engine with: it stays where the engine stays.
readonly ENGINE_COMPANIONS=(docker-cli docker-buildx docker-compose docker-compose-v2 iptables)
readonly EDGE=$STATE/edge
readonly DOCKER_SETTINGS=${SETUP_ROOT:-}/etc/docker/daemon.json

# Ends the script where something still needs this folder's program, with the command that ends the need.
nothing_needs_this_clone() {
    local file
    for file in "${SETUP_ROOT:-}"/etc/systemd/system/dockworthy-guard.service "${SETUP_ROOT:-}"/etc/init.d/dockworthy-guard; do
        [[ ! -e $file ]] || give_up "the guard is installed on this machine: $file" "sudo $root/.venv/bin/dockworthy guard uninstall"
    done
    file=$(grep -lsF "$root/" "${SETUP_ROOT:-}"/etc/cron.d/dockworthy-* "${SETUP_ROOT:-}"/etc/systemd/system/dockworthy-*.service | head -n 1)
    [[ -z $file ]] || give_up "certificates are renewed by this folder's program: $file" \
        "sudo $root/.venv/bin/dockworthy edge renew --uninstall"
}

# Sets: leaving (packages that go), staying (packages of ours that stay), engine_stays (why the engine does; or empty).
look_at_packages() {
    leaving=() staying=() engine_stays=''
    local names=() ours=() name
    [[ -s $INSTALLED_HERE ]] || return 0
    have_apt || give_up "there is no apt here to remove the packages in $INSTALLED_HERE"
    mapfile -t names < <(LC_ALL=C sort -u "$INSTALLED_HERE")
    mapfile -t ours < <(installed_packages "${names[@]}")
    engine_stays=$(engine_in_use "${ours[@]}")
    for name in "${ours[@]}"; do
        if [[ -n $engine_stays && " ${ENGINE_PACKAGES[*]} ${ENGINE_COMPANIONS[*]} " == *" $name "* ]]; then staying+=("$name"); else leaving+=("$name"); fi
    done
    leave_what_others_need
}

# engine_in_use PACKAGE...: prints why the engine among the packages must stay; nothing where it may go.
engine_in_use() {
    local name engine=''
    for name in "$@"; do
        [[ " ${ENGINE_PACKAGES[*]} " != *" $name "* ]] || engine=$name
    done
    [[ -n $engine ]] || return 0
    if [[ -e $DOCKER_SETTINGS ]]; then
        printf 'it has settings in %s' "$DOCKER_SETTINGS" # which may name another place for its data
    elif [[ -n $(ls -A "$DOCKER_DATA/containers" 2>/dev/null) ]]; then
        printf 'it holds containers'
    elif [[ -n $(find "$DOCKER_DATA/volumes" -mindepth 1 -maxdepth 1 -type d 2>/dev/null) ]]; then
        printf 'it holds volumes'
    elif [[ -e $DOCKER_DATA/swarm/docker-state.json ]]; then
        printf 'it is part of a swarm'
    fi
}

# A package stays if apt would take others than ours with it.
leave_what_others_need() {
    local name kept=()
    ((${#leaving[@]})) && [[ -n $(others_that_go "${leaving[@]}") ]] || return 0
    for name in "${leaving[@]}"; do
        if [[ -n $(others_that_go "$name") ]]; then staying+=("$name"); else kept+=("$name"); fi
    done
    leaving=("${kept[@]}")
}

# others_that_go PACKAGE...: prints what apt would remove with them that is not ours, or that has to stay; all of them where
# apt can't do it at all, as with a library of the whole system.
others_that_go() {
    local would
    would=$(run_apt -s remove "$@" 2>/dev/null) || { printf '%s\n' "$@" && return; }
    awk '$1 == "Remv" { print $2 }' <<<"$would" | LC_ALL=C sort -u |
        LC_ALL=C comm -23 - <(printf '%s\n' "${leaving[@]}" | LC_ALL=C sort -u)
}

say_uninstall_plan() {
    say "These will be removed from this machine:"
    say "  1. the link    $(if link_is_ours; then printf '%s' "$LINK"; else printf 'there is none'; fi)"
    say "  2. packages    $(if ((${#leaving[@]})); then printf '%s' "${leaving[*]}"; else printf 'none'; fi)"
    if [[ " ${leaving[*]} " == *" docker.io "* ]]; then
        say "                 Docker Engine with its images: it holds no container and no volume"
    fi
    say "  3. state       $STATE, as far as only the verdict wrote there"
    say "  4. .venv       $root/.venv, and the compiled Python files in $root/src"
    if follower_is_here; then
        say "  5. follower    $EDGE/follow: what 'docker compose up' makes anew by hand joins the edge no more"
    fi
    if [[ -n $engine_stays ]]; then say "Docker Engine stays, for $engine_stays: ${staying[*]}"; fi
    if [[ -z $engine_stays ]] && ((${#staying[@]})); then say "Other packages need these, so they stay: ${staying[*]}"; fi
    say "This folder stays, and so does all else that 'deploy', 'harden' and 'fix' wrote."
}

# The program that a deploy keeps running beside the edge (src/dockworthy/deploy/edge/following).
follower_is_here() { [[ -f $EDGE/follow/place.sh ]]; }

remove_follower() (
    # shellcheck disable=SC2034 # place.sh reads it
    folder=$EDGE
    # shellcheck source=/dev/null
    source "$EDGE/follow/place.sh"
    remove
)

uninstall() {
    ! link_is_ours || rm -f "$LINK" || give_up "$LINK could not be removed"
    ! follower_is_here || remove_follower || give_up "the edge's follower could not be removed" "run it again"
    if ((${#leaving[@]})); then
        stop_own_engine
        quietly "apt-get purge" run_apt purge -y "${leaving[@]}" || give_up "the packages could not be removed" "run it again"
        [[ " ${leaving[*]} " != *" docker.io "* ]] || remove_engine_data
    fi
    if ((${#staying[@]})); then printf '%s\n' "${staying[@]}" >"$INSTALLED_HERE"; else forget_state; fi
    find "$root/src" -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null
    rm -rf "$root/.venv"
    say "dockworthy is uninstalled."
    [[ ! -d $STATE ]] || say "These files about this machine stay: $STATE ($(ls -m "$STATE"))"
}

# What the engine itself made: no package removes it.
remove_engine_data() {
    rm -rf --one-file-system "$DOCKER_DATA" "${SETUP_ROOT:-}/var/lib/containerd" "$ENGINE_LOG"
    rmdir --ignore-fail-on-non-empty -p "${SETUP_ROOT:-}/etc/cni/net.d" 2>/dev/null || true
}

# Without a service manager nothing stops an engine when its package goes.
stop_own_engine() {
    local pid deadline=$((SECONDS + 30))
    [[ " ${leaving[*]} " == *" docker.io "* ]] && ! under_systemd && pid=$(cat /run/docker.pid 2>/dev/null) || return 0
    [[ $(cat "/proc/$pid/comm" 2>/dev/null) == dockerd ]] || return 0
    kill "$pid"
    while [[ -d /proc/$pid ]] && ((SECONDS < deadline)); do sleep 0.2; done
    [[ ! -d /proc/$pid ]] || give_up "the engine (process $pid) does not end" "stop it, then run this again"
}

forget_state() {
    local name
    for name in "${OWN_STATE[@]}"; do rm -f "$STATE/$name"; done
    rmdir --ignore-fail-on-non-empty "$STATE" 2>/dev/null || true
}
