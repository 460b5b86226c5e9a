#!/usr/bin/env bash
# config.json: every key in both roles, the options that go before them, and every mistake with its JSON path and place.
. "${top_srcdir:-.}/tests/e2e/lib.sh"
export TMPDIR=$scratch

run() { "$SPERRIPS" "$@"; }
check() { "$SPERRIPS" config --config c.json "$@"; }
# config JSON: the file c.json
config() { printf '%s\n' "$1" >c.json; }
# holds_text FILE TEXT: the file is exactly that
holds_text() { [ "$(cat "$1"; echo .)" = "$2." ]; }

# ---- both roles, as the file says ----

fresh 'mkdir job; echo "data of the job" >job/data'
whole='{
    "recording": true,
    "command": "cat",
    "lax_policy": false,
    "commands": {
        "echo": { "args": ["/bin/echo", "two words", "x"], "is_hex": false, "stdin": "" },
        "cat": { "args": ["/bin/cat"], "is_hex": false, "stdin": "Text \u00e4 \ud83d\ude00 \\ \" /\n" },
        "file": { "args": ["sed", "-n", "p", "data"] },
        "both": { "args": ["/bin/sh", "-c", "read x; echo $x; echo out; echo err >&2; echo out"], "stdin": "in\n" },
        "hex": { "args": ["/bin/cat"], "is_hex": true, "stdin": "00fF0a41" },
        "nul": { "args": ["/bin/cat"], "is_hex": false, "stdin": "a\u0000b" }
    },
    "container": { "enable_container": false, "mount_point": "/mnt", "ol_lowerdir": "/x/", "ol_upperdir": "", "ol_workdir": "" },
    "workdir": "job/",
    "stdout_file": "output.log",
    "stderr_file": "error.log",
    "verbosity": 1
}'
printf '%s\n' "$whole" >config.json
expect "a recording" 0 run
says "a recording: its path" "^sperrips: recording: $work/job/recording.bin\$"
holds "a recording: standard input and output" holds_text job/output.log $'Text \xc3\xa4 \xf0\x9f\x98\x80 \\ " /\n'
expect "a replay" 0 run --replaying
says "a replay: the verdict" '^sperrips: same$'
says "a replay: the paths" "^sperrips: recording: $work/job/recording.bin\$"
says "a replay: the paths" "^sperrips: differences: $work/job/differences.bin\$"
holds "a replay: standard output" holds_text job/output.log $'Text \xc3\xa4 \xf0\x9f\x98\x80 \\ " /\n'
expect "differences.bin" 0 "$SPERRIPS" show job/differences.bin
expect "a plain replay of it" 0 run replay -i job/recording.bin
sed 's/"recording": true/"recording": false/' config.json >c.json
expect "recording false" 0 run --config c.json
says "recording false" '^sperrips: same$'
expect "--recording before it" 0 run --recording --config c.json
says "--recording before it" 'sperrips: recording:'

for name in echo file both hex nul; do
	expect "$name: recorded" 0 run --command $name
	cp job/output.log first
	expect "$name: replayed" 0 run --replaying --command $name
	holds "$name: the same output" cmp first job/output.log
done
printf 'a\0b' >want
holds "nul: a NUL in standard input" cmp want job/output.log
expect "hex" 0 run --command hex
printf '\0\377\nA' >want
holds "hex: the bytes" cmp want job/output.log
expect "echo" 0 run --command echo
holds "echo: the arguments" holds_text job/output.log $'two words x\n'
expect "file: below workdir, and by PATH" 0 run --command file
holds "file: below workdir, and by PATH" holds_text job/output.log $'data of the job\n'
expect "both" 0 run --command both
holds "both: standard output" holds_text job/output.log $'in\nout\nout\n'
holds "both: standard error" holds_text job/error.log $'err\n'
expect "both into one file" 0 run --command both --stderr-file output.log
holds "both into one file: in order" holds_text job/output.log $'in\nout\nerr\nout\n'
expect "both into one file: replayed" 0 run --replaying --command both --stderr-file output.log
holds "both into one file: replayed in order" holds_text job/output.log $'in\nout\nerr\nout\n'
expect "replayed into files of another kind" 0 run replay -i job/recording.bin
says "replayed into files of another kind" '^err$'

# a recording of another command is no recording of this one
expect "cat" 0 run
expect "another name" 2 run --replaying --command echo
says "another name" 'recording.bin is of the command "cat", not of "echo"'
holds "another name: nothing has been run" cmp -s /dev/null job/output.log
run record -o job/recording.bin -- cat data >/dev/null
expect "no name" 2 run --replaying
says "no name" 'of a command without a name, not of "cat"'
run record --command cat -o job/recording.bin -- cat data >/dev/null
expect "the name, and another command line" 1 run --replaying

# what differs
expect "cat" 0 run
expect "another standard input" 1 run --replaying --stdin-text other
says "another standard input" '^sperrips: different$'
expect "another argument" 1 run --replaying -- /bin/cat -u
expect "file" 0 run --command file
echo 'DATA of the job' >job/data
forced() { # WHAT: the replay has gone on with the recorded data
	says "$1" '^  policy: lax$'
	holds "$1: the recorded data" holds_text job/output.log $'data of the job\n'
}
stopped() {
	says "$1" '^  policy: strict$'
	holds "$1: stopped before anything is written" cmp job/output.log /dev/null
}
expect "strict" 1 run --replaying --command file
stopped "strict"
expect "lax" 1 run --replaying --command file --lax-policy
forced "lax"
sed 's/"lax_policy": false/"lax_policy": true/' config.json >c.json
expect "lax_policy" 1 run --config c.json --replaying --command file
forced "lax_policy"
expect "--strict-policy before lax_policy" 1 run --config c.json --replaying --command file --strict-policy
stopped "--strict-policy before lax_policy"
printf 'policy mine 1;\nextends "strict.spol";\noverride read { buf, ret: replay; }\n' >mine.spol
sed 's/"workdir"/"policy": "mine.spol", "workdir"/' config.json >c.json
expect "policy" 0 run --config c.json --replaying --command file
says "policy" 'policy: mine'
expect "--strict-policy before policy" 1 run --config c.json --replaying --command file --strict-policy
stopped "--strict-policy before policy"
expect "--policy" 0 run --replaying --command file --policy mine.spol
expect "--policy before --lax-policy" 0 run --replaying --command file --policy mine.spol --lax-policy

# signatures, as record and replay have them
expect "keys" 0 run keygen -o key
expect "--sign" 0 run --sign key
expect "--verify-key" 0 run --replaying --verify-key key.pub
expect "an unsigned recording" 0 run
expect "an unsigned recording with --verify-key" 2 run --replaying --verify-key key.pub

# verbosity
expect "verbosity 0" 0 run --verbosity 0
holds "verbosity 0: no word" cmp "$log" /dev/null
expect "verbosity 0: a replay" 0 run --verbosity 0 --replaying
holds "verbosity 0: a replay: no word" cmp "$log" /dev/null
expect "verbosity 0: different" 1 run --verbosity 0 --replaying --stdin-text other
says "verbosity 0: different" '^sperrips: different$'
expect "verbosity 2" 0 run --verbosity 2
says "verbosity 2" '^commands.cat.args +\["/bin/cat"\]'

# the least that a file holds; standard input is the caller's then
config '{"recording": true, "command": "c", "commands": {"c": {"args": ["cat"]}}}'
mkdir -p least && cd least
echo "of the caller" | run --config ../c.json >out 2>"$log"
holds "the least: standard input and output are the caller's" holds_text out $'of the caller\n'
expect "the least: replay" 0 run --config ../c.json --replaying
says "the least: replay" '^of the caller$'
expect "the least: the policy is strict" 0 run config --config ../c.json --print
says "the least: the policy is strict" 'policy strict.spol'
cd ..
# a caller that has closed standard input: the program finds it closed, in both runs
run --config c.json >out 2>&1 <&-
holds "closed standard input" grep -q 'Bad file descriptor' out
run --config c.json --replaying >"$log" 2>&1 <&-
says "closed standard input: replay" '^sperrips: same$'
# the program's status is told
config '{"recording": true, "command": "c", "commands": {"c": {"args": ["sh", "-c", "exit 7"]}}}'
expect "the program's status" 7 run --config c.json
expect "the program's status: replay" 0 run --config c.json --replaying
# no file at all, but for the rest
config '{}'
expect "everything by options" 0 run --config c.json --recording --command x --workdir job --stdin-hex 410a -- cat -
says "everything by options" '^A$'
expect "everything by options: replay" 0 run --config c.json --replaying --command x --workdir job --stdin-hex 410a -- cat -

# where the file is looked for
mkdir beside elsewhere
cp "$SPERRIPS" beside/sperrips
printf '%s' '{"recording": true, "command": "b", "commands": {"b": {"args": ["echo", "beside"]}}}' >beside/config.json
printf '%s' '{"recording": true, "command": "h", "commands": {"h": {"args": ["echo", "here"]}}}' >elsewhere/config.json
cd elsewhere
expect "here" 0 run
says "here" '^here$'
expect "beside the program goes before here" 0 ../beside/sperrips
says "beside the program goes before here" '^beside$'
cd ../job
expect "no file is needed" 0 run --recording --command x --stdin-text text --stdout-file out -- cat
holds "no file is needed: the output" holds_text out text
expect "no file is needed: replay" 0 run --replaying --command x --stdin-text text --stdout-file out -- cat
expect "no file is needed: --print" 0 run config --print --recording --command x -- cat
says "no file is needed: --print" '^# the command line, policy strict.spol$'
expect "nowhere" 2 run
says "nowhere" 'no config.json'
expect "nowhere, and not all is told" 2 run --recording -- cat
says "nowhere, and not all is told" 'no config.json'
cd ..

# ---- any length ----

perl -e 'print "{\"recording\": true, \"command\": \"c\", \"stdout_file\": \"long.out\", \"commands\": {\"c\": {\"args\": [\"cat\"], \"is_hex\": true, \"stdin\": \"",
	unpack("H*", join("", map { chr($_ * 7 & 255) } 1 .. 1048577)), "\"}}}"' >c.json
perl -e 'print map { chr($_ * 7 & 255) } 1 .. 1048577' >want
expect "hex of a megabyte" 0 run --config c.json
holds "hex of a megabyte: the bytes" cmp want long.out
expect "hex of a megabyte: replay" 0 run --config c.json --replaying
holds "hex of a megabyte: the bytes again" cmp want long.out
perl -pi -e 's/"\}\}\}$/x"}}}/' c.json
expect "a wrong digit behind a megabyte" 2 check
says "a wrong digit behind a megabyte" "c.json:1:[0-9]{7}: error\[bad-hex\]: commands.c.stdin: 'x' is no hexadecimal digit"

# ---- what is shown ----

expect "--print" 0 run config --print --workdir least -- cat 'a b'
says "--print: from the file" '^command +"cat" +# line 3$'
says "--print: from an option" '^workdir +"least" +# --workdir$'
says "--print: operands" '^commands.cat.args +\["cat", "a b"\] +# PROGRAM$'
says "--print: the defaults" '^# config.json, policy strict.spol$'
for name in echo cat file hex nul; do
	run config --print --json --command $name >one.json
	run config --print --json --config one.json >two.json
	holds "--print --json is what it was read from: $name" cmp one.json two.json
	holds "--print --json is JSON: $name" perl -MJSON::PP -0777 -e 'decode_json(<>)' one.json
done
expect "--print --json can be run" 0 run --config two.json
printf 'a\0b' >want
holds "--print --json can be run: the same input" cmp want job/output.log
expect "no JSON for what is not UTF-8" 2 run config --print --json -- cat $'\xff'
says "no JSON for what is not UTF-8" 'not UTF-8'
expect "--check" 0 run config
says "--check" '^config.json can be run$'
expect "--check --print" 2 run config --check --print
config '{"recording": 1}'
"$SPERRIPS" config --config c.json --json >"$log" 2>/dev/null
[ $? -eq 2 ] && pass || fail "--json: the status"
holds "--json of findings" perl -MJSON::PP -0777 -e 'exit(decode_json(<>)->{diagnostics}[1]{line} != 1)' "$log"

# ---- mistakes ----

base='"recording": true, "command": "c", "commands": {"c": {"args": ["cat"]}}'
# wrong WHAT JSON PATTERN...: an error, and lines that match
wrong() {
	local what=$1 json=$2
	shift 2
	config "$json"
	expect "$what" 2 check
	while [ $# -gt 0 ]; do
		says "$what" "$1"
		shift
	done
	expect "$what: nothing is run" 2 run --config c.json
}
# each key with a value of another type: the JSON path, the line and the column
types() { # PATH, WANTED, JSON with @ for the value, its column; line 3
	local value said
	for value in true '"text"' 5 null '[]' '{}'; do
		case $value in
		true) said=true ;;
		'"text"') said="a string" ;;
		5) said="the number 5" ;;
		null) said=null ;;
		'[]') said="an array" ;;
		'{}') said="an object" ;;
		esac
		case "$2/$value" in
		"true or false/true" | 'a string/"text"' | 'a whole number/5' | 'an object/{}' | 'an array of strings/[]') continue ;;
		esac
		wrong "$1 is $value" "${3//@/$value}" "^c.json:3:$4: error\[wrong-type\]: $1 must be $2, not $said\$"
	done
}
types recording "true or false" $'{\n"command": "c", "commands": {"c": {"args": ["cat"]}},\n"recording": @}' 14
types command "a string" $'{\n"recording": true, "commands": {"c": {"args": ["cat"]}},\n"command": @}' 12
types commands "an object" $'{\n"recording": true, "command": "c",\n"commands": @}' 13
types commands.c "an object" $'{\n"recording": true, "command": "c", "commands": {\n"c": @}}' 6
types commands.c.args "an array of strings" $'{\n"recording": true, "command": "c", "commands": {"c": {\n"args": @}}}' 9
types commands.c.is_hex "true or false" $'{\n"recording": true, "command": "c", "commands": {"c": {"args": ["cat"],\n"is_hex": @}}}' 11
types commands.c.stdin "a string" $'{\n"recording": true, "command": "c", "commands": {"c": {"args": ["cat"],\n"stdin": @}}}' 10
types 'commands.c.args\[1\]' "a string" $'{\n"recording": true, "command": "c", "commands": {"c": {"args": ["cat",\n@]}}}' 1
for key in lax_policy; do types $key "true or false" $'{\n'"$base"$',\n"'$key'": @}' $((${#key} + 5)); done
for key in policy workdir stdout_file stderr_file; do types $key "a string" $'{\n'"$base"$',\n"'$key'": @}' $((${#key} + 5)); done
types verbosity "a whole number" $'{\n'"$base"$',\n"verbosity": @}' 14
types container "an object" $'{\n'"$base"$',\n"container": @}' 14
types container.enable_container "true or false" $'{\n'"$base"$', "container": {\n"enable_container": @}}' 21
for key in mount_point ol_lowerdir ol_upperdir ol_workdir; do
	types container.$key "a string" $'{\n'"$base"$', "container": {\n"'$key'": @}}' $((${#key} + 5))
done
wrong "a command that is not run is looked at, too" '{'"$base"', "commands": 1}' 'duplicate-key'
wrong "an unused command" $'{"recording": true, "command": "c", "commands": {"c": {"args": ["cat"]},\n"a b": {"args": ["x", 1]}}}' \
	'^c.json:2:23: error\[wrong-type\]: commands\["a b"\].args\[1\] must be a string'

wrong "nothing" '{}' '^c.json:1:1: error\[missing-key\]: recording, command and commands are missing$'
wrong "no command of that name" $'{"recording": true,\n"command": "cta", "commands": {"cat": {"args": ["cat"]}}}' \
	'^c.json:2:12: error\[missing-key\]: commands.cta is missing' 'did you mean "cat"\?'
wrong "no args" $'{"recording": true, "command": "c", "commands": {\n"c": {"stdin": ""}}}' \
	'^c.json:2:6: error\[missing-key\]: commands.c.args is missing$'
wrong "empty args" $'{"recording": true, "command": "c", "commands": {\n"c": {"args": []}}}' \
	'^c.json:2:15: error\[empty\]: commands.c.args must not be empty$'
wrong "an empty program" $'{"recording": true, "command": "c", "commands": {\n"c": {"args": [""]}}}' \
	'^c.json:2:16: error\[empty\]: commands.c.args\[0\] must not be empty$'
for key in command workdir stdout_file stderr_file policy; do
	wrong "an empty $key" $'{'"${base/\"command\": \"c\", /}"$', \n"'$key'": ""}' "^c.json:2:$((${#key} + 5)): error\[empty\]: $key must not be empty\$"
done
wrong "a NUL in a name" $'{'"$base"$',\n"workdir": "a\\u0000"}' '^c.json:2:12: error\[nul-byte\]: workdir has a NUL in it'
wrong "a NUL in an argument" $'{"recording": true, "command": "c", "commands": {"c": {"args": ["cat",\n"\\u0000"]}}}' \
	'^c.json:2:1: error\[nul-byte\]: commands.c.args\[1\]'
wrong "a NUL in a key" $'{'"$base"$',\n"workdir\\u0000": "."}' '^c.json:2:1: error\[nul-byte\]'
wrong "a wrong digit" $'{"recording": true, "command": "c", "commands": {"c": {"args": ["cat"], "is_hex": true,\n"stdin": "00 1"}}}' \
	"^c.json:2:13: error\[bad-hex\]: commands.c.stdin: ' ' is no hexadecimal digit"
wrong "a wrong digit behind an escape" $'{"recording": true, "command": "c", "commands": {"c": {"args": ["cat"], "is_hex": true,\n"stdin": "\\u0030\\u00e4"}}}' \
	"^c.json:2:17: error\[bad-hex\]"
wrong "an odd digit" $'{"recording": true, "command": "c", "commands": {"c": {"args": ["cat"], "is_hex": true,\n"stdin": "001"}}}' \
	'^c.json:2:14: error\[bad-hex\]: commands.c.stdin has an odd number of hexadecimal digits'
for number in -1 1.5 1e3000 1000001 99999999999999999999; do
	wrong "verbosity $number" $'{'"$base"$',\n"verbosity": '"$number"'}' '^c.json:2:14: error\[range\]: verbosity must be a whole number from 0'
done
wrong "a key twice" $'{'"$base"$',\n"workdir": ".",\n"workd\\u0069r": "."}' '^c.json:3:1: error\[duplicate-key\]: ' 'c.json:2:1: note: the first one'
wrong "a command twice" $'{"recording": true, "command": "c", "commands": {"c": {"args": ["cat"]},\n"c": {"args": ["true"]}}}' \
	'^c.json:2:1: error\[duplicate-key\]: commands.c is there twice'

# paths
wrong "no workdir" $'{'"$base"$',\n"workdir": "/nowhere"}' '^c.json:2:12: error\[missing-path\]: workdir: /nowhere: No such file'
wrong "workdir is a file" $'{'"$base"$',\n"workdir": "want"}' '^c.json:2:12: error\[missing-path\]: workdir: want: Not a directory'
wrong "no policy" $'{'"$base"$',\n"policy": "nowhere.spol"}' '^c.json:2:11: error\[missing-path\]: policy: nowhere.spol'
config '{'"$base"$',\n"lax_policy": true}'
if SPERRIPS_POLICY_PATH=/nowhere check >"$log" 2>&1; then
	skip "no lax.spol: the policies are installed"
else
	says "no lax.spol" '^c.json:2:15: error\[missing-path\]: lax_policy: lax.spol'
fi
for key in stdout_file stderr_file; do
	wrong "$key in no folder" $'{'"$base"$',\n"'$key'": "no/such"}' "^c.json:2:16: error\[missing-path\]: $key: ./no/such: the folder"
	wrong "$key is a folder" $'{'"$base"$',\n"'$key'": "job"}' "^c.json:2:16: error\[missing-path\]: $key: ./job: Is a directory"
done
wrong "no program" $'{"recording": true, "command": "c", "commands": {"c": {"args": [\n"/no/program"]}}}' \
	'^c.json:2:1: error\[missing-path\]: commands.c.args\[0\]: /no/program: there is no such program'
wrong "a program that is none" $'{"recording": true, "command": "c", "commands": {"c": {"args": [\n"./want"]}}}' \
	'^c.json:2:1: error\[missing-path\]: commands.c.args\[0\]: ./want: it is no program'
wrong "a container without folders" $'{'"$base"$', "container": {\n"enable_container": true}}' \
	'^c.json:2:21: error\[missing-key\]: container.mount_point is missing, and enable_container is true'
wrong "a container with an empty name" $'{'"$base"$', "container": {"enable_container": true,\n"mount_point": ""}}' \
	'^c.json:2:16: error\[empty\]: container.mount_point'
box='"enable_container": true, "mount_point": "job", "ol_lowerdir": "job", "ol_upperdir": "job", "ol_workdir": "job"'
for key in mount_point ol_lowerdir ol_upperdir ol_workdir; do
	wrong "a container without $key" $'{'"$base"$', "container": {'"${box/\"$key\": \"job\"/$'\n'\"$key\": \"nowhere\"}"'}}' \
		"^c.json:2:$((${#key} + 5)): error\[missing-path\]: container.$key: nowhere"
done
wrong "an output in no folder of the container" $'{'"$base"$', "container": {'"$box"$'},\n"stdout_file": "no/such"}' \
	'^c.json:2:16: error\[missing-path\]: stdout_file: //no/such: the folder'
wrong "workdir is not in the container" $'{'"$base"$', "container": {'"$box"$'},\n"workdir": "/nowhere"}' \
	'^c.json:2:12: error\[missing-path\]: workdir: /nowhere: there is no such folder in the container'

wrong "workdir is not absolute in the container" $'{'"$base"$', "container": {'"$box"$'},\n"workdir": "job"}' \
	'^c.json:2:12: error\[missing-path\]: workdir: job: in a container it must be an absolute path'

# options
config "{$base}"
expect "--verbosity of no number" 2 run --config c.json --verbosity x
says "--verbosity of no number" '--verbosity x: must be a whole number'
expect "--stdin-hex of no digits" 2 run --config c.json --stdin-hex 0g
expect "--stdin-hex of an odd digit" 2 run --config c.json --stdin-hex 000
expect "--workdir of no folder" 2 run --config c.json --workdir /nowhere
says "--workdir of no folder" '--workdir: /nowhere: No such file'
expect "--command of no command" 2 run --config c.json --command nothing
says "--command of no command" 'c.json:1:[0-9]+: error\[missing-key\]: commands.nothing is missing'
expect "--policy of no file" 2 run --config c.json --policy nowhere.spol
expect "an empty --workdir" 2 run --config c.json --workdir ''
expect "a program that is not there" 2 run --config c.json -- /no/program

# unknown keys are no errors
config $'{'"$base"$',\n"workdri": 1, "commands2": [{"a": 1}],\n"container": {"enable": true}}'
expect "unknown keys" 0 check
says "unknown keys" '^c.json:2:1: warning\[unknown-key\]: workdri is not known'
says "unknown keys: did you mean" 'did you mean "workdir"\?'
says "unknown keys" '^c.json:3:15: warning\[unknown-key\]: container.enable is not known'
config $'{"recording": true, "command": "c", "commands": {"c": {"args": ["true"],\n"ishex": true}}}'
expect "unknown keys of a command" 0 check
says "unknown keys of a command" '^c.json:2:1: warning\[unknown-key\]: commands.c.ishex'
says "unknown keys of a command: did you mean" 'did you mean "is_hex"\?'

# ---- in a container ----

fresh 'mkdir -p tree/proc tree/dev tree/tmp tree/bin tree/job/logs up work mnt; chmod 750 tree/job'
for program in cat hostname bash; do
	cp "$(readlink -f "$(type -P $program)")" tree/bin/$program
	ldd "tree/bin/$program" | grep -oE '/[^ ]+' | while read -r file; do
		mkdir -p "tree$(dirname "$file")" && cp "$(readlink -f "$file")" "tree$file"
	done
done
cat >config.json <<END
{
    "recording": true, "command": "cat", "workdir": "//job/", "stdout_file": "logs/out", "stderr_file": "/err",
    "commands": {
        "cat": { "args": ["/bin/cat"], "stdin": "into the box" },
        "host": { "args": ["hostname"] },
        "write": { "args": ["/bin/bash", "-c", "echo data >file; echo out; echo err >&2"] }
    },
    "container": { "enable_container": true, "mount_point": "$work/mnt", "ol_lowerdir": "$work/tree/", "ol_upperdir": "up/",
        "ol_workdir": "work" }
}
END
if run record -o "$scratch/probe.bin" --container tree -- /bin/cat /dev/null >"$log" 2>&1; then
	expect "a container" 0 run
	says "a container: the path of the recording" '^sperrips: recording: up/job/recording.bin$'
	holds "a container: the output" holds_text up/job/logs/out 'into the box'
	holds "a container: the other output" cmp up/err /dev/null
	holds "a container: a folder as the lower one has it" [ "$(stat -c %a up/job)" = 750 ]
	expect "a container: replay" 0 run --replaying
	says "a container: replay: the verdict" '^sperrips: same$'
	says "a container: replay: the paths" '^sperrips: differences: up/job/differences.bin$'
	holds "a container: replay: the output" holds_text up/job/logs/out 'into the box'
	expect "a container: another name" 2 run --replaying --command host
	expect "a container: its host name" 0 run --command host
	holds "a container: its host name" holds_text up/job/logs/out $'sperrips\n'
	expect "a container: changes" 0 run --command write
	holds "a container: changes" holds_text up/job/file $'data\n'
	holds "a container: standard error" holds_text up/err $'err\n'
	holds "a container: what it is made of stays" [ "$(ls tree/job)" = logs ]
	rm -f up/job/file
	expect "a container: changes again" 0 run --command write --replaying
	expect "a container: one file by two names" 0 run --command write --stdout-file ./err --stderr-file //job/err
	holds "a container: one file by two names: in order" holds_text up/job/err $'out\nerr\n'
	rm -f up/job/err up/job/file
	# what a program may have left in the upper layer leads nowhere
	echo precious >precious
	rm -rf up/job/logs && ln -s "$work" up/job/logs
	expect "a link in the place of a folder" 125 run
	says "a link in the place of a folder" '^sperrips: cannot put /job/logs/out into up/: .*it is .*/stdout$'
	rm -f up/job/logs up/job/recording.bin && ln -s "$work/precious" up/job/recording.bin
	expect "a link in the place of the recording" 0 run
	holds "a link in the place of the recording is not followed" holds_text precious $'precious\n'
	holds "a link in the place of the recording gives way" [ ! -L up/job/recording.bin -a -s up/job/recording.bin ]
	expect "no container for its recording" 2 run --replaying --no-container --workdir up/job --stdout-file out --stderr-file out
	says "no container for its recording" 'made in a container, and enable_container is false'
	mkdir plain
	expect "without a container" 0 run --no-container --workdir plain --stdout-file out --stderr-file out
	cp plain/recording.bin up/job/
	expect "a container for a recording without one" 2 run --replaying
	expect "all by options" 0 run --no-container --container tree --overlay-upper up --overlay-work work --mount-point mnt --workdir / --stdout-file out
	holds "all by options: a recording at the root" [ -s up/recording.bin ]
	expect "an output in a folder that the container lacks" 2 run --stdout-file no/out
	says "an output in a folder that the container lacks" '--stdout-file: //job//no/out: the folder that it is in'
	expect "--print of a container" 0 run config --print --json
	holds "--print of a container can be read" run config --config "$log"
	holds "only what could not be put anywhere is left" [ "$(ls -d up.sperrips-* | wc -l)" -eq 1 ]
	# to the other system: there the recording is carried into an upper layer of its own
	rm -rf up.sperrips-* up && mkdir up && expect "system 1" 0 run --command write
	mkdir -p other/job otherwork && cp up/job/recording.bin other/job/
	there() { run --replaying --command write --overlay-upper other --overlay-work otherwork "$@"; }
	expect "system 2" 0 there
	says "system 2: the verdict" '^sperrips: same$'
	says "system 2: the path" '^sperrips: recording: other/job/recording.bin$'
	holds "system 2: the recording is where it was" cmp up/job/recording.bin other/job/recording.bin
	holds "system 2: differences" [ -s other/job/differences.bin ]
	holds "system 2: what the program has made" holds_text other/job/file $'data\n'
	rm -f other/job/file
	expect "system 2, once more" 0 there
	cp other/job/differences.bin kept.bin
	expect "a replay that is refused" 2 there --command cat
	holds "a replay that is refused: the differences of the one before" cmp kept.bin other/job/differences.bin
	holds "a replay that is refused: the recording is where it was" cmp up/job/recording.bin other/job/recording.bin
	expect "a recording that cannot be made" 127 run --command write -- nothing
	holds "a recording that cannot be made: the one before is where it was" cmp up/job/recording.bin other/job/recording.bin
	rm -f other/job/recording.bin
	expect "no recording in the upper layer" 2 there
	says "no recording in the upper layer" 'cannot open other/job/recording.bin'
	holds "nothing of ours is left beside the layers" [ -z "$(ls -d ./*.sperrips-* 2>/dev/null)" ]
else
	grep -qE 'container cannot|namespace' "$log" || fail "containers: no clear message" "$(cat "$log")"
	skip "containers: $(head -n 1 "$log")"
fi

# ---- what is no JSON ----

syntax() { wrong "$1" "$2" "^c.json:$3: error\[syntax\]: $4" "${5-error}"; }
syntax "a comma too many" $'{\n"a": 1,\n}' 3:1 "'}' where a name" 'no comma stands behind'
syntax "a comma too few" $'{"a": 1\n"b": 2}' 2:1 "'\"' where a comma or }"
syntax "no colon" $'{\n"a" 1}' 2:5 "'1' where a colon"
syntax "no quotes" $'{\na: 1}' 2:1 "'a' where a name in double quotes"
syntax "single quotes" $'{\n"a": \'b\'}' 2:6 "''' where a value" 'double quotes'
syntax "a comment" $'{\n// text\n"a": 1}' 2:1 "'/' where a name" 'no comments'
syntax "Python's True" $'{"a":\nTrue}' 2:1 "'T' where a value" 'written true'
syntax "the end" $'{"a": [1,\n' 3:1 'the text ends where a value should be'
syntax "a string without an end" $'{"a":\n"b' 2:1 'the string has no end on its line'
syntax "a control character" $'{"a":\n"\t"}' 2:2 'a control character in a string'
syntax "an escape" $'{"a":\n"\\x41"}' 2:2 'there is no such escape'
syntax "an escape without digits" $'{"a":\n"\\u12"}' 2:2 'four hexadecimal digits'
syntax "half a pair" $'{"a":\n"\\ud800x"}' 2:2 'half of a surrogate pair'
syntax "the other half" $'{"a":\n"\\udc00"}' 2:2 'half of a surrogate pair'
syntax "a leading zero" $'{"a":\n01}' 2:1 'a number does not begin with 0'
syntax "no digit" $'{"a":\n1.}' 2:3 "'}' where a digit"
syntax "infinity" $'{"a":\n-Infinity}' 2:2 "'I' where a digit"
syntax "a number of a hundred digits" $'{"a":\n'"$(printf '%0100d' 0 | tr 0 1)"'}' 2:1 'the number has more than 63 characters'
syntax "something behind the end" $'{'"$base"$'}\nx' 2:1 'something stands behind the end'
syntax "nested" $'\n'"$(perl -e 'print "[" x 100000')" 2:65 'arrays and objects are nested more than 64 deep'
wrong "an array" '[]' '^c.json:1:1: error\[wrong-type\]: the text must be an object, not an array'
printf '' >c.json
expect "an empty file" 2 check
says "an empty file" '^c.json:1:1: error\[syntax\]: the text ends'
printf '{"a":\0 1}' >c.json
expect "a NUL byte" 2 check
says "a NUL byte" '^c.json:1:6: error\[syntax\]: a NUL byte where a value'
printf '{\n"a\377": 1}' >c.json
expect "not UTF-8" 2 check
says "not UTF-8" '^c.json:2:3: error\[encoding\]: the byte ff is not UTF-8'
printf '\357\273\277{%s}' "$base" >c.json
expect "a byte order mark" 0 check
perl -e 'print "{\"a\": [", "1," x 1000000, "1]}"' >c.json
expect "a million values" 2 check
says "a million values" 'more than a million values'
perl -e 'print "{", join(",", map { "\"k$_\": 0" } 1 .. 100000), "}"' >c.json
expect "a hundred thousand keys" 2 check
says "a hundred thousand keys: what is missing" "error.missing-key.: recording, command and commands are missing"
head -c 100000 /dev/urandom >c.json
expect "noise" 2 check
expect "a directory" 2 run --config mnt
says "a directory" 'mnt: Is a directory'
expect "no file" 2 run --config nowhere.json
says "no file" 'nowhere.json: No such file'
mkfifo fifo
expect "a fifo that nobody writes to" 2 run --config fifo
says "a fifo that nobody writes to" 'nobody writes into this fifo'
printf '{%s}' "${base/cat/true}" >fifo &
expect "a fifo" 0 run --config fifo
if [ "$(id -u)" -ne 0 ]; then
	config "{$base}"; chmod 0 c.json
	expect "a file that may not be read" 2 check
	says "a file that may not be read" 'Permission denied'
	rm -f c.json
else
	skip "a file that may not be read: root may read all"
fi

# ---- help and completion ----

expect "config --help" 0 run config --help
says "config --help" '--print'
expect "--help tells of it" 0 run --help
says "--help tells of it" '\[--recording\|--replaying\]'
complete_word() { # words...: what bash would offer for the last one
	bash -c 'eval "$1"; shift; compopt() { :; }; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sperrips; echo "${COMPREPLY[@]}"' - \
		"$("$SPERRIPS" completion)" "$@"
}
expect "completion of options without a command" 0 complete_word sperrips --rec
says "completion of options without a command" '^--recording$'
expect "completion of a second option" 0 complete_word sperrips --recording --stdout
says "completion of a second option" '^--stdout-file=$'
expect "completion of config" 0 complete_word sperrips config --pri
says "completion of config" '^--print$'
expect "completion of the command" 0 complete_word sperrips conf
says "completion of the command" '^config$'
# the manual page has every option of the command line, and every kind of finding that is told here
"$SPERRIPS" config --help | sed -n 's/^ *\(-[a-z], \)\{0,1\}--\([a-z-]*\).*/\2/p' | while read -r option; do
	sed 's/\\-/-/g' "$top_srcdir/doc/sperrips-config.5" "$top_srcdir/doc/sperrips.1" | grep -q -e "--$option" || echo "$option"
done >undocumented
holds "every option is in the manual" cmp undocumented /dev/null
grep -o '"[a-z]*-[a-z]*", "%s' "$top_srcdir"/src/cmd/config_*.c "$top_srcdir/src/cmd/json_text.c" | sed 's/.*:"//; s/",.*//' | sort -u |
	while read -r code; do grep -q "^.B $code" "$top_srcdir/doc/sperrips-config.5" || echo "$code"; done >undocumented
holds "every kind of finding is in the manual" cmp undocumented /dev/null
holds "there are kinds of findings" [ "$(grep -o '"[a-z]*-[a-z]*", "%s' "$top_srcdir"/src/cmd/config_*.c | wc -l)" -gt 5 ]
# what the manual shows (tests/spolc/docs.sh has the README's)
sed -n '/^{$/,/^}$/p' "$top_srcdir/doc/sperrips-config.5" >c.json
expect "the manual's config.json" 0 check
says "the manual's config.json" '^c.json can be run$'
expect "an unknown option" 2 run --recordings
says "an unknown option" 'unknown option'
holds "no file of ours is left" sh -c '! ls "$TMPDIR"/sperrips-stdin-*'
finish
