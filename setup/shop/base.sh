#!/bin/bash
# The base of the shop's images: a small root file system of the distribution's own signed packages, with Python, its
# PostgreSQL driver and PostgreSQL, and without apt. About 250 MB; 40 s on an idle machine.
#
#   setup/shop/base.sh FILE     writes it as an archive, where FILE is not there yet
#
# Else it is sourced, and `base_archive` writes to standard output.

# What is left out: documents, and the compiler of PostgreSQL's JIT, which is three times the size of all the rest.
readonly BASE_WITHOUT=('/usr/share/doc/*' '/usr/share/man/*' '/usr/share/locale/*' '/usr/lib/*/libLLVM*'
    '/usr/lib/*/libz3*' '/usr/lib/llvm*' '/usr/lib/postgresql/*/lib/bitcode/*')
readonly BASE_PACKAGES=python3-psycopg2,postgresql

# The file that names the distribution's archive for this machine; fails where that is not known.
base_sources() {
    local file
    for file in /etc/apt/sources.list.d/{debian,ubuntu}.sources /etc/apt/sources.list; do
        [[ -s $file ]] && printf '%s\n' "$file" && return 0
    done
    return 1
}

base_archive() {
    local sources codename path options=()
    # shellcheck source=/dev/null
    codename=$(source /etc/os-release && printf '%s' "${VERSION_CODENAME:-}") && sources=$(base_sources) || return 1
    for path in "${BASE_WITHOUT[@]}"; do options+=("--dpkgopt=path-exclude=$path"); done
    # No cluster of the package's own: the shop makes one with its first start. In one hook, for $1 is the root there.
    # shellcheck disable=SC2016
    mmdebstrap --quiet --variant=essential "--include=$BASE_PACKAGES" "${options[@]}" \
        --aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' \
        --essential-hook='mkdir -p "$1/etc/postgresql-common"' \
        --essential-hook='echo "create_main_cluster = false" >"$1/etc/postgresql-common/createcluster.conf"' \
        "$codename" - "$sources" </dev/null
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
    set -uo pipefail
    [[ -n ${1:-} ]] || { sed -n '2,5s/^# \{0,1\}//p' "$0" && exit 2; }
    [[ ! -s $1 ]] || exit 0
    base_archive >"$1.half.$$" && mv "$1.half.$$" "$1" && exit 0
    rm -f "$1.half.$$"
    exit 1
fi
