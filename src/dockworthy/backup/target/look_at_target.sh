# shellcheck shell=sh
# Looks at the host that is to keep a store: what is there already. Prints a word and its value in each line.
# user, folder: of the store. keeper: the folder of what looks after it. files: paths, one in each line.
# shellcheck disable=SC2154 # given before this text
say() { printf '%s %s\n' "$1" "$2"; }
for program in rclone restic apt-get useradd flock sha256sum setpriv; do
    ! path=$(command -v "$program") || say "program.$program" "$path"
done
say restic "$(restic version 2>/dev/null | head -n 1)"
[ ! -d /run/systemd/system ] || say timers systemd
[ ! -d /etc/cron.d ] || say cron yes
if entry=$(getent passwd "$user"); then
    say user "$(printf %s "$entry" | cut -d : -f 6)"
fi
if [ -e "$folder" ]; then
    say folder yes
    [ -z "$(find "$folder" -mindepth 1 -maxdepth 1 2>/dev/null | head -n 1)" ] || say content yes
fi
[ ! -f "$folder/repository/config" ] || say repository yes
[ ! -f "$folder/.ssh/authorized_keys" ] || say let_in "$(head -n 1 "$folder/.ssh/authorized_keys")"
[ ! -s "$keeper/key" ] || say key yes
[ ! -f "$keeper/settings" ] || say hint "$(sed -n "s/^hint=//p" "$keeper/settings")"
say machine "$(cat /etc/machine-id 2>/dev/null)"
point=$folder
while [ ! -e "$point" ]; do point=${point%/*} && [ -n "$point" ] || point=/; done
say room "$(df -Pk -- "$point" | awk 'NR == 2 { print $4 }')"
printf '%s\n' "$files" | while IFS= read -r file; do
    [ ! -f "$file" ] || say "file" "$(sha256sum -- "$file")"
done
# The host keys, by the very server that let us in: what comes through this connection nobody else has written.
read -r _ _ address port <<END
${SSH_CONNECTION:-}
END
keys=''
# One connection where that will do: sshd shuts out for a while who comes often and says nothing.
for kind in ed25519 ecdsa,rsa; do
    [ -z "$address" ] || [ -n "$keys" ] ||
        keys=$(ssh-keyscan -T 10 -t "$kind" -p "$port" "$address" 2>/dev/null | cut -d ' ' -f 2-)
done
[ -n "$keys" ] || keys=$(cat /etc/ssh/ssh_host_*_key.pub 2>/dev/null | cut -d ' ' -f 1-2)
printf '%s\n' "$keys" | while IFS= read -r key; do [ -z "$key" ] || say host_key "$key"; done
