# shellcheck shell=sh
# Runs a script in a shell of its own, so that none can break the one that stays open, and answers with its output, its
# status and the last line of its errors. The script's standard input is this function's. Descriptor 9 is the lock.
framed() { # SCRIPT, in base64
    if dw=$(mktemp -d 2>&1) && printf %s "$1" | base64 -d >"$dw/script"; then
        sh "$dw/script" >"$dw/output" 2>"$dw/errors" 9>&-
        status=$?
        cat "$dw/output" >&3
        r 'done' "$status" "$(tail -n 1 "$dw/errors" | cut -c 1-500)"
        rm -rf "$dw"
    else
        r 'done' 1 "$dw"
        rm -rf "$dw"
    fi
}
