# shellcheck shell=sh
# Purges the packages before `--`, and of those behind it what nobody else needs by now.
apt_get() { LC_ALL=C apt-get -y -q -o DPkg::Lock::Timeout=120 "$@"; }

# Does purging it take along what was not installed by us?
takes_others() {
    for gone in $(apt_get -s purge "$1" | sed -n 's/^\(Purg\|Remv\) \([^ ]*\).*/\2/p'); do
        case " $ours " in *" $gone "*) ;; *) printf '%s' "$gone" && return 0 ;; esac
    done
    return 1
}

known() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qv not-installed; }

dpkg --configure -a >/dev/null 2>&1 # it may have been killed in the middle
ours=$*
main=yes
for name in "$@"; do
    if [ "$name" = -- ]; then
        main=''
        continue
    fi
    known "$name" || continue
    if other=$(takes_others "$name"); then
        [ -n "$main" ] || continue
        echo "$other needs $name by now: remove it first" >&2
        exit 1
    fi
    apt_get purge "$name" >/dev/null || exit 1
done
