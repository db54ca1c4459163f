# shellcheck shell=bash disable=SC2154 # root is set by `run`
# `./run --link`: dockworthy can be called by its name, by sudo, too.

readonly LINK=${SETUP_ROOT:-}/usr/local/bin/dockworthy

link_is_ours() { [[ -L $LINK && $(readlink "$LINK") == "$root/.venv/bin/dockworthy" ]]; }

# What somebody else put there is theirs: the guard's own program stands there, too.
make_link() {
    if link_is_ours; then
        say "$LINK is there already."
        return 0
    fi
    [[ ! -e $LINK && ! -L $LINK ]] || give_up "$LINK is there, and is not this folder's" "ls -l $LINK"
    ln -s "$root/.venv/bin/dockworthy" "$LINK" || give_up "$LINK can't be made" "sudo ./run --link"
    say "You can now run dockworthy by its name: $LINK"
}

offer_link() {
    [[ -e $LINK || -L $LINK ]] || hint "to call dockworthy by its name from everywhere: sudo ./run --link"
}
