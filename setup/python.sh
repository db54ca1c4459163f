# shellcheck shell=bash
# Which Python makes the virtual environment.

# What "good enough" means: the language version, and that Debian's separate venv package is there.
readonly PYTHON_WILL_DO='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'

# Prints the first Python that is new enough and can make a virtual environment; fails where there is none.
find_python() {
    local name system=()
    # Root's own Python may lie where nobody else can run it: the system's serves every user of the clone.
    [[ $EUID != 0 ]] || system=(/usr/bin/python3)
    for name in "${system[@]}" python3 python3.13 python3.12 python3.11 python3.14; do
        if "$name" -I -c "$PYTHON_WILL_DO" 2>/dev/null; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

# Prints the packages that would bring a good enough Python, one a line; fails where apt knows of none.
# Call it after the package lists are fresh.
python_packages() {
    local name
    for name in python3 python3.13 python3.12 python3.11; do
        if python_package_will_do "$name"; then
            printf '%s\n' "$name" "$name-venv"
            return 0
        fi
    done
    return 1
}

# `python3` stands for some version: ask which. The others say it in their name.
python_package_will_do() {
    local candidate
    candidate=$(package_candidate "$1") || return 1
    [[ $1 != python3 ]] || dpkg --compare-versions "$candidate" ge 3.11
}
