# shellcheck shell=sh
# What the scripts of a stage are made of. D is the stage's folder; old/N is file N as it was.

say_state() {
    printf '%s\n' "$1" >"$D/state.new" && sync "$D/state.new" 2>/dev/null
    mv -f "$D/state.new" "$D/state" && sync "$D" 2>/dev/null
}

fail() {
    printf '%s\n' "$*" >"$D/why"
    printf '%s\n' "$*" >&2
    exit 1
}

# Where a path leads: a link is followed, what it links to is changed.
place_of() { readlink -f -- "$1" || printf '%s' "$1"; }

# keep N PATH: how it is now, once.
keep() {
    [ ! -e "$D/old/$1" ] && [ ! -e "$D/old/$1.none" ] && [ ! -e "$D/old/$1.mode" ] || return 0
    at=$(place_of "$2")
    if [ -d "$at" ]; then
        stat -c '%a %u:%g' -- "$at" >"$D/old/$1.mode"
    elif [ -e "$at" ]; then
        cp -a -- "$at" "$D/old/$1.part" && mv -f "$D/old/$1.part" "$D/old/$1"
    else
        : >"$D/old/$1.none"
    fi || fail "$2 could not be kept"
}

# expect PATH SUM: the file is what the plan saw (`none`: there is none).
expect() {
    at=$(place_of "$1")
    sum=none
    [ ! -e "$at" ] || sum=$(sha256sum <"$at" | cut -d ' ' -f 1)
    [ "$sum" = "$2" ] || fail "$1 was changed since the plan was made: make a new one"
}

# put N PATH MODE OWNER: new/N in its place, at once. `-` keeps mode or owner of what was there.
put() {
    at=$(place_of "$2")
    folder=$(dirname -- "$at")
    if [ ! -d "$folder" ]; then
        printf '%s\n' "$folder" >"$D/old/$1.folder"
        mkdir -p -- "$folder" || fail "$folder could not be made"
    fi
    beside="$folder/.$(basename -- "$at").dockworthy"
    cat "$D/new/$1" >"$beside" || { rm -f "$beside"; fail "$2 could not be written: is the file system read-only, or full?"; }
    if [ -e "$at" ]; then chmod --reference="$at" "$beside" && chown --reference="$at" "$beside"; else chmod 0644 "$beside"; fi
    [ "$3" = - ] || chmod "$3" "$beside"
    [ "$4" = - ] || chown "$4" "$beside"
    sync "$beside" 2>/dev/null || sync
    mv -f "$beside" "$at" || { rm -f "$beside"; fail "$2 could not be replaced: is it immutable (lsattr $at)?"; }
    sync "$folder" 2>/dev/null || sync
}

# drop PATH
drop() {
    rm -f -- "$(place_of "$1")" || fail "$1 could not be removed"
}

# mode PATH MODE OWNER
mode() {
    at=$(place_of "$1")
    [ -e "$at" ] || fail "$1 is not there any more"
    [ "$3" = - ] || chown "$3" -- "$at" || fail "the owner of $1 could not be changed"
    [ "$2" = - ] || chmod "$2" -- "$at" || fail "the mode of $1 could not be changed"
}

# is_as_kept OLD FILE: with content, owner and mode as before.
is_as_kept() {
    [ -e "$2" ] && cmp -s -- "$1" "$2" && [ "$(stat -c '%a %u:%g' -- "$1")" = "$(stat -c '%a %u:%g' -- "$2")" ]
}

# is_of_others N FILE: it is no longer what the stage wrote. A person who mends something must not lose that.
is_of_others() {
    [ ! -e "$D/force" ] && [ -e "$D/new/$1" ] && [ -e "$2" ] && ! cmp -s -- "$D/new/$1" "$2" &&
        { [ ! -e "$D/let_go" ] || ! cmp -s -- "$D/let_go" "$2"; }
}

# back N PATH: as it was.
back() {
    at=$(place_of "$2")
    folder=$(dirname -- "$at")
    if [ -e "$D/old/$1.mode" ]; then
        read -r bits who <"$D/old/$1.mode"
        [ "$(stat -c '%a %u:%g' -- "$at")" = "$bits $who" ] || { chown "$who" -- "$at" && chmod "$bits" -- "$at"; } || fail "the mode of $2 could not be taken back"
    elif [ -e "$D/old/$1" ]; then
        ! is_as_kept "$D/old/$1" "$at" || return 0 # it may be the file system that let nothing be written
        ! is_of_others "$1" "$at" || return 0
        beside="$folder/.$(basename -- "$at").dockworthy"
        cp -a -- "$D/old/$1" "$beside" && sync "$beside" 2>/dev/null
        mv -f "$beside" "$at" || fail "$2 could not be put back: the old one is $D/old/$1"
    elif [ -e "$D/old/$1.none" ]; then
        ! is_of_others "$1" "$at" || return 0
        [ ! -e "$at" ] || rm -f -- "$at" || fail "$2 could not be removed"
        if [ -e "$D/old/$1.folder" ]; then rmdir -p -- "$(cat "$D/old/$1.folder")" 2>/dev/null || :; fi
    fi
}

# begun N, never_begun N: a command that never ran is not taken back.
begun() {
    true >"$D/begun.$1" || return 0
    sync "$D" 2>/dev/null || :
}
never_begun() { [ ! -e "$D/begun.$1" ]; }

# attempt WORDS COMMAND...: a command that must do.
attempt() {
    words=$1
    shift
    said=$("$@" 2>&1) || fail "$words: $(printf '%s' "$said" | tail -n 1 | cut -c 1-300)"
}
