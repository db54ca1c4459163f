# shellcheck shell=sh
# Takes a lock until this shell ends: descriptor 9 holds it. Answers with the status 0; 1 and who has it; 2 where it
# can't be written.
hold() { # LOCK WHO
    if [ -e "$1" ] && ! [ -f "$1" ]; then
        r lock 2 ''
    elif (: >>"$1") 2>/dev/null; then
        exec 9>>"$1"
        if flock -n 9; then
            printf %s "$2" >"$1"
            r lock 0 ''
        else
            exec 9>&-
            r lock 1 "$(head -c 200 "$1" | tr -d '\n')"
        fi
    else
        r lock 2 ''
    fi
}
