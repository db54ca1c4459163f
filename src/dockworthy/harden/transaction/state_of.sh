# shellcheck shell=sh
# Prints what became of a stage: its state, whether its guard lives (yes or no), and why it failed. $1: its folder.
cat "$1/state"
pid=$(cat "$1/guard" 2>/dev/null)
if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null && grep -q guard.sh "/proc/$pid/cmdline" 2>/dev/null; then echo yes; else echo no; fi
cat "$1/why" 2>/dev/null
