# shellcheck shell=sh
# Writes a dump of MariaDB or MySQL to standard output, while another session reads the same state of it: for the instant
# in which both begin, a third session lets nobody write. Runs on the database's host, as a producer of restic's.
# session: the command that opens one; reading: one that goes on after an error; dump: the dump's. folder: there lie
# `keep` (statements that lock, until the end, what knows no transactions; may be empty), `lock` (those that let nobody
# write) and `questions`; `answers` come there, and `held`, for how many microseconds nobody could write.
# 3: the dump's input. 4, 5: those of the sessions that lock, 6: what they answer. 7, 8: of the session that reads.
# 9: the dump's output.
# shellcheck disable=SC2154 # given before this text
umask 077
sessions=''
most=524288 # blocks of 512 bytes that a session may answer: what is called mariadb in a container may be anything
begin() { # NAME COMMAND: runs it with the pipes NAME.in and NAME.out
    rm -f "$folder/$1.in" "$folder/$1.out"
    mkfifo "$folder/$1.in" "$folder/$1.out" || exit 1
    sh -c "ulimit -f $most; $2" <"$folder/$1.in" >"$folder/$1.out" 2>"$folder/$1.errors" 3>&- 4>&- 5>&- 6<&- 7>&- 8<&- 9<&- &
    sessions="$sessions $!"
}
fail() { # NAME WHAT: with the last words of a session
    words=$(grep -v '^$' "$folder/$1.errors" 2>/dev/null | tail -n 1 | cut -c 1-500)
    echo "$2${words:+: $words}" >&2
    exit 1
}
tell() { # DESCRIPTOR LINE: of a session that has ended, its answer says so
    trap '' PIPE
    { printf '%s\n' "$2" >&"$1"; } 2>/dev/null
    trap - PIPE
}
# Each ends with its input; nothing is locked any more then.
trap 'exec 3>&- 4>&- 5>&- 7>&-; kill $sessions 2>/dev/null' EXIT

began="SET SESSION lock_wait_timeout = 60; SET SESSION wait_timeout = 86400;"
begin reading "$reading"
exec 7>"$folder/reading.in" 8<"$folder/reading.out"
reader=$!
tell 7 "$began SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT CONNECTION_ID();"
read -r number <&8 || fail reading "no session can be opened"
begin dump "$dump"
exec 3>"$folder/dump.in" 9<"$folder/dump.out"
dumping=$!
if ! read -r ready <&9 || [ "$ready" != ready ]; then fail dump "no dump can be made"; fi
if [ -s "$folder/keep" ]; then
    begin keeping "$session"
    exec 4>"$folder/keeping.in" 6<"$folder/keeping.out"
    tell 4 "$began $(cat "$folder/keep") SELECT 'kept';"
    read -r _ <&6 || fail keeping "tables can't be locked"
    exec 6<&-
fi

tries=0
while :; do
    begin locking "$session"
    exec 5>"$folder/locking.in" 6<"$folder/locking.out"
    # Whoever writes waits meanwhile: not long, where a statement that runs has to end first. It is tried again.
    tell 5 "SET SESSION lock_wait_timeout = 5; SET SESSION wait_timeout = 60; SET @dockworthy = SYSDATE(6);"
    tell 5 "$(cat "$folder/lock") SELECT 'locked';"
    read -r _ <&6 && break
    exec 5>&- 6<&-
    tries=$((tries + 1))
    if [ "$tries" = 20 ] || ! grep -q 'ERROR 1205' "$folder/locking.errors"; then
        fail locking "there is no instant in which nobody writes, in $tries tries"
    fi
    sleep 10
done
tell 7 "START TRANSACTION WITH CONSISTENT SNAPSHOT; SAVEPOINT dockworthy; SELECT 'begun';"
read -r _ <&8 || fail reading "no transaction can be begun"
tell 3 go
dd bs=1 count=1 <&9 >"$folder/first" 2>/dev/null
cat "$folder/first" - <&9 9<&- 3>&- 4>&- 5>&- 6<&- 7>&- 8<&- & # what it held open would not end
copying=$!
# It writes before it has begun, where its buffer is small.
seen=0
tries=0
until [ "$seen" != 0 ] || ! kill -0 "$dumping" 2>/dev/null; do
    tell 5 "SELECT COUNT(*) FROM information_schema.innodb_trx AS t JOIN information_schema.processlist AS p
        ON p.id = t.trx_mysql_thread_id WHERE p.id > GREATEST($number, CONNECTION_ID())
        AND p.user = SUBSTRING_INDEX(USER(), '@', 1);"
    read -r seen <&6 || fail locking "nobody was to write, and that has ended"
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || fail dump "the dump does not begin its transaction"
    [ "$seen" != 0 ] || sleep 0.02
done
tell 5 "UNLOCK TABLES; SELECT TIMESTAMPDIFF(MICROSECOND, @dockworthy, SYSDATE(6));"
if ! read -r held <&6 || [ -z "$held" ]; then fail locking "nobody was to write, and that ended too early"; fi
echo "$held" >"$folder/held"
exec 5>&- 6<&-

head -c $((most * 512)) <&8 >"$folder/answers" 3>&- 4>&- 7>&- 8<&- 9<&- &
answering=$!
cat "$folder/questions" >&7 3>&- 4>&- 7>&- 8<&- 9<&- &
asking=$!
exec 7>&- 9<&-
wait "$copying" || fail dump "the dump was not taken"
wait "$dumping" || fail dump "the dump ended with status $?"
wait "$asking"
wait "$reader" || fail reading "what it holds can't be read"
wait "$answering"
