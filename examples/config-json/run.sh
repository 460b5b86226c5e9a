#!/bin/sh
# One config.json for both systems: recorded, replayed, and what happens when the two do not run the same.
set -u
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d) && cd "$dir" || exit 1
trap 'cd /; rm -rf "$dir"' EXIT
cp "$here/config.json" .

echo '$ sperrips config --config config.json --print'
sperrips config --config config.json --print || exit 1
echo '$ sperrips --config config.json --recording      # on system 1'
sperrips --config config.json --recording || exit 1
echo '$ cat output.log'
cat output.log
echo '$ sperrips --config config.json --replaying      # on system 2'
sperrips --config config.json --replaying || exit 1

echo '$ sed -i s/three/four/ config.json; sperrips --config config.json --replaying      # another input is not the same'
sed -i s/three/four/ config.json
sperrips --config config.json --replaying
[ $? -eq 1 ] || exit 1
echo '$ sperrips --config config.json --replaying --command sum      # and another command is not even run'
sperrips --config config.json --replaying --command sum
[ $? -eq 2 ] || exit 1
echo '$ sed -i s/verbosity/verbosty/ config.json; sperrips config --config config.json'
sed -i s/verbosity/verbosty/ config.json
sperrips config --config config.json
