#!/usr/bin/env bash
# A policy of more tokens than are read: 8, and then 2 a line.
printf 'policy g 1;\nset A\n= 1\n'
yes ', 1' | head -n 524286
printf ';\ndefault: equal;\n# error: E0023 524287:3\n'
