# shellcheck shell=bash
# Packages, through apt: only what is missing, nothing removed, nothing replaced.

# Stands while apt installs for us, and holds the names of the packages that were there before.
readonly INSTALLING=${SETUP_ROOT:-}/var/lib/dockworthy/packages-unfinished
# One name a line: each package that came with an installation of ours, for `./run --uninstall`.
readonly INSTALLED_HERE=${SETUP_ROOT:-}/var/lib/dockworthy/packages-installed

have_apt() { command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; }

# installed_packages [NAME...]: prints those that are on this machine in any state but "removed"; without names, all.
# shellcheck disable=SC2120
installed_packages() {
    command -v dpkg-query >/dev/null || return 0
    dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
        awk '$1 != "not-installed" && $1 != "config-files" { print $2 }'
}

# Prints the version that apt would install; fails where the package lists have none.
package_candidate() {
    local version
    version=$(LC_ALL=C apt-cache policy "$1" 2>/dev/null | awk '$1 == "Candidate:" { print $2 }')
    [[ -n $version && $version != "(none)" ]] && printf '%s\n' "$version"
}

# Prints the distribution's name for Compose 2. Debian calls it docker-compose; Ubuntu's docker-compose is version 1, which
# is another program.
compose_package() {
    local version
    if package_candidate docker-compose-v2 >/dev/null; then
        printf 'docker-compose-v2\n'
    elif version=$(package_candidate docker-compose) && dpkg --compare-versions "$version" ge 2; then
        printf 'docker-compose\n'
    else
        return 1
    fi
}

refresh_package_lists() {
    quietly "apt-get update" run_apt update
}

# install_packages NAME...: `--no-remove` makes apt stop where one package would push out another.
install_packages() {
    finish_what_was_killed || return 1
    [[ -s $INSTALLING ]] || { mkdir -p "${INSTALLING%/*}" && every_package >"$INSTALLING"; } || return 1
    quietly "apt-get install $*" run_apt install -y --no-install-recommends --no-remove --no-upgrade "$@" || return 1
    remember_what_came
    rm -f "$INSTALLING"
}

# Prints every package that is on this machine in any state but "removed", sorted.
# shellcheck disable=SC2119
every_package() { installed_packages | LC_ALL=C sort -u; }

# Dependencies came with us, too: what is here now and was not before.
remember_what_came() {
    every_package | LC_ALL=C comm -13 "$INSTALLING" - >>"$INSTALLED_HERE"
}

# What dpkg was left with is ours to mend only where our own mark says that we were killed there.
finish_what_was_killed() {
    [[ -n $(dpkg --audit 2>/dev/null) ]] || return 0
    if [[ ! -e $INSTALLING ]]; then
        say "error: dpkg was interrupted here before, by something else."
        hint "sudo dpkg --configure -a"
        return 1
    fi
    say "    finishing the packages of an installation that was killed"
    dpkg --configure -a >/dev/null 2>&1 </dev/null # as far as it can: apt sees to what is only half unpacked
    quietly "apt-get -f install" run_apt install -y -f --no-install-recommends --no-remove
}

# Waits for another apt instead of failing. needrestart would restart other people's services: not from here.
run_apt() {
    env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 APT_LISTCHANGES_FRONTEND=none \
        apt-get -q -o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-confold "$@"
}
