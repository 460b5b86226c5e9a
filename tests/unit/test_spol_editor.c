/*
 * What an editor is told about a place of a policy: tables of texts with a mark (^) where the cursor stands.
 */
#include "spol/editor.h"
#include "tests/unit/spol_support.h"

#define INHERITED                                                       \
	"policy inherited 1;\n"                                         \
	"let SLOP = 5s;\n"                                              \
	"set VIRTUAL = \"/proc/**\", \"/sys/**\";\n"                    \
	"default: equal;\n"                                             \
	"any pid: map;\n"                                               \
	"read { buf, ret: replay if fd.path in VIRTUAL else equal; }\n" \
	"madvise: ignore;\n"

struct opened {
	char folder[32];
	char *path;
	struct abi_schema *schema;
	struct arena *arena;
	struct spol_editor *editor;
	struct spol_open_file files[2];
	struct spol_options options;
	uint32_t offset;
	const char *text;
};

/* The text without its mark becomes an open file that no disk holds; so does inherited.spol next to it. */
static struct opened *open_text(const char *marked)
{
	struct opened *o = calloc(1, sizeof(*o));
	const char *mark = strchr(marked, '^');
	struct err err = { 0 };
	char *text;

	ck_assert_msg(mark != NULL, "no mark in: %s", marked);
	o->arena = arena_new();
	o->schema = abi_schema_new(ARCH_X86_64);
	o->offset = (uint32_t)(mark - marked);
	text = arena_printf(o->arena, "%.*s%s", (int)o->offset, marked, mark + 1);
	o->text = text;
	o->files[0] = (struct spol_open_file){ "/nowhere/at/all/top.spol", text, strlen(text) };
	o->files[1] = (struct spol_open_file){ "/nowhere/at/all/inherited.spol", INHERITED, strlen(INHERITED) };
	o->options = (struct spol_options){ .schema = o->schema, .open = o->files, .nopen = 2, .regular = true };
	o->editor = spol_editor_new(&o->options, o->files[0].path, &err);
	ck_assert_msg(o->editor != NULL, "%s", err.text);
	return o;
}

static void close_text(struct opened *o)
{
	spol_editor_free(o->editor);
	abi_schema_free(o->schema);
	arena_free(o->arena);
	free(o);
}

/* ---- completion ---- */

/* want: words that are offered; -word: not offered; =: no others than those. */
static const struct {
	const char *text, *want;
} completions[] = {
	/* statements */
	{ "^", "policy extends let set default any signal never violation test override read stat %file -replay" },
	{ "re^", "read readv recvfrom -policy -write" },
	{ "RE^", "read" },
	{ "pol^", "policy poll =" },
	{ "read { buf: replay; }\nwri^", "write writev -read" },
	{ "read { buf: replay; }\nwri^\nwrite { buf: equal; }\n", "write writev -read" },
	{ "let A = 1;\n^\nread { buf: replay; }\n", "let read" },
	{ "let A = 1\nlet B = 2;\nsta^", "stat statx" },
	{ "override ^", "read %file -policy -let" },
	{ "stat, ls^", "lstat lseek -policy" },
	{ "%^", "file desc -%file -read" },
	{ "%fi^", "file =" },
	{ "stat, %fi^ { *: replay; }", "file =" },
	{ "any ^", "ptr pid inode hostname -read" },
	{ "any pi^", "pid =" },
	{ "any pid^: map;", "pid =" },
	{ "any pi^x: map;", "pid =" },
	{ "ioctl(^", "TCGETS TIOCGWINSZ -read" },
	{ "ioctl(TCG^) { argp: replay; }", "TCGETS -TCSETS" },
	{ "ioctl(TCGETS|TCS^", "TCSETS -TCGETS" },
	{ "signal ^", "SIGCHLD SIGHUP -read" },
	{ "signal SIGHUP|SIGC^", "SIGCHLD SIGCONT -SIGHUP" },
	{ "instruction rd^", "-read" },
	{ "violation: ^", "stop continue =" },
	/* blocks */
	{ "read { ^ }", "buf buf.addr count ret fd * override -statbuf -read" },
	{ "read {\n\t^\n\tret: equal;\n}\n", "buf count ret" },
	{ "read {\n\tbuf: rep^\n\tret: equal;\n}\n", "replay =" },
	{ "read {\n\tbuf: replay;\n\tbuf^\n\tret: equal;\n}\n", "buf buf.addr =" },
	{ "read {\n\tbuf: replay\n\tret: equal;\n\tco^", "count =" },
	{ "read { override co^ }", "count =" },
	{ "read { buf, ^: replay; }", "ret count -override" },
	{ "stat { ^", "statbuf statbuf.st_ino pathname -buf" },
	{ "stat { statbuf.^", "statbuf.st_ino statbuf.st_dev -pathname -statbuf" },
	{ "stat { statbuf.st_i^: replay; }", "statbuf.st_ino =" },
	{ "stat { statbuf.st_^ino: replay; }", "statbuf.st_ino statbuf.st_dev" },
	{ "poll { fds[].re^", "fds[].revents =" },
	{ "read, write { bu^", "buf buf.addr =" },
	{ "ioctl(TCGETS) { argp.c_c^", "argp.c_cc argp.c_cflag =" },
	{ "ioctl { ^", "fd op -argp.c_cc" },
	{ "signal SIGCHLD { ^", "si_pid si_utime -buf" },
	{ "%file { ^", "pathname" },
	{ "read {\n\tbuf: replay;\nlet A = 1;\nsta^", "stat statx -buf" },
	{ "read { nonsense here ; bu^", "buf buf.addr =" },
	/* arms */
	{ "read { buf: ^", "equal accept replay stop -map -ignore" },
	{ "read { ret: ^", "equal accept replay stop map -ignore" },
	{ "read { buf.addr: ^", "equal map -replay" },
	{ "read { buf: replay if fd == 1 else ^", "equal accept -map" },
	{ "read: ^", "execute emulate ignore optional forbid -replay -map" },
	{ "any ptr: ^", "map equal replay -ignore" },
	{ "default: ^", "equal map replay -ignore" },
	{ "read { buf: replay ^", "if within else =" },
	{ "read { buf: replay \"text\" ^", "if within else =" },
	{ "sysinfo { info.uptime: accept within ^; }", "-read -if" },
	{ "let SOME = 5s; sysinfo { info.uptime: accept within ^; }", "SOME =" },
	{ "sysinfo { info.uptime: accept within 5s ^; }", "if else =" },
	{ "read { buf: equal \"at {of^\"", "{offset} =" },
	{ "read { buf: equal \"at {^}\"; }", "{offset} {recorded} {actual} {path}" },
	{ "read { buf: equal \"at ^\"; }", "=" },
	/* conditions */
	{ "read { buf: replay if ^",
	  "fd count recorded actual fd.path fd.kind command task.depth not -file.path -O_RDONLY" },
	{ "stat { statbuf: replay if ^", "file.path -fd.path" },
	{ "read { buf: replay if fd.^", "fd.path fd.kind fd.flags =" },
	{ "dup2 { ret: replay if oldfd.^", "oldfd.path oldfd.kind oldfd.flags =" },
	{ "read { buf: replay if fd.kind == ^", "file dir pipe socket tty anon" },
	{ "read { buf: replay if fd == 1 and fd.kind == t^", "tty task.depth =" },
	{ "read { buf: replay if (fd.kind == pi^", "pipe =" },
	{ "open { ret: replay if flags & ^", "O_CREAT O_RDONLY -AF_INET" },
	{ "open { ret: replay if flags & O_CR^ == 0; }", "O_CREAT =" },
	{ "read { buf: replay if fd.flags & O_CLO^", "O_CLOEXEC =" },
	{ "socket: emulate if domain == AF_IN^", "AF_INET AF_INET6 =" },
	{ "read { ret: replay if recorded == -EAG^", "EAGAIN =" },
	{ "read { ret: replay if actual == ^", "EAGAIN" },
	{ "ioctl: ignore if op == TCGE^", "TCGETS" },
	{ "read { buf: replay if recorded.^", "recorded.fd recorded.count recorded.fd.path -fd" },
	{ "read { buf: replay if fd ^", "and or in within not -fd" },
	{ "read { buf: replay if fd == 1 ^", "and or else -fd" },
	{ "set S = \"/proc/**\"; read { buf: replay if fd.path in ^", "S =" },
	{ "extends \"inherited.spol\"; read { count: replay if fd.path in ^", "VIRTUAL =" },
	{ "extends \"inherited.spol\"; read { count: accept if recorded within SL^", "SLOP =" },
	{ "read { count: accept if fd in { ^", "" },
	{ "let SLOP = 1s; let MORE = ^", "SLOP =" },
	{ "set A = \"/a\"; set B = ^", "A" },
	/* promises */
	{ "never ^", "equal accept replay map stop =" },
	{ "never replay ^", "read write -let" },
	{ "never replay write.^", "buf count -write.buf" },
	{ "never replay write.b^", "buf buf.addr =" },
	{ "never replay ioctl(TCGETS).argp.c_c^", "argp.c_cc argp.c_cflag =" },
	{ "never replay write.buf if fd.^", "fd.path fd.kind fd.flags =" },
	/* tests */
	{ "test \"t\" { ^", "read write expect signal -let" },
	{ "test \"t\" { write(^", "fd buf count ret -let" },
	{ "test \"t\" { write(fd: 1, bu^", "buf buf.addr =" },
	{ "test \"t\" { open(flags: O_CR^", "O_CREAT =" },
	{ "test \"t\" { open(flags: O_RDONLY -> O_CR^", "O_CREAT =" },
	{ "test \"t\" { ioctl(^", "TCGETS fd" },
	{ "test \"t\" { ioctl(TCGETS)(argp.c_c^", "argp.c_cc argp.c_cflag =" },
	{ "test \"t\" { write(fd: 1);\n expect ^", "buf stop same equal forbid" },
	{ "test \"t\" { ioctl(TCGETS)(fd: 1);\n expect argp.c_c^", "argp.c_cc argp.c_cflag =" },
	{ "test \"t\" { write(fd: 1);\n expect buf ^", "stop same -buf -fd" },
	/* where nothing is offered */
	{ "# re^", "=" },
	{ "read { buf: replay; } # re^", "=" },
	{ "let ^", "=" },
	{ "policy ^", "=" },
	{ "test \"re^\" {}", "=" },
	{ "set S = \"re^\";", "=" },
	{ "read { count: accept if count == 5^", "=" },
	{ "ever so nonsensical ^", "=" },
};

static bool offered(const struct spol_completions *c, const char *word, size_t len)
{
	for (size_t i = 0; i < c->n; i++) {
		if (strlen(c->list[i].label) == len && memcmp(c->list[i].label, word, len) == 0)
			return true;
	}
	return false;
}

static void check_completion(const char *text, const struct spol_completions *c, const char *want)
{
	size_t wanted = 0;
	bool exactly = false;

	while (*want) {
		size_t len = strcspn(want, " ");

		if (len == 1 && *want == '=') {
			exactly = true;
		} else if (*want == '-') {
			ck_assert_msg(!offered(c, want + 1, len - 1), "%s\n  offers %.*s", text, (int)len - 1,
				      want + 1);
		} else {
			ck_assert_msg(offered(c, want, len), "%s\n  does not offer %.*s", text, (int)len, want);
			wanted++;
		}
		want += len;
		want += *want == ' ';
	}
	if (exactly)
		ck_assert_msg(c->n == wanted, "%s\n  offers %zu words, not %zu: %s ...", text, c->n, wanted,
			      c->n ? c->list[0].label : "");
}

START_TEST(completes)
{
	struct opened *o = open_text(completions[_i].text);
	struct spol_completions c;

	spol_editor_complete(o->editor, o->offset, o->arena, &c);
	ck_assert_msg(c.start <= o->offset && c.end == o->offset, "%s: %u-%u, not up to %u", completions[_i].text,
		      c.start, c.end, o->offset);
	for (size_t i = 0; i < c.n; i++)
		ck_assert_msg(strncasecmp(c.list[i].label, o->text + c.start, c.end - c.start) == 0,
			      "%s: %s does not begin with what was typed", completions[_i].text, c.list[i].label);
	check_completion(completions[_i].text, &c, completions[_i].want);
	close_text(o);
}
END_TEST

static const struct {
	const char *text, *typed;
	bool quotes;
	uint32_t behind; /* bytes behind the cursor that go, too */
} file_names[] = {
	{ "extends ^", "", true, 0 },
	{ "extends \"^", "", false, 0 },
	{ "extends \"ba^\";", "ba", false, 0 },
	{ "extends \"ba^se.spol\";", "ba", false, 7 },
	{ "extends \"base.spol\", \"dir/b^\n", "dir/b", false, 0 },
	{ "extends \"b^; # what comes behind is kept", "b", false, 0 },
};

START_TEST(completes_files)
{
	struct opened *o = open_text(file_names[_i].text);
	struct spol_completions c;

	spol_editor_complete(o->editor, o->offset, o->arena, &c);
	ck_assert(c.files);
	ck_assert_int_eq(c.quotes, file_names[_i].quotes);
	ck_assert_msg(o->offset - c.start == strlen(file_names[_i].typed) &&
			      memcmp(o->text + c.start, file_names[_i].typed, o->offset - c.start) == 0,
		      "%s: %u-%u", file_names[_i].text, c.start, c.end);
	ck_assert_uint_eq(c.end - o->offset, file_names[_i].behind);
	close_text(o);
}
END_TEST

/* ---- hover ---- */

/* word: what the hover is about; each line of want stands in it.  word NULL: nothing is said. */
static const struct {
	const char *text, *word, *want;
} hovers[] = {
	{ "re^ad { buf: replay; }", "read", "read %desc\n  executed and compared" },
	{ "^read { buf: replay; }", "read", "read %desc" },
	{ "read^ { buf: replay; }", "read", "read %desc" },
	{ "madvi^se: ignore;", "madvise", "ignore" },
	{ "ioct^l(TCGETS) { argp: replay; }", "ioctl", "Variants: " },
	{ "ioctl(TCG^ETS) { argp: replay; }", "TCGETS", "ioctl(TCGETS) %desc\nargp.c_iflag" },
	{ "%fi^le { *: equal; }", "file", "a class of calls: " },
	{ "any pt^r: map;", "ptr", "a kind of fields" },
	{ "signal SIGCH^LD { si_pid: map; }", "SIGCHLD", "si_pid" },
	{ "read { bu^f: replay; }", "buf", "data\n bytes\nread.buf (data, out)\n  1. replay" },
	{ "default: equal; read { buf: replay if fd == 1; r^et: equal; } ", "ret",
	  "read.ret (size, out)\n  1. equal\nstop equal map replay accept" },
	{ "stat { statbuf.st_^ino: replay; }", "statbuf.st_ino", "stat.statbuf.st_ino (inode, out)" },
	{ "stat { stat^buf.st_ino: replay; }", "statbuf", "statbuf.st_dev\nstatbuf.st_ino" },
	{ "extends \"inherited.spol\"; read { bu^f: equal; }", "buf", "as far as it can be told\nread.buf: " },
	{ "extends \"inherited.spol\"; never replay read.fd; read { cou^nt: accept; }", "count",
	  "read.count (size, in)\n  1. accept" },
	{ "read { buf: repl^ay; }", "replay", "**replay**: A difference is acceptable" },
	{ "read: igno^re;", "ignore", "**ignore**" },
	{ "read { buf: replay i^f fd == 1; }", "if", "**if**" },
	{ "read { buf: replay if fd == 1 an^d count == 1; }", "and", "**and**" },
	{ "read { buf: replay if f^d == 1; }", "fd", "fd\nread.fd (fd, in)" },
	{ "read { buf: replay if fd.pa^th in S; }", "fd.path", "**fd.path**" },
	{ "dup2 { ret: replay if oldfd.ki^nd == tty; }", "oldfd.kind", "**oldfd.kind**" },
	{ "read { buf: replay if record^ed == actual; }", "recorded", "**recorded**" },
	{ "read { buf: replay if recorded.cou^nt == 1; }", "recorded.count", "read.count (size, in)" },
	{ "open { ret: replay if flags & O_CR^EAT != 0; }", "O_CREAT", "**O_CREAT** = 64 (0x40)" },
	{ "read { ret: replay if ret == -EAG^AIN; }", "EAGAIN", "**EAGAIN** = 11" },
	{ "let A^ = 5s + 1s;", "A", "let A = 5s + 1s;\n= 6000000000ns\ntop.spol:1" },
	{ "extends \"inherited.spol\"; read { count: accept if recorded within SL^OP of actual; }", "SLOP",
	  "let SLOP = 5s;\ninherited.spol:2" },
	{ "extends \"inherited.spol\"; read { count: accept if fd.path in VIRT^UAL; }", "VIRTUAL", "\"/sys/**\"" },
	{ "le^t A = 1;", "let", "**let**" },
	{ "override re^ad { buf: equal; }", "read", "read %desc" },
	{ "overri^de read { buf: equal; }", "override", "**override**" },
	{ "never repl^ay write.buf;", "replay", "**replay**" },
	{ "never replay wri^te.buf;", "write", "write %desc" },
	{ "never replay write.bu^f;", "buf", "write.buf (data, in)" },
	{ "read { buf: equal \"at {off^set}\"; }", "{offset}", "the first byte that differs" },
	{ "test \"t\" { write(bu^f: \"a\"); expect buf stop; }", "buf", "write.buf (data, in)" },
	{ "test \"t\" { write(buf: \"a\"); expect buf sto^p; }", "stop", "**stop**" },
	/* errors around the place */
	{ "let = ; read { bu^f: replay }", "buf", "data\nas far as it can be told" },
	{ "read { bu^f", "buf", "data" },
	{ "# re^ad", NULL, NULL },
	{ "read { buf: equal \"te^xt\"; }", NULL, NULL },
	{ "nonsense^ { buf: equal; }", NULL, NULL },
	{ "read { nonsense^: equal; }", NULL, NULL },
	{ "read {  ^  buf: equal; }", NULL, NULL },
	{ "^", NULL, NULL },
};

START_TEST(hovers_over)
{
	struct opened *o = open_text(hovers[_i].text);
	struct buf b = { 0 };
	struct span at;
	bool said = spol_editor_hover(o->editor, o->offset, &at, &b);
	const char *want = hovers[_i].want, *found = buf_cstr(&b);

	ck_assert_msg(said == (hovers[_i].word != NULL), "%s: says %s", hovers[_i].text, said ? found : "nothing");
	if (said) {
		ck_assert_msg(at.end - at.start == strlen(hovers[_i].word) &&
				      memcmp(o->text + at.start, hovers[_i].word, at.end - at.start) == 0,
			      "%s: is about %.*s", hovers[_i].text, (int)(at.end - at.start), o->text + at.start);
		while (*want) {
			char *line = strndup(want, strcspn(want, "\n"));

			ck_assert_msg(strstr(found, line) != NULL, "%s: `%s` is not in:\n%s", hovers[_i].text, line,
				      found);
			want += strlen(line);
			want += *want == '\n';
			free(line);
		}
	}
	buf_free(&b);
	close_text(o);
}
END_TEST

/* ---- definitions, references ---- */

/* file NULL: none; text: what stands at the place, "" the file as a whole. */
static const struct {
	const char *text, *from, *file, *line;
} definitions[] = {
	{ "let A = 1; read { count: accept if count == A^; }", "A", "top.spol", "let A = 1" },
	{ "let ^A = 1;", "A", "top.spol", "let A = 1" },
	{ "let A = 1; let B = ^A + 1;", "A", "top.spol", "let A = 1" },
	{ "extends \"inherited.spol\"; read { count: accept if fd.path in VIRT^UAL; }", "VIRTUAL", "inherited.spol",
	  "set VIRTUAL" },
	{ "extends \"inherited.spol\"; sysinfo { info.uptime: accept within SL^OP; }", "SLOP", "inherited.spol",
	  "let SLOP" },
	{ "extends \"inher^ited.spol\";", "\"inherited.spol\"", "inherited.spol", "" },
	{ "extends \"noth^ing.spol\";", NULL, NULL, NULL },
	{ "extends \"inherited.spol\"; overri^de read { buf, ret: equal; }", "override", "inherited.spol",
	  "read { buf, ret: replay" },
	{ "extends \"inherited.spol\"; read { overri^de ret, buf: equal; }", "override", "inherited.spol",
	  "read { buf, ret: replay" },
	{ "extends \"inherited.spol\"; override read { buf, re^t: equal; }", "ret", "inherited.spol",
	  "read { buf, ret: replay" },
	{ "extends \"inherited.spol\"; override madv^ise: emulate;", "madvise", "inherited.spol", "madvise: ignore" },
	{ "extends \"inherited.spol\"; read { cou^nt: equal; }", NULL, NULL, NULL },
	{ "let A = 1; syntax error; read { count: accept if count == A^; }", "A", "top.spol", "let A = 1" },
	{ "re^ad { buf: equal; }", NULL, NULL, NULL },
	{ "^", NULL, NULL, NULL },
};

START_TEST(defined)
{
	struct opened *o = open_text(definitions[_i].text);
	struct span from = { 0 };
	struct spol_place to = { 0 };
	bool found = spol_editor_definition(o->editor, o->offset, &from, &to);
	const char *name;

	ck_assert_msg(found == (definitions[_i].file != NULL), "%s: %s", definitions[_i].text,
		      found ? to.path : "none");
	if (found) {
		const char *text =
			to.is_source ? diags_get_source(spol_editor_diags(o->editor), to.at.file)->text + to.at.start
				     : "";

		ck_assert_msg(from.end - from.start == strlen(definitions[_i].from) &&
				      memcmp(o->text + from.start, definitions[_i].from, from.end - from.start) == 0,
			      "%s: from %.*s", definitions[_i].text, (int)(from.end - from.start),
			      o->text + from.start);
		name = strrchr(to.path, '/');
		ck_assert_str_eq(name ? name + 1 : to.path, definitions[_i].file);
		/* the place is within the line that is expected */
		while (to.is_source && to.at.start > 0 &&
		       strncmp(text, definitions[_i].line, strlen(definitions[_i].line))) {
			ck_assert_msg(text[-1] != '\n', "%s: leads elsewhere", definitions[_i].text);
			text--;
			to.at.start--;
		}
		ck_assert_int_eq(to.is_source, *definitions[_i].line != '\0');
	}
	close_text(o);
}
END_TEST

static const struct {
	const char *text;
	size_t n;
} references[] = {
	{ "let A^ = 1; let B = A; read { count: accept within A if count == A or fd in { A, 2 }; }", 5 },
	{ "let A = 1; read { count: accept if count == A^; }", 2 },
	{ "set S = \"/a\"; set T = S; read { count: accept if fd.path in S^ and fd.path in T; }", 3 },
	{ "extends \"inherited.spol\"; read { fd: accept if fd.path in VIRT^UAL; }", 3 },
	{ "let A = 7; never accept read.fd if fd == A^; test \"t\" { read(fd: A -> A); expect fd equal; }", 4 },
	{ "read { cou^nt: accept if count == 1; }", 0 },
	{ "let A = 1; read { count: accept if count == 1; }^", 0 },
};

START_TEST(referenced)
{
	struct opened *o = open_text(references[_i].text);
	struct span at = { spol_editor_source(o->editor), o->offset, o->offset }, *places = NULL;
	size_t n = spol_editor_references(o->editor, at, o->arena, &places);

	ck_assert_msg(n == references[_i].n, "%s: %zu places", references[_i].text, n);
	for (size_t i = 1; i < n; i++)
		ck_assert_uint_eq(places[i].end - places[i].start, places[0].end - places[0].start);
	close_text(o);
}
END_TEST

START_TEST(free_names)
{
	struct opened *o = open_text("extends \"inherited.spol\"; let MINE = 1;^");

	ck_assert(spol_editor_is_free_name(o->editor, "OTHER"));
	ck_assert(spol_editor_is_free_name(o->editor, "_x9"));
	ck_assert(!spol_editor_is_free_name(o->editor, "MINE"));
	ck_assert(!spol_editor_is_free_name(o->editor, "SLOP"));
	ck_assert(!spol_editor_is_free_name(o->editor, "replay"));
	ck_assert(!spol_editor_is_free_name(o->editor, "count"));
	ck_assert(!spol_editor_is_free_name(o->editor, "O_CREAT"));
	ck_assert(!spol_editor_is_free_name(o->editor, "9x"));
	ck_assert(!spol_editor_is_free_name(o->editor, "a b"));
	ck_assert(!spol_editor_is_free_name(o->editor, ""));
	close_text(o);
}
END_TEST

START_TEST(outline)
{
	static const struct {
		enum spol_symbol_kind kind;
		unsigned depth;
		const char *name;
	} want[] = {
		{ SPOL_SYMBOL_POLICY, 0, "mine" },   { SPOL_SYMBOL_EXTENDS, 0, "inherited.spol" },
		{ SPOL_SYMBOL_LET, 0, "A" },         { SPOL_SYMBOL_SET, 0, "S" },
		{ SPOL_SYMBOL_RULES, 0, "any ptr" }, { SPOL_SYMBOL_RULES, 0, "stat, ioctl(TCGETS)" },
		{ SPOL_SYMBOL_RULE, 1, "ret" },      { SPOL_SYMBOL_NEVER, 0, "never replay write.buf" },
		{ SPOL_SYMBOL_TEST, 0, "a test" },
	};
	struct opened *o =
		open_text("policy mine 1; extends \"inherited.spol\"; let A = 1; set S = \"/a\"; any ptr: map;"
			  "stat, ioctl(TCGETS) { ret: equal; } never replay write.buf; test \"a test\" { }^ x");
	struct spol_symbol *list;
	size_t n = spol_editor_symbols(o->editor, o->arena, &list);

	ck_assert_uint_eq(n, ARRAY_LEN(want));
	for (size_t i = 0; i < n; i++) {
		ck_assert_int_eq(list[i].kind, want[i].kind);
		ck_assert_uint_eq(list[i].depth, want[i].depth);
		ck_assert_str_eq(list[i].name, want[i].name);
		ck_assert(list[i].at.start <= list[i].name_at.start && list[i].name_at.end <= list[i].at.end);
	}
	close_text(o);
}
END_TEST

/* Texts that no disk holds are told apart, too: a cycle of them is one, and one that is extended twice is read once. */
START_TEST(open_only)
{
	static const char cycle[] = "extends \"inherited.spol\", \"inherited.spol\", \"top.spol\";^";
	struct opened *o = open_text(cycle);
	struct diags *d = spol_editor_diags(o->editor);
	bool found = false;

	for (unsigned i = 0; i < diags_count(d); i++)
		found |= strcmp(diags_get(d, i)->code, "E1014") == 0;
	ck_assert(found);
	ck_assert_uint_eq(diags_source_count(d), 2);
	close_text(o);
}
END_TEST

/* Every offset of texts that are cut anywhere: nothing crashes, and asking adds no finding. */
START_TEST(anywhere)
{
	static const char text[] =
		"policy p 1; extends \"inherited.spol\";\nlet A = 5s; set S = \"/a/**\", !\"/a/b\";\n"
		"override read { buf, ret: replay \"{path}\" if fd.path in S and not (fd == 1) else equal; }\n"
		"ioctl(TCGETS|TCSETS) { argp: accept within 10% if recorded.fd in { 1, 2 }; }\n"
		"%file: optional; any pid: map; signal SIGCHLD { si_pid: map; } # comment\n"
		"never replay write.buf if fd.flags & O_APPEND != 0; violation: continue;\n"
		"test \"t\" { write(fd: 1, buf: \"a\" -> \"b\"); expect buf stop; }\n";

	for (size_t cut = _i; cut < sizeof(text); cut += 16) {
		char marked[sizeof(text) + 2];
		struct opened *o;
		unsigned findings;

		snprintf(marked, sizeof(marked), "%.*s^", (int)cut, text);
		o = open_text(marked);
		findings = diags_count(spol_editor_diags(o->editor));
		for (uint32_t offset = 0; offset <= cut + 2; offset += offset + 40 < cut ? 7 : 1) {
			struct spol_completions c;
			struct buf b = { 0 };
			struct span at;
			struct spol_place to;

			spol_editor_complete(o->editor, offset, o->arena, &c);
			spol_editor_hover(o->editor, offset, &at, &b);
			spol_editor_definition(o->editor, offset, &at, &to);
			buf_free(&b);
		}
		ck_assert_uint_eq(diags_count(spol_editor_diags(o->editor)), findings);
		close_text(o);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("spol/editor");
	TCase *t = tcase_create("editor");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, completes, 0, ARRAY_LEN(completions));
	tcase_add_loop_test(t, completes_files, 0, ARRAY_LEN(file_names));
	tcase_add_loop_test(t, hovers_over, 0, ARRAY_LEN(hovers));
	tcase_add_loop_test(t, defined, 0, ARRAY_LEN(definitions));
	tcase_add_loop_test(t, referenced, 0, ARRAY_LEN(references));
	tcase_add_test(t, free_names);
	tcase_add_test(t, outline);
	tcase_add_test(t, open_only);
	tcase_add_loop_test(t, anywhere, 0, 16);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
