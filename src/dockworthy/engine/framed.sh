# shellcheck shell=sh
# Runs a script in a shell of its own, so that none can break the one that stays open, and answers with its output, its
# status and the last line of its errors. The script's standard input is this function's. Descriptor 9 is the lock.
# With MOST nothing grows without end in the host's /tmp: what the script prints comes from a program of a container,
# which may be anything. One that prints more bytes than that is ended.
framed() { # SCRIPT, in base64; MOST or ''
    if dw=$(mktemp -d 2>&1) && printf %s "$1" | base64 -d >"$dw/script"; then
        if [ -z "$2" ]; then
            sh "$dw/script" >"$dw/output" 2>"$dw/errors" 9>&-
            status=$?
        else
            {
                {
                    sh "$dw/script" 4>&- 9>&-
                    echo "$?" >"$dw/status"
                } 2>&1 >&4 | tail -c 65536 >"$dw/errors"
            } 4>&1 | head -c "$2" >"$dw/output"
            status=$(cat "$dw/status")
            if [ "$(wc -c <"$dw/output")" -ge "$2" ]; then
                status=1
                printf '\nits answer has more than %s MiB\n' "$(($2 / 1048576))" >>"$dw/errors"
            fi
        fi
        cat "$dw/output" >&3
        r 'done' "$status" "$(tail -n 1 "$dw/errors" | cut -c 1-500)"
        rm -rf "$dw"
    else
        r 'done' 1 "$dw"
        rm -rf "$dw"
    fi
}
