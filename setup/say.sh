# shellcheck shell=bash
# Words for the person who waits. All of them go to standard error: standard output belongs to the verdict.

say() { printf '%s\n' "$*" >&2; }

hint() { printf '  hint: %s\n' "$*" >&2; }

# Ends the script: 20 is "this machine could not be set up", told apart from every answer of dockworthy itself.
give_up() {
    printf 'error: %s\n' "$1" >&2
    [[ -z ${2:-} ]] || hint "$2"
    exit 20
}

# quietly WHAT COMMAND...: runs the command with its output in a log, and shows the log's end only if it fails.
# Standard input is closed: nothing that is installed here may stop to ask.
quietly() {
    local what=$1 log status=0
    shift
    log=$(mktemp "${TMPDIR:-/tmp}/dockworthy-setup.XXXXXX") || give_up "no temporary file can be written"
    "$@" >"$log" 2>&1 </dev/null || status=$?
    if ((status != 0)); then
        say "error: $what failed (status $status). Its last words:"
        tail -n 15 "$log" | sed 's/^/    /' >&2
        hint "all of it: $log"
        return "$status"
    fi
    rm -f "$log"
}
