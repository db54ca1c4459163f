# shellcheck shell=sh
# shellcheck disable=SC2046,SC2086 # names of packages are words
# Purges the packages before `--`, and of those behind it, which came with them, what nobody needs by now.
apt_get() {
    LC_ALL=C apt-get -y -q -o DPkg::Lock::Timeout=120 -o APT::AutoRemove::RecommendsImportant=false \
        -o APT::AutoRemove::SuggestsImportant=false "$@"
}

# What apt would take away.
gone() { apt_get -s "$@" | sed -n 's/^\(Purg\|Remv\) \([^ ]*\).*/\2/p'; }

# Of the names given, those that dpkg knows as more than a name.
present() {
    for name in "$@"; do
        case $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) in '' | not-installed) ;; *) echo "$name" ;; esac
    done
}

dpkg --configure -a >/dev/null 2>&1 # it may have been killed in the middle
ours=" $* "
main=$(present ${ours%% -- *})
if [ -n "$main" ]; then
    for name in $(gone purge $main); do
        case $ours in *" $name "*) ;; *) echo "$name needs $main by now: remove it first" >&2 && exit 1 ;; esac
    done
    wanted=$(gone --autoremove purge $main)
else # it was killed before that one: nobody but dpkg remembers why the others came
    wanted=$(gone purge $(present "$@"))
    for name in $wanted; do
        case $ours in *" $name "*) ;; *) wanted='' && break ;; esac
    done
fi
set --
for name in $wanted; do
    case $ours in *" $name "*) set -- "$@" "$name" ;; esac
done
[ $# = 0 ] || apt_get purge "$@" >/dev/null
