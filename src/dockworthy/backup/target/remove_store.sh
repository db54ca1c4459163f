# shellcheck shell=sh
# Takes the access to a store away, and what looks after it. What was saved stays, as root's alone; unless it is to go.
# user, folder: of the store. keeper: the folder of what looks after it. timers: names of units, or ''; files: paths, one
# in each line. data: 1 where the folder goes, too. without_user: 1 where the user was there before, and stays.
# shellcheck disable=SC2154 # given before this text
status=0
for timer in $timers; do systemctl disable --quiet --now "$timer" 2>/dev/null; done
printf '%s\n' "$files" | while IFS= read -r file; do [ -z "$file" ] || rm -f -- "$file"; done
[ -z "$timers" ] || systemctl daemon-reload || status=1
rm -rf -- "$keeper" "$folder/.ssh" "$folder/serve" || status=1
if [ -d "$folder/repository" ]; then
    chown -R root:root -- "$folder/repository" && find "$folder/repository" -type d -exec chmod 700 {} + || status=1
fi
if [ "$data" = 1 ]; then rm -rf -- "$folder" || status=1; fi
if [ "$without_user" != 1 ] && getent passwd "$user" >/dev/null; then
    # Who is connected is no more.
    pids=$(find /proc -maxdepth 1 -name '[0-9]*' -user "$user" -printf '%f ' 2>/dev/null)
    # shellcheck disable=SC2086 # numbers
    [ -z "$pids" ] || kill -KILL $pids 2>/dev/null
    userdel "$user" 2>/dev/null || { sleep 1 && userdel "$user"; } || status=1
fi
exit "$status"
