#!/bin/sh
# One byte of an input file changes; size and times stay the same.
set -u
dir=$(mktemp -d) && cd "$dir" || exit 1
trap 'cd /; rm -rf "$dir"' EXIT
printf 'alice 100\nbob 250\n' >accounts

echo '$ sperrips record -- sort -o sorted accounts'
sperrips record -- sort -o sorted accounts || exit 1

touch -r accounts times
printf '9' | dd of=accounts bs=1 seek=6 conv=notrunc status=none # 100 becomes 900
touch -r times accounts
rm sorted

echo '$ sperrips replay'
sperrips replay
status=$?
echo "status $status"
# different, and found when the changed byte was read: sorted was not written
[ $status -eq 1 ] && [ ! -s sorted ]
