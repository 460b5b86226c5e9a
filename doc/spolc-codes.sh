#!/bin/sh
# Writes spolc-codes(7): the pages of all codes, as `spolc --help CODE` prints them.
#   doc/spolc-codes.sh SPOLC CODES.DEF >doc/spolc-codes.7
set -eu
spolc=$1 codes=$2

# Text for roff: nothing in it is a command.
escape() { sed -e 's/\\/\\e/g' -e "s/^[.']/\\\\\&&/" -e 's/-/\\-/g'; }

cat <<'END'
.TH SPOLC\-CODES 7 "" sperrips "Miscellaneous"
.SH NAME
spolc\-codes \- what the policy compiler finds, a page for each code
.SH DESCRIPTION
Each finding of
.BR spolc (1)
has a code that does not change from one version to the next.
.B E
is an error,
.B W
a warning,
.B S
a matter of style.
.B spolc \-\-help
.I CODE
prints the same page.
What is
.I wrong
in an example is what gives the code, and nothing else is wrong with it.
END
section=
for code in $(sed -n 's/^CODE(\([A-Z][0-9]*\),.*/\1/p' "$codes"); do
	case $code in
	E0*) title='SYNTAX (E0xxx)' ;;
	E1*) title='NAMES (E1xxx)' ;;
	E2*) title='TYPES AND LEGALITY (E2xxx)' ;;
	E3*) title='STRUCTURE (E3xxx)' ;;
	E4*) title='TESTS (E4xxx)' ;;
	W*) title='SUSPICIOUS (W1xxx)' ;;
	*) title='STYLE (S2xxx)' ;;
	esac
	if [ "$title" != "$section" ]; then
		section=$title
		echo ".SH \"$section\""
	fi
	"$spolc" --help "$code" | escape | LC_ALL=C awk -v code="$code" '
		function leave() { if (quoted) print ".fi\n.RE"; quoted = 0 }
		NR == 1 { print ".SS \"" $0 "\""; next }
		NR == 2 { next }
		/^    / {
			if (!quoted) {
				print ".RS 4"
				# what the example is, for the test that compiles it
				print ".\\\" " (of == "Wrong:" ? "spol " code : of == "Right:" ? "spol" : "text")
				print ".nf"
			}
			quoted = 1
			text = substr($0, 5)
			print (text ~ /^[.\x27]/ ? "\\&" : "") text
			next
		}
		{ leave(); of = $0 }
		/^$/ || /^(Wrong|Right):$/ { print ".PP" }
		/./ { print }
		END { leave() }'
done
cat <<'END'
.SH SEE ALSO
.BR spolc (1),
.BR spol (5)
END
