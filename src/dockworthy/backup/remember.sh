# shellcheck shell=sh
# Remembers which repository is there, and the key that opens it.
# keep: keep_file.sh. folder: of the repository on this host. id: the repository's. key: the key's file.
# shellcheck disable=SC2154 # given before this text
umask 077
keep "$folder/key" 600 "$key" && keep "$folder/id" 600 "$id" && sync "$folder"
