#!/usr/bin/env bash
# The walk-throughs of examples/ come out as they tell.
. "${top_srcdir:-.}/tests/e2e/lib.sh"
PATH=$top_builddir:$PATH
for example in "$top_srcdir"/examples/*/run.sh; do
	expect "${example#"$top_srcdir"/}" 0 "$example"
done
finish
