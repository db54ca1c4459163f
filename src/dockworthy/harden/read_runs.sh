# shellcheck shell=sh
# Prints all runs of a journal, as runs.py takes them apart: before each the byte 036, after each of its parts 035
# (run.json, outcome.json, `+` and when it was taken back, each stage), between those of a stage 034.
# $1: the journal.
cd "$1" 2>/dev/null || exit 0
for run in */; do
    [ -f "$run/run.json" ] || continue
    undone=''
    [ ! -e "$run/undone" ] || undone=+$(cat "$run/undone")
    printf '\036%s\035%s\035%s\035' "$(cat "$run/run.json")" "$(cat "$run/outcome.json" 2>/dev/null)" "$undone"
    for stage in "$run"[0-9]*/; do
        [ -d "$stage" ] || continue
        printf '%s\034%s\034%s\034%s\035' "$(basename "$stage")" "$(cat "$stage/state" 2>/dev/null)" \
            "$(cat "$stage/steps" 2>/dev/null)" "$(cat "$stage/why" 2>/dev/null)"
    done
done
