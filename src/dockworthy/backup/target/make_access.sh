# shellcheck shell=sh
# Makes the key by which this host adds to a store, where there is none, and pins the keys of the other host.
# keep: keep_file.sh. folder: of the repository on this host. comment: of the key. known_hosts: content of that file.
# Prints `made` where there was no key, and then the public one. 70: the key can't be made.
# shellcheck disable=SC2154 # given before this text
umask 077
mkdir -p -- "$folder" || exit 70
if [ ! -f "$folder/ssh_key" ] || [ ! -f "$folder/ssh_key.pub" ]; then
    rm -f -- "$folder/new_key" "$folder/new_key.pub"
    ssh-keygen -q -t ed25519 -N '' -C "$comment" -f "$folder/new_key" </dev/null >&2 &&
        mv -f -- "$folder/new_key.pub" "$folder/ssh_key.pub" && mv -f -- "$folder/new_key" "$folder/ssh_key" || exit 70
    echo made
fi
keep "$folder/known_hosts" 600 "$known_hosts" || exit 70
cat -- "$folder/ssh_key.pub"
