#!/bin/sh
# A program writes the time into its report: from "different" to a policy that says what may differ, and no more.
set -u
policy=$(cd "$(dirname "$0")" && pwd)/report.spol
dir=$(mktemp -d) && cd "$dir" || exit 1
trap 'cd /; rm -rf "$dir"' EXIT
cat >exact.spol <<'END'
policy exact 1;
extends "strict.spol";
override any time: accept; # the program sees the real time
END

echo '$ sperrips record --policy exact.spol -- date +%s.%N'
sperrips record --policy exact.spol -- date +%s.%N || exit 1
echo '$ sperrips replay --policy exact.spol      # the clock has moved on, so the output differs'
sperrips replay --policy exact.spol
[ $? -eq 1 ] || exit 1

echo "\$ cat $policy"
cat "$policy"
echo '$ spolc --check report.spol'
spolc --check "$policy" || exit 1
echo '$ sperrips replay --policy report.spol'
sperrips replay --policy "$policy" || exit 1

echo '$ sperrips replay --policy report.spol -- date +%s      # another command is still another command'
sperrips replay --policy "$policy" -- date +%s
[ $? -eq 1 ]
