# shellcheck shell=sh
# Looks at one volume, folder or file of the host. It follows no link below it, and opens regular files alone.
# `look PATH` prints what is there, `KEY NUL VALUE NUL` each: real, type, filesystem; of a folder each file that a
# database is known by (marker, then what it begins with: text), tablespaces of PostgreSQL, files beside a database's own
# folder (beside), and how many folders could not be read (denied); then `looked`, and each SQLite database (sqlite).
# `count PATH` prints `FILES BYTES JOURNALS` now and then, and `whole` at its end; JOURNALS: those of SQLite.
# `marker`, `odd` and `tablespace` are how it calls itself. Takes: $dw_files, in how many files SQLite is looked for.
: "${dw_files:?}"
N='
'
put() { printf '%s\0%s\0' "$1" "$2"; }
begins() { head -c "$1" -- "$2" 2>/dev/null | tr -d '\000'; } # BYTES FILE
what() { # PATH
    if [ -d "$1" ]; then echo folder
    elif [ -f "$1" ]; then echo file
    elif [ -S "$1" ]; then echo socket
    elif [ -p "$1" ]; then echo pipe
    elif [ -b "$1" ] || [ -c "$1" ]; then echo device
    else echo missing
    fi
}
marker() { # FILE: tells of one by which a database is known
    put marker "$1"
    case ${1##*/} in
    PG_VERSION | mariadb_upgrade_info | mysql_upgrade_info) put text "$(begins 40 "$1")" ;;
    *.rdb | *.aof) put text "$(begins 64 "$1")" ;;
    *) put text '' ;;
    esac
}
odd() { # FILE: of a name of several lines
    [ "$(begins 15 "$1")" != 'SQLite format 3' ] || put sqlite "$1"
}
tablespace() { put tablespace "$1"; }
pattern() { # PATH: as find's -path takes it word for word
    literal=$(printf '%sx' "$1" | sed 's/[][*?\\]/\\&/g')
    literal=${literal%x}
}
markers() { # FOLDER: the folders of single databases of PostgreSQL are not entered, and none of a restore
    pattern "$1"
    find "$1" -maxdepth 5 \( -name '.dockworthy-[mr]*.*' -o -path "$literal/base/[0-9]*" \
        -o -path "$literal/*/base/[0-9]*" \) -prune -o -type f \( -name PG_VERSION \
        -o -name ibdata1 -o -name aria_log_control -o -name mysql.ibd \
        -o -name mariadb_upgrade_info -o -name mysql_upgrade_info -o -name dump.rdb \
        -o -path '*/appendonlydir/*.base.*' -o -path '*/appendonlydir/*.manifest' -o -name appendonly.aof \) \
        -exec sh "$0" marker {} +
    find "$1" -maxdepth 1 -type d -name 'PG_[0-9]*_[0-9]*' -exec sh "$0" tablespace {} +
}
beside() { # FOLDER OWN...: three files that are in none of a database's own folders
    top=$1
    shift
    for own; do
        shift
        pattern "$own"
        set -- "$@" -path "$literal" -prune -o
    done
    find "$top" "$@" \( -name lost+found -o -name '.dockworthy-[mr]*.*' \) -prune -o \( -type f -o -type l \) \
        ! -name '.*_history' ! -name .gitkeep ! -name .keep ! -name .lesshst ! -name .viminfo -print 2>/dev/null | head -n 3 |
        while IFS= read -r file; do put beside "$file"; done
}
owns() { # FOLDER: its databases' own folders, one in a line
    pattern "$1"
    find "$1" -maxdepth 5 \( -name '.dockworthy-[mr]*.*' -o -path "$literal/base/[0-9]*" \
        -o -path "$literal/*/base/[0-9]*" \) -prune -o -type f \( -name PG_VERSION -o -name ibdata1 \
        -o -name aria_log_control -o -name mysql.ibd -o -name dump.rdb -o -path '*/appendonlydir/*.manifest' -o -name appendonly.aof \) -print 2>/dev/null |
        sed -e 's,/appendonlydir/[^/]*$,/,' -e 's,/[^/]*$,,' | sort -u | head -n 20
}
named() { # FOLDER: those of a usual ending
    find "$1" -maxdepth 8 -type f -size +0 ! -path "*$N*" \( -name '*.db' -o -name '*.db3' -o -name '*.sqlite' \
        -o -name '*.sqlite3' -o -name '*.s3db' -o -name '*.sl3' \) -print 2>/dev/null
}
unnamed() { # FOLDER
    find "$1" -maxdepth 8 -type f -size +0 ! -path "*$N*" ! -name '*.db' ! -name '*.db3' ! -name '*.sqlite' \
        ! -name '*.sqlite3' ! -name '*.s3db' ! -name '*.sl3' -print 2>/dev/null
}
databases() { # their names, one in a line, out of the files that are named so
    tr '\n' '\0' | xargs -0 head -v -c 16 -- 2>/dev/null | grep -a -B 1 '^SQLite format 3' |
        sed -n 's/^==> \(.*\) <==$/\1/p'
}
sqlite() { # FOLDER
    {
        named "$1" | head -n "$dw_files" | databases
        unnamed "$1" | head -n "$dw_files" | databases
    } | while IFS= read -r file; do put sqlite "$file"; done
    find "$1" -maxdepth 8 -type f -size +0 -path "*$N*" -exec sh "$0" odd {} + 2>/dev/null
}
look() { # PATH
    real=$(readlink -f -- "$1" && echo x)
    real=${real%"$N"x}
    : "${real:=$1}"
    type=$(what "$real")
    put real "$real"
    case $type in folder | file) [ -r "$real" ] || type=unreadable ;; esac
    put type "$type"
    put filesystem "$(stat -f -c %t -- "$real" 2>/dev/null)"
    case $type in
    file)
        marker "$real"
        odd "$real"
        ;;
    folder)
        denied=$(markers "$real" 2>&1 >&4 | grep -c 'ermission denied')
        [ "$denied" = 0 ] || put denied "$denied"
        own=$(owns "$real")
        # shellcheck disable=SC2086 # one in a line
        [ -z "$own" ] || (set -f && IFS=$N && beside "$real" $own)
        ;;
    esac 4>&1
    put looked ''
    if [ "$type" = folder ]; then sqlite "$real"; fi
}
count() { # PATH
    real=$(readlink -f -- "$1" && echo x)
    real=${real%"$N"x}
    case $(what "$real") in folder | file) ;; *) return ;; esac
    find "$real" \( -type f -o -type l \) -exec stat -c '%s %n' -- {} + 2>/dev/null | awk '
        function tell() { printf "%.0f %.0f %.0f\n", files, bytes, journals; fflush() }
        /^[0-9]+ \// { files++; bytes += $1; if (/-(wal|shm|journal)$/) journals++; if (files % 20000 == 0) tell() }
        END { tell(); print "whole" }'
}
verb=$1
shift
for each; do "$verb" "$each"; done
