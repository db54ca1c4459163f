#!/bin/sh
# Looks after a store of backups on the host that keeps it, as root; the host whose backups they are can only add to it.
# dockworthy keeps this file here, with `settings` and `key` beside it; a timer runs it each hour.
#   sh keep          what has arrived becomes root's; once a day old backups go
#   sh keep now      the same, old backups at once
#   sh keep seal     what has arrived becomes root's, no more
#   sh keep plan     says what would go now
#   sh keep choose   of lines `NAME SECONDS` (when it arrived, since 1970) says which the settings let go
# How old a backup is, the time tells at which it arrived here, never what it says of itself: whoever has the other host
# can say anything. 0: done. 1: nothing is removed before somebody has looked, and why is in `last`. 2: it failed.
here=$(cd -- "$(dirname -- "$0")" && pwd -P) || exit 2
day=86400
# Of the store: folder, user, daily, weekly, monthly (how many backups stay), hint (the id of its key).
# shellcheck source=/dev/null
. "$here/settings" || exit 2
repository=${folder:?}/repository
user=${user:?} daily=${daily:?} weekly=${weekly:?} monthly=${monthly:?}
umask 077
LC_ALL=C
export LC_ALL RESTIC_REPOSITORY="$repository" RESTIC_PASSWORD_FILE="$here/key" RESTIC_KEY_HINT="${hint:-}"

tell() { # STATUS WORDS: what people, and the other host, read
    printf '%s\n%s\n' "$1" "$2" >"$here/last.new" && mv -f -- "$here/last.new" "$here/last"
    printf '%s\n' "$2"
}

fail() { # WORDS
    tell 2 "$1"
    [ ! -s "$work/all" ] || tell_other_host >/dev/null 2>&1
    exit 2
}

# What the other host's connections wrote is theirs until it is root's. Only what is whole is taken: restic names a file
# after the SHA-256 of its content. What came half, or is none of restic's, goes aside.
seal() {
    [ -d "$repository/data" ] || fail "$repository is not there: is its disk mounted?"
    written=$(mktemp) || exit 2
    exec 8<"$folder/lock" || exit 2
    minutes=60
    ! flock -n -x 8 || minutes=0 # nobody is connected
    find "$repository" -path "$repository/locks" -prune -o -type f -user "$user" ! -newermt "-$minutes minutes" -print0 \
        >"$written"
    exec 8<&-
    mkdir -p -- "$folder/damaged"
    # shellcheck disable=SC2016 # another shell's
    xargs -0 -r sh -c '
        repository=$1
        damaged=$2
        shift 2
        for file; do
            name=${file##*/}
            two=${name%"${name#??}"}
            whole=0
            chown root -- "$file" && chmod 440 -- "$file" || exit 255
            case ${file#"$repository"/} in
            config) whole=1 ;;
            "data/$two/$name" | "index/$name" | "snapshots/$name" | "keys/$name")
                sum=$(sha256sum <"$file") || exit 255
                [ "${sum%% *}" != "$name" ] || whole=1
                ;;
            esac
            [ "$whole" = 1 ] || mv -f -- "$file" "$damaged/$(date +%s)-$$-$(printf %s "$name" | tr -c "A-Za-z0-9.\n" _)"
        done' sh "$repository" "$folder/damaged" <"$written"
    sealed=$?
    rm -f -- "$written"
    [ "$sealed" = 0 ] || fail "what has arrived in $repository could not be made root's"
    find "$repository/locks" -mindepth 2 -delete
    # What a killed restic of root's had written half; restic itself never removes it.
    find "$repository" -type f -user root -name '*-tmp-*' -mmin +60 -delete
    find "$repository" -mindepth 1 -type d -user "$user" -empty -delete
}

# restic's JSON as lines: id, time, run, part, scope, the run that a drill restored, doubted, which image it is, the images
# that it needs; with tabs between. Every
# letter that is escaped becomes `_` first: then each `"` begins or ends a string, whatever the other host wrote.
snapshots() {
    restic snapshots --json --no-lock --no-cache --tag dockworthy >"$work/json" || return
    sed 's/\\./_/g' "$work/json" | awk -v RS='"' '
        NR % 2 == 0 { text = $0; held = 1; next }
        {
            rest = $0
            if (held && substr(rest, 1, 1) == ":") key[depth] = text
            else if (held && depth == 2) value[key[2]] = text
            else if (held && depth == 3 && key[2] == "tags" && index(text, "dockworthy:") == 1) {
                text = substr(text, 12)
                gsub(/[^0-9A-Za-z%._~:@+\/=-]/, "_", text) # no letter that would part a line of ours
                at = index(text, "=")
                if (at) tag[substr(text, 1, at - 1)] = substr(text, at + 1)
            }
            held = 0
            for (n = 1; n <= length(rest); n++) {
                letter = substr(rest, n, 1)
                if (letter == "[" || letter == "{") key[++depth] = ""
                else if (letter == "]" || letter == "}") {
                    depth--
                    if (depth == 1 && letter == "}") {
                        printf "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", value["id"], value["time"], tag["run"], \
                            tag["part"], tag["scope"], tag["proven"], tag["doubted"], tag["image"], tag["images"]
                        split("", value)
                        split("", tag)
                    }
                }
            }
        }'
}

# Lines `NAME SECONDS` of one scope: those that may go, oldest first. Of each of the newest days, weeks and months that
# have one the newest stays, as long as there are fewer than that the oldest, and the newest of all in any case.
choose() {
    sort -k 2,2nr -k 1,1r >"$work/newest"
    cut -d ' ' -f 2 "$work/newest" | sed 's/^/@/' | date -f - '+%Y-%m-%d %G-%V %Y-%m' >"$work/spans"
    paste -d ' ' "$work/newest" "$work/spans" | awk -v daily="$daily" -v weekly="$weekly" -v monthly="$monthly" '
        function keep(left, column,    n, last) {
            for (n = 1; n <= NR && left > 0; n++)
                if (span[column, n] != last || n == NR) {
                    stays[n] = 1
                    last = span[column, n]
                    left--
                }
        }
        { name[NR] = $1; for (n = 3; n <= 5; n++) span[n, NR] = $n }
        END {
            stays[1] = 1
            keep(daily, 3)
            keep(weekly, 4)
            keep(monthly, 5)
            for (n = NR; n > 0; n--) if (!(n in stays)) print name[n]
        }'
}

# Writes `going` (ids of snapshots), `runs` (of backups) and `odd` (why nothing may go) to $work.
plan() {
    : >"$work/odd"
    : >"$work/going"
    : >"$work/runs"
    touch -- "$here/accepted"
    now=$(date +%s)
    snapshots >"$work/listed" || fail "the snapshots of $repository can't be listed: sh $here/keep plan shows why"
    cut -f 2 "$work/listed" | date -f - +%s >"$work/said" 2>/dev/null
    [ "$(wc -l <"$work/said")" = "$(wc -l <"$work/listed")" ] || fail "a snapshot of $repository has no time"
    find "$repository/snapshots" -type f -user root -printf '%f\t%Ts\n' | sort >"$work/arrived"
    # id, arrived, said, run, part, scope, proven, doubted, image, images: of what root holds, the first to arrive first.
    paste "$work/listed" "$work/said" | sort | join -t '	' -o 1.1,2.2,1.10,1.3,1.4,1.5,1.6,1.7,1.8,1.9 - "$work/arrived" |
        sort -t '	' -k 2,2n -k 1,1 >"$work/all"
    awk -F '\t' -v OFS='\t' -v now="$now" -v day="$day" -v work="$work" '
        FILENAME ~ /accepted$/ { accepted[substr($1, 1, 8)] = 1; next }
        { off = $3 - $2 }
        $5 == "manifest" && ($4 in manifest) { again = 1 }
        substr($1, 1, 8) in accepted { left_alone[$4] = 1; again = 0; next }
        off > day { print substr($1, 1, 8) " says that it is of the future" >(work "/odd") }
        off < -8 * day { print substr($1, 1, 8) " says that it is " int(-off / day) " days older than its arrival" >(work "/odd") }
        again { print substr($1, 1, 8) " is a second manifest of the backup " $4 >(work "/odd"); again = 0; next }
        $5 == "manifest" {
            manifest[$4] = $2; scope[$4] = $6; doubted[$6] = $8
            order[++runs] = $4
        }
        $5 == "proven" { mark[$6, ++marks[$6]] = $7; marked[$6, marks[$6]] = $2 }
        END {
            for (n = 1; n <= runs; n++) {
                run = order[n]
                # Of the last 90 days each backup that a drill restored stays, and the newest of them for ever.
                print run, manifest[run], scope[run] >(work "/manifests")
                for (m = 1; m <= marks[scope[run]]; m++)
                    if (mark[scope[run], m] == run) {
                        proven[scope[run]] = 1
                        if (marked[scope[run], m] > now - 90 * day) stays[run] = 1
                        last_proven[scope[run], m] = run
                    }
            }
            for (each in marks) {
                for (m = marks[each]; m > 0; m--)
                    if ((each, m) in last_proven) { stays[last_proven[each, m]] = 1; break }
            }
            for (run in left_alone) stays[run] = 1
            for (run in stays) print run >(work "/staying")
            for (each in proven) if (!doubted[each]) print each >(work "/scopes")
        }' "$here/accepted" "$work/all"
    touch "$work/manifests" "$work/staying" "$work/scopes"
    # A scope of which the newest backup is doubted, or none was ever restored, loses nothing.
    while IFS= read -r scope; do
        awk -F '\t' -v scope="$scope" '$3 == scope { print $1, $2 }' "$work/manifests" | choose >>"$work/old"
    done <"$work/scopes"
    touch "$work/old"
    awk 'FILENAME ~ /staying$/ { stays[$1] = 1; next } !($1 in stays)' "$work/staying" "$work/old" >"$work/runs"
    # What was left of a backup that broke off two days ago goes, too: without a manifest it counts for nothing. An image
    # is of no backup: it stays as long as the manifest of one that stays needs it.
    awk -F '\t' -v now="$now" -v day="$day" '
        FILENAME ~ /runs$/ { going[$1] = 1; next }
        FILENAME ~ /manifests$/ { whole[$1] = 1; next }
        FILENAME ~ /staying$/ { whole[$1] = 1; next }
        FNR == 1 { file++ }
        file == 1 {
            n = $5 == "manifest" && !($4 in going) ? split($10, images, "+") : 0
            while (n > 0) needed[images[n--]] = 1
            next
        }
        $5 == "image" {
            if (!($9 in needed) && $2 < now - 2 * day) print 1, $1
            next
        }
        ($4 in going) || (!($4 in whole) && $5 != "store" && $2 < now - 2 * day) { print ($5 != "manifest"), $1 }
    ' "$work/runs" "$work/manifests" "$work/staying" "$work/all" "$work/all" | sort | cut -d ' ' -f 2 >"$work/going"
    # Manifests first: one that is cut off in the middle leaves no backup that looks whole.
}

remove_old() {
    plan
    if [ -s "$work/odd" ]; then
        tell 1 "nothing is removed: $(head -n 3 "$work/odd" | paste -s -d ';' - | sed 's/;/; /g'). Is a clock wrong, or \
did somebody write them who should not? Whoever has looked at them writes their ids into $here/accepted; these are \
never removed then, and count for nothing"
        return 1
    fi
    if [ ! -s "$work/going" ]; then
        tell 0 "nothing is old enough to go"
        return 0
    fi
    restic check --quiet --no-cache --no-lock >"$work/check" 2>&1 ||
        fail "nothing is removed: restic check has found errors: $(tail -n 1 "$work/check")"
    # What goes is kept for two weeks: the repository as it was, of which only what goes needs room.
    before=$folder/before/$(date +%Y-%m-%dT%H%M%S)
    if ! { mkdir -p -- "$folder/before" && rm -rf -- "$folder/before/half" &&
        cp -al -- "$repository" "$folder/before/half" && rm -rf -- "$folder/before/half/locks" &&
        mkdir -- "$folder/before/half/locks" && touch -- "$folder/before/half" &&
        mv -- "$folder/before/half" "$before"; }; then
        fail "nothing is removed: the repository could not be set aside before: df -h -i $folder"
    fi
    xargs restic forget --quiet --no-cache <"$work/going" >"$work/words" 2>&1
    status=$?
    while read -r id; do # restic may say that all went well where nothing did
        [ ! -e "$repository/snapshots/$id" ] || status=1
    done <"$work/going"
    if [ "$status" != 0 ]; then
        rm -rf -- "$before"
        if grep -q 'already locked' "$work/words"; then
            rm -f -- "$here/removed" # a backup is under way: in an hour, then
            return 0
        fi
        fail "old backups could not be removed: $(tail -n 1 "$work/words")"
    fi
    restic prune --quiet --no-cache >"$work/words" 2>&1 ||
        fail "what old backups held could not be removed: $(tail -n 1 "$work/words")"
    tell 0 "$(wc -l <"$work/runs") old backups were removed; for two weeks $before has them"
}

# The other host can't read `last`. One snapshot tells it the same.
tell_other_host() {
    cut -f 1,5 "$work/all" | sed -n 's/	store$//p' >"$work/notes"
    { date -u '+%Y-%m-%dT%H:%M:%SZ' && cat -- "$here/last"; } |
        restic backup --quiet --no-cache --stdin --stdin-filename store --tag dockworthy,dockworthy:part=store &&
        xargs -r restic forget --quiet --no-cache <"$work/notes"
}

work=$(mktemp -d) || exit 2
trap 'rm -rf -- "$work"' EXIT
trap 'exit 143' TERM HUP INT
case ${1:-} in
choose)
    choose
    exit
    ;;
plan)
    plan
    sed 's/^/odd: /' "$work/odd"
    sed 's/^/goes: /' "$work/runs"
    exit
    ;;
esac
exec 7>"$here/running" || exit 2
flock -n 7 || exit 0 # it runs already
renice -n 10 $$ >/dev/null 2>&1
seal
[ "${1:-}" != seal ] || exit 0
[ -z "$(find "$repository/locks" -type f)" ] || [ ! -s "$here/key" ] || restic unlock --quiet >/dev/null 2>&1
find "$folder/before" "$folder/damaged" -mindepth 1 -maxdepth 1 -mtime +13 -exec rm -rf -- {} + 2>/dev/null
[ -s "$here/key" ] || exit 0 # nobody lets it remove anything
if [ "${1:-}" != now ] && [ -n "$(find "$here/removed" -mmin -1200 2>/dev/null)" ]; then exit 0; fi
touch -- "$here/removed"
remove_old
status=$?
[ ! -e "$here/removed" ] || tell_other_host >/dev/null 2>&1
exit "$status"
