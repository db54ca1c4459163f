# shellcheck shell=bash
# The virtual environment `.venv`: packages from a lock file, each checked against its hash, then this clone itself.

# venv_is_current ROOT LOCK: is there nothing to do?
venv_is_current() {
    local stamp=$1/.venv/.made-from-$2
    [[ -f $stamp && ! -e $1/.venv/.unfinished && $(<"$stamp") == "$(venv_fingerprint "$1" "$2")" ]] &&
        "$1/.venv/bin/python" -I -c 'import dockworthy' 2>/dev/null
}

# What the environment depends on: the lock, the project's own metadata, and the folder that its scripts name.
venv_fingerprint() {
    printf '%s %s\n' "$(cat "$1/$2" "$1/pyproject.toml" | sha256sum | cut -d' ' -f1)" "$1"
}

# prepare_venv ROOT LOCK PYTHON: makes or brings up to date. Ends the script where that can't be done.
prepare_venv() {
    local root=$1 lock=$2 python=$3 venv=$1/.venv
    venv_lock "$root"
    if venv_is_current "$root" "$lock"; then
        venv_unlock
        return 0
    fi
    [[ ! -d $venv || -w $venv ]] ||
        give_up "$venv is out of date and belongs to $(stat -c %U "$venv")" "run it again with sudo"
    # An installation that was killed can look whole to pip: start from nothing.
    if [[ -e $venv/.unfinished ]] || ! "$venv/bin/python" -I -c 'import pip' 2>/dev/null; then
        rm -rf "$venv"
    fi
    { mkdir -p "$venv" && touch "$venv/.unfinished"; } || give_up "$venv can't be written"
    fill_venv "$root" "$lock" "$python"
    venv_fingerprint "$root" "$lock" >"$venv/.made-from-$lock"
    # Under sudo the clone's owner must be able to bring it up to date, and to remove it.
    [[ $EUID != 0 ]] || chown -R --no-dereference --reference="$root" "$venv"
    rm -f "$venv/.unfinished"
    venv_unlock
}

fill_venv() {
    local root=$1 lock=$2 python=$3 venv=$1/.venv
    if [[ ! -x $venv/bin/pip ]]; then
        quietly "$python -m venv" "$python" -I -m venv "$venv" || give_up "no virtual environment could be made"
    fi
    local pip=("$venv/bin/python" -I -m pip --disable-pip-version-check --no-input)
    quietly "installing from $lock" "${pip[@]}" install --require-hashes -r "$root/$lock" ||
        give_up "the packages of $lock could not be installed" "is the package index reachable from here?"
    quietly "installing dockworthy itself" "${pip[@]}" install --no-deps --no-build-isolation -e "$root" ||
        give_up "dockworthy itself could not be installed"
}

# compile_ahead ROOT: a quarter of a second less for each call, also where PYTHONDONTWRITEBYTECODE is set or the next
# caller may not write here. Nothing is done where all is compiled.
compile_ahead() {
    [[ -w $1/src ]] || return 0
    "$1/.venv/bin/python" -I -m compileall -q "$1/src" >/dev/null 2>&1 || true
    [[ $EUID != 0 ]] || find "$1/src" -name __pycache__ -type d -exec chown -R --no-dereference --reference="$1" {} +
}

# Two runs at once in one clone wait for each other. The lock is on a file that is always there, and leaves no trace.
venv_lock() {
    exec 9<"$1/pyproject.toml"
    flock -w 900 9 || give_up "another ./run or ./test has been preparing .venv for 15 minutes"
}

venv_unlock() { exec 9<&-; }
