# shellcheck shell=sh
# Packages of the distribution: installed, and taken away again. Joins host.sh; D is the stage's folder.

# Waits for another apt instead of failing. needrestart would restart other people's services: not from here.
run_apt() {
    env LC_ALL=C DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 APT_LISTCHANGES_FRONTEND=none apt-get -q \
        -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Options::=--force-confold "$@" 3>&- 9>&-
}

# packages_in STATES: names of packages that are in one of them.
packages_in() {
    dpkg-query -W -f '${db:Status-Status} ${Package}\n' | grep -E "^($1) " | cut -d ' ' -f 2
}

# remember_before: what --undo must leave, or bring back.
remember_before() {
    [ ! -e "$D/known" ] || return 0
    getent group docker >/dev/null || : >"$D/no-group"
    cat /proc/sys/net/ipv4/ip_forward >"$D/forward" 2>/dev/null
    ls /sys/class/net >"$D/links" 2>/dev/null
    for family in iptables ip6tables; do
        command -v $family >/dev/null && $family -S FORWARD 2>/dev/null | sed -n 's/^-P FORWARD //p' >"$D/$family"
    done
    dpkg-query -W -f '${Package} ${db:Status-Status}\n' >"$D/known.part" && mv -f "$D/known.part" "$D/known" && sync "$D/known"
}

# install_packages NAME=VERSION...: `--no-remove` makes apt stop where one would push out another.
install_packages() {
    remember_before || return 1
    printf '%s\n' "$@" | sed 's/=.*//' >"$D/asked"
    run_apt -s install --no-install-recommends --no-remove "$@" >"$D/plan" 2>&1 || { tail -n 3 "$D/plan"; return 1; }
    sed -n 's/^Inst \([^ ]*\) (.*/\1/p' "$D/plan" >"$D/new.part"
    mv -f "$D/new.part" "$D/brought" && sync "$D/brought"
    run_apt -y install --no-install-recommends --no-remove "$@"
}

# start_engine_of_packages SOCKET: by who starts services here; by nobody where nobody does.
start_engine_of_packages() {
    if [ -d /run/systemd/system ]; then
        systemctl enable docker.service >/dev/null 2>&1
        systemctl reset-failed docker.service 2>/dev/null
        systemctl start docker.service || { echo "systemctl start docker failed: journalctl -u docker"; return 1; }
    elif ! engine_answers "$1"; then
        [ ! -x /etc/init.d/docker ] || timeout 60 service docker start >/dev/null 2>&1 </dev/null 3>&- 9>&-
        waited=0
        until engine_answers "$1" || [ "$waited" -ge 25 ]; do
            [ -n "$(engine_pid /var/run/docker.pid)" ] || [ "$waited" -lt 10 ] || break
            sleep 0.2
            waited=$((waited + 1))
        done
        if ! engine_answers "$1" && [ -z "$(engine_pid /var/run/docker.pid)" ]; then
            setsid dockerd </dev/null >>/var/log/dockerd.log 2>&1 3>&- 9>&- &
        fi
    fi
    wait_for_engine "$1" ''
}

# dpkg_waiting ARGUMENTS...: one that was not killed with its apt may still hold the lock.
dpkg_waiting() {
    waited=0
    while :; do
        said=$(DEBIAN_FRONTEND=noninteractive LC_ALL=C dpkg "$@" 2>&1 </dev/null 3>&- 9>&-) && return 0
        case $said in *lock*) ;; *) printf '%s\n' "$said"; return 1 ;; esac
        [ "$waited" -lt 120 ] || { printf '%s\n' "$said"; return 1; }
        sleep 1
        waited=$((waited + 1))
    done
}

# brought_here: packages that this stage brought, and that are still there in any state.
brought_here() {
    packages_in 'installed|unpacked|half-[a-z]*|triggers-[a-z]*' | grep -Fxf "$D/brought" |
        while read -r name; do grep -qx "$name installed" "$D/known" || printf '%s\n' "$name"; done
}

# needed_by_others: does anything that came later need what was asked for? Says what, and fails.
needed_by_others() {
    [ -s "$D/brought" ] || return 0
    here=$(brought_here)
    [ -n "$here" ] || return 0
    # shellcheck disable=SC2086 # a list
    said=$(LC_ALL=C dpkg --simulate --remove --force-remove-reinstreq --abort-after=9999 $here 2>&1)
    while read -r name; do
        needs=$(printf '%s\n' "$said" | sed -n "s/^ *\([^ ]*\) depends on $name\( .*\)\{0,1\}[.;]\{0,1\}\$/\1/p" |
            grep -Fxvf "$D/brought" | head -n 1)
        [ -z "$needs" ] || { printf '%s needs %s: remove it first\n' "$needs" "$name"; return 1; }
    done <"$D/asked"
}

# remove_packages: those that this stage brought, unless somebody else's need them by now. Data stays.
remove_packages() {
    [ -s "$D/brought" ] || return 0
    dpkg_waiting --configure -a >/dev/null # as far as it can: what is only half unpacked goes away next
    needed_by_others || return 1 # before the engine is stopped for nothing
    stop_engine_of_packages
    forget_rules
    here=$(brought_here)
    # shellcheck disable=SC2086 # lists, here and below
    [ -z "$here" ] || said=$(dpkg_waiting --remove --force-remove-reinstreq --abort-after=9999 $here) || :
    stays=$(packages_in 'installed|unpacked|half-[a-z]*|triggers-[a-z]*' | grep -Fxf "$D/asked" |
        while read -r name; do grep -qx "$name installed" "$D/known" || printf '%s ' "$name"; done)
    if [ -n "$stays" ]; then
        printf '%s\n' "$said"
        printf '%s\n' "$said" | sed -n 's/^ *\(.* depends on .*\)$/\1/p' | head -n 1
        return 1
    fi
    # Debian's package leaves a script here by which a later purge would take all images and volumes.
    rm -f /var/lib/docker/nuke-graph-directory.sh
    here=$(packages_in 'config-files' | grep -Fxf "$D/brought" |
        while read -r name; do grep -q "^$name config-files" "$D/known" || printf '%s\n' "$name"; done)
    if [ -n "$here" ]; then
        # shellcheck disable=SC2086 # a list
        dpkg_waiting --purge $here || return 1
    fi
    [ ! -e "$D/no-group" ] || [ -n "$(getent group docker | cut -d : -f 4)" ] || groupdel docker 2>/dev/null || :
}

stop_engine_of_packages() {
    if [ -d /run/systemd/system ]; then
        systemctl stop docker.socket docker.service 2>/dev/null
        return 0
    fi
    pid=$(engine_pid /var/run/docker.pid) || return 0
    [ -n "$pid" ] && kill -TERM "$pid"
    waited=0
    while [ -d "/proc/$pid" ] && [ "$waited" -lt 150 ]; do
        case $(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$pid/status" 2>/dev/null) in Z | '') break ;; esac
        sleep 0.2
        waited=$((waited + 1))
    done
}

# forget_rules: the engine's chains, bridges and forwarding, as far as they were not there before.
forget_rules() {
    for family in iptables ip6tables; do
        command -v $family-save >/dev/null || continue
        $family-save >"$D/$family.rules" 2>/dev/null || continue
        grep -q DOCKER "$D/$family.rules" || continue
        [ "$(cat "$D/$family" 2>/dev/null)" = DROP ] && policy=DROP || policy=ACCEPT
        grep -vE 'DOCKER|docker0|docker_gwbridge|br-[0-9a-f]{12}' "$D/$family.rules" |
            sed "s/^:FORWARD DROP/:FORWARD $policy/" | $family-restore 2>/dev/null || :
    done
    for link in /sys/class/net/docker0 /sys/class/net/docker_gwbridge; do
        name=${link##*/}
        [ ! -e "$link" ] || grep -qx "$name" "$D/links" || ip link delete "$name" 2>/dev/null || :
    done
    [ "$(cat "$D/forward" 2>/dev/null)" != 0 ] || echo 0 >/proc/sys/net/ipv4/ip_forward 2>/dev/null || :
}
