# shellcheck shell=sh
# A psql that stays open, so that several questions read one and the same state of a database. Its input is a pipe that
# the shell holds at descriptor 7: it ends when the shell ends, whatever ends that. Needs r() of the shell.

psql_most=524288 # blocks of 512 bytes: what is called psql in a container may be anything, and write without end

psql_begin() { # COMMAND, as a shell reads it
    if ! psql_folder=$(mktemp -d) || ! mkfifo "$psql_folder/in" || ! : >"$psql_folder/out"; then
        r 'done' 1 "no temporary file can be made"
        return
    fi
    psql_read=0
    sh -c "ulimit -f $psql_most; $1" <"$psql_folder/in" >"$psql_folder/out" 2>"$psql_folder/errors" 3>&- 7>&- 8>&- 9>&- &
    psql_pid=$!
    exec 7>"$psql_folder/in"
    r 'done' 0 ''
}

# Sends SQL, and does not wait for what it answers.
psql_send() { # SQL
    trap '' PIPE # of a psql that has ended: its last words say why
    printf '%s\n' "$1" >&7 2>/dev/null
    trap - PIPE
    r 'done' 0 ''
}

# Answers with what psql printed before the line MARK, and the status 0; or with 1 and its last words, where it ended.
psql_answer() { # MARK SECONDS
    psql_tries=0
    until tail -n 1 "$psql_folder/out" | grep -qxF -- "$1"; do
        if ! kill -0 "$psql_pid" 2>/dev/null; then
            if [ "$(wc -c <"$psql_folder/out")" -ge $((psql_most * 512)) ]; then
                r 'done' 1 "psql answers with more than $((psql_most / 2048)) MiB"
                return
            fi
            r 'done' 1 "$(head -c 65536 "$psql_folder/errors" | grep -av '^$' | head -n 1 | cut -c 1-500)"
            return
        fi
        psql_tries=$((psql_tries + 1))
        if [ "$psql_tries" -gt $(($2 * 20)) ]; then
            r 'done' 1 "psql gave no answer in $2 s"
            return
        fi
        sleep 0.05
    done
    tail -c "+$((psql_read + 1))" "$psql_folder/out" | sed '$d' >&3
    psql_read=$(wc -c <"$psql_folder/out" | tr -d ' ')
    r 'done' 0 ''
}

psql_end() {
    exec 7>&-
    wait "$psql_pid"
    rm -rf "$psql_folder"
    r 'done' 0 ''
}
