#!/bin/sh
# shipped.sh SPOLC DIRECTORY NAME...: compiles policies of a directory and prints them as a C file for src/cmd/shipped.h.
set -eu
spolc=$1 dir=$2
shift 2
work=$(mktemp -d "${TMPDIR:-/tmp}/shipped.XXXXXX")
trap 'rm -rf "$work"' EXIT
# a user's directories must not have a say in what is built in
unset SPERRIPS_POLICY_PATH
echo '/* Made by src/cmd/shipped.sh. */'
echo '#include "cmd/shipped.h"'
echo '#include "base/check.h"'
n=0
for name; do
	"$spolc" -o "$work/$n" "$dir/$name" >&2
	echo "static const uint8_t image_$n[] = {"
	od -An -v -tu1 "$work/$n" | sed 's/  *\([0-9][0-9]*\)/\1,/g'
	echo '};'
	n=$((n + 1))
done
echo 'const struct spol_shipped cmd_shipped[] = {'
n=0
for name; do
	echo "	{ \"$name\", image_$n, sizeof(image_$n) },"
	n=$((n + 1))
done
echo '};'
echo 'const size_t cmd_nshipped = ARRAY_LEN(cmd_shipped);'
