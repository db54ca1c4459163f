# shellcheck shell=sh
# Brings restic of the distribution. 70: there is no apt.
command -v apt-get >/dev/null || exit 70
export DEBIAN_FRONTEND=noninteractive
apt-get install -qq -y --no-install-recommends restic >/dev/null 2>&1 && exit
apt-get update -qq >/dev/null 2>&1
apt-get install -qq -y --no-install-recommends restic 2>&1 >/dev/null | tail -n 1 >&2
command -v restic >/dev/null
