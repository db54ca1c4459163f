# shellcheck shell=bash
# Docker Engine from the distribution's packages, on a machine that has no engine of any kind.

# Stands from before the first package until the engine has answered: a killed run is taken up where it stopped,
# and is never mistaken for an engine that someone else installed and stopped.
readonly UNFINISHED=/var/lib/dockworthy/engine-unfinished
readonly ENGINE_LOG=/var/log/dockerd.log

under_systemd() { [[ -d /run/systemd/system ]]; }

how_it_is_started() {
    if under_systemd; then printf 'through systemd'; else printf 'directly, for no systemd runs here'; fi
}

# Prints the distribution's names for engine, command line, Compose and Buildx, as far as it has them.
engine_packages() {
    local name
    package_candidate docker.io >/dev/null || return 1
    printf 'docker.io\n'
    for name in docker-cli docker-buildx iptables; do
        package_candidate "$name" >/dev/null && printf '%s\n' "$name"
    done
    compose_package
    return 0
}

# The package lists must be fresh. Ends the script where the engine can't be installed or does not answer.
install_engine() {
    local packages
    mapfile -t packages < <(engine_packages)
    ((${#packages[@]})) || give_up "apt knows no package docker.io" "on Ubuntu it is in the section universe"
    { mkdir -p "${UNFINISHED%/*}" && touch "$UNFINISHED"; } || give_up "${UNFINISHED%/*} can't be written"
    say "    installing ${packages[*]}"
    install_packages "${packages[@]}" || give_up "Docker Engine could not be installed"
    start_engine "$1"
    rm -f "$UNFINISHED"
}

start_engine() {
    local python=$1 pid=''
    if ! engine_answers "$python"; then
        if under_systemd; then
            quietly "systemctl start docker" systemctl start docker || give_up "systemd could not start Docker Engine"
        else
            # Without the lock on .venv, or it would be held for as long as the engine lives.
            setsid nohup dockerd >>"$ENGINE_LOG" 2>&1 </dev/null 9<&- &
            pid=$!
        fi
    fi
    wait_for_engine "$python" "$pid"
}

# wait_for_engine PYTHON [PID]: up to 60 s; no longer than the process PID lives.
wait_for_engine() {
    local python=$1 pid=$2 deadline=$((SECONDS + 60))
    until engine_answers "$python"; do
        if ((SECONDS >= deadline)) || { [[ -n $pid ]] && ! kill -0 "$pid" 2>/dev/null; }; then
            engine_did_not_answer
        fi
        sleep 0.2
    done
    say "    Docker Engine answers"
}

engine_did_not_answer() {
    say "error: Docker Engine was installed and does not answer on /var/run/docker.sock. Its last words:"
    if under_systemd; then
        journalctl -u docker -n 15 --no-pager -o cat 2>/dev/null | sed 's/^/    /' >&2
    else
        tail -n 15 "$ENGINE_LOG" | sed 's/^/    /' >&2
        say "    all of it: $ENGINE_LOG"
    fi
    give_up "the engine could not be started" "mend that and run it again; '.venv/bin/dockworthy assess' judges the host all the same"
}

engine_answers() { "$1" -I "${BASH_SOURCE[0]%/*}/ping.py" /var/run/docker.sock; }
