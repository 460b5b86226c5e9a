/*
 * Capture and walk, one call for each length rule and shape: what a call's event shows at entry and at exit.
 */
#include "abi_calls.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

struct shape_case {
	const char *name;
	int32_t nr;
	void (*enter)(struct call *c);
	void (*run)(struct call *c); /* what the kernel writes; may be NULL */
	int64_t ret;
	const char *expected; /* one field a line; "> " at entry, "< " at exit */
};

struct dump {
	struct buf text;
	char side;
};

static const char *const status_text[] = { "", " unreadable", " cut" };

static int dump_pair(void *ctx, const struct abi_pair *p)
{
	struct dump *d = ctx;

	buf_printf(&d->text, "%c ", d->side);
	abi_print_path(p->leaf, p->index, &d->text);
	buf_byte(&d->text, '=');
	if (p->leaf->is_addr && p->rec.type == VALUE_NUM && p->live.type == VALUE_NUM && p->rec.num == p->live.num)
		buf_str(&d->text, p->rec.num ? "*" : "NULL");
	else
		abi_print_value(p->leaf, &p->rec, 64, &d->text);
	if (!value_equal(&p->rec, &p->live)) {
		buf_str(&d->text, " -> ");
		abi_print_value(p->leaf, &p->live, 64, &d->text);
	}
	buf_printf(&d->text, "%s\n", status_text[p->status]);
	return 0;
}

#define NULS_31 "\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0"

static const struct shape_case cases[] = {
	{ "bytes by argument", WORLD_arg, enter_arg, NULL, 6,
	  "> fd=1\n> buf.addr=*\n> buf=\"hello\\n\"\n> count=6\n< ret=6\n" },
	{ "NULL", WORLD_arg, enter_arg_null, NULL, -14,
	  "> fd=1\n> buf.addr=NULL\n> count=6\n< ret=-1 EFAULT (Bad address)\n" },
	{ "no bytes", WORLD_arg, enter_arg_nothing, NULL, 0, "> fd=1\n> buf.addr=*\n> count=0\n< ret=0\n" },
	{ "unreadable", WORLD_arg, enter_arg_bad, NULL, -14,
	  "> fd=1\n> buf.addr=*\n> buf=\"\" unreadable\n> count=6\n< ret=-1 EFAULT (Bad address)\n" },
	{ "unreadable from some byte on", WORLD_arg, enter_arg_half, NULL, 3,
	  "> fd=1\n> buf.addr=*\n> buf=\"xyz\" unreadable\n> count=6\n< ret=3\n" },
	{ "argument times constant", WORLD_arg_times, enter_arg_times, NULL, 0,
	  "> list.addr=*\n> list[0]=10\n> list[1]=20\n> list[2]=30\n> list[3]=40\n> n=2\n< ret=0\n" },
	{ "bits", WORLD_bits, enter_bits, NULL, 0,
	  "> mask.addr=*\n> mask=[HUP BUS USR1 TERM CHLD CONT URG]\n> nbits=17\n< ret=0\n" },
	{ "constant", WORLD_constant, enter_constant, run_constant, 0,
	  "> fds.addr=*\n< fds[0]=3\n< fds[1]=4\n< ret=0\n" },
	{ "constant, failed", WORLD_constant, enter_constant, run_constant, -24,
	  "> fds.addr=*\n< ret=-1 EMFILE (Too many open files)\n" },
	{ "C string", WORLD_cstr, enter_cstr, NULL, 3,
	  "> path.addr=*\n> path=\"/etc/hosts\"\n> flags=O_RDONLY|O_CLOEXEC\n< ret=3\n" },
	{ "C string over pages", WORLD_cstr, enter_cstr_far, NULL, -36,
	  "> path.addr=*\n> path=\"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\"...\n> "
	  "flags=O_RDONLY\n"
	  "< ret=-1 ENAMETOOLONG (File name too long)\n" },
	{ "C string without end", WORLD_cstr, enter_cstr_open_end, NULL, -14,
	  "> path.addr=*\n> path=\"abc\" unreadable\n> flags=O_RDONLY\n< ret=-1 EFAULT (Bad address)\n" },
	{ "length behind a pointer before", WORLD_deref_entry, enter_deref_entry, NULL, 0,
	  "> data.addr=*\n> data=\"abc\"\n> len.addr=*\n> len=3\n< ret=0\n" },
	{ "length behind a pointer after", WORLD_deref_exit, enter_deref_exit, run_deref_exit, 0,
	  "> data.addr=*\n> len.addr=*\n< data=\"result\"\n< len=6\n< ret=0\n" },
	{ "fd_set", WORLD_fdset, enter_fdset, run_fdset, 1,
	  "> nfds=65\n> set.addr=*\n> set=\"AA\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\"\n"
	  "< set=\"A\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\"\n< ret=1\n" },
	{ "iovec in", WORLD_field, enter_field, NULL, 8,
	  "> fd=1\n> iov.addr=*\n> iov[0].data.addr=*\n> iov[0].data=\"one\"\n> iov[0].iov_len=3\n> "
	  "iov[1].data.addr=NULL\n"
	  "> iov[1].iov_len=0\n> iov[2].data.addr=*\n> iov[2].data=\"three\"\n> iov[2].iov_len=5\n> iovcnt=3\n< "
	  "ret=8\n" },
	{ "iovec out", WORLD_fill, enter_fill, run_fill, 6,
	  "> fd=5\n> iov.addr=*\n> iov[0].data.addr=*\n> iov[0].iov_len=4\n> iov[1].data.addr=*\n> iov[1].iov_len=4\n"
	  "> iov[2].data.addr=*\n> iov[2].iov_len=4\n> iovcnt=3\n< iov[0].data=\"AAAA\"\n< iov[1].data=\"BB\"\n< "
	  "ret=6\n" },
	{ "set of records", WORLD_getdents, enter_getdents, run_getdents, 72,
	  "> fd=3\n> dirp.addr=*\n> count=256\n"
	  "< dirp[0].d_ino=8\n< dirp[0].d_off=2\n< dirp[0].d_type=DT_DIR\n< dirp[0].d_name=\"..\"\n"
	  "< dirp[1].d_ino=9\n< dirp[1].d_off=3\n< dirp[1].d_type=DT_REG\n< dirp[1].d_name=\"ape\"\n"
	  "< dirp[2].d_ino=7\n< dirp[2].d_off=1\n< dirp[2].d_type=DT_REG\n< dirp[2].d_name=\"zoo\"\n"
	  "< dirp.order=\"zoo\\0..\\0ape\\0\"\n< ret=72\n" },
	{ "torn records", WORLD_getdents, enter_getdents, run_getdents_torn, 28,
	  "> fd=3\n> dirp.addr=*\n> count=256\n"
	  "< dirp[0].d_ino=7\n< dirp[0].d_off=1\n< dirp[0].d_type=DT_REG\n< dirp[0].d_name=\"zoo\"\n"
	  "< dirp.order=\"zoo\\0torn\"\n< ret=28\n" },
	{ "numbers at the ends of records", WORLD_old_getdents, enter_getdents, run_old_getdents, 48,
	  "> fd=3\n> dirp.addr=*\n> count=256\n"
	  "< dirp[0].d_ino=8\n< dirp[0].d_off=2\n< dirp[0].d_type=DT_DIR\n< dirp[0].d_name=\"..\"\n"
	  "< dirp[1].d_ino=7\n< dirp[1].d_off=1\n< dirp[1].d_type=DT_REG\n< dirp[1].d_name=\"zoo\"\n"
	  "< dirp.order=\"zoo\\0..\\0\"\n< ret=48\n" },
	{ "names", WORLD_names, enter_names, run_names, 13,
	  "> list.addr=*\n> size=64\n< list[0].name=\"\"\n< list[1].name=\"ape\"\n< list[2].name=\"zoo\"\n"
	  "< list.order=\"zoo\\0\\0ape\\0torn\"\n< ret=13\n" },
	{ "a head that says how much follows", WORLD_headed, enter_headed, run_headed, 0,
	  "> handle.addr=*\n> handle.handle_bytes=16\n< handle.handle_bytes=5\n< handle.handle_type=1\n"
	  "< handle.f_handle=\"inode\"\n< ret=0\n" },
	{ "a head that counts what follows", WORLD_headed_items, enter_headed_items, run_headed_items, 0,
	  "> ranges.addr=*\n> ranges.src_offset=5\n> ranges.src_length=7\n> ranges.dest_count=2\n"
	  "> ranges.info[0].dest_fd=3\n> ranges.info[0].dest_offset=0\n"
	  "> ranges.info[1].dest_fd=0\n> ranges.info[1].dest_offset=8\n"
	  "< ranges.src_offset=5\n< ranges.src_length=7\n< ranges.dest_count=2\n"
	  "< ranges.info[0].bytes_deduped=0\n< ranges.info[0].status=0\n"
	  "< ranges.info[1].bytes_deduped=4096\n< ranges.info[1].status=0\n< ret=0\n" },
	{ "data that say themselves how long they are", WORLD_says, enter_says, run_says, 0,
	  "> map.addr=*\n> map.fm_start=0\n> map.fm_length=100\n> map.fm_flags=0\n> map.fm_extent_count=2\n"
	  "< map.fm_flags=0\n< map.fm_mapped_extents=3\n"
	  "< map.fm_extents[0].fe_logical=0\n< map.fm_extents[0].fe_physical=0\n< map.fm_extents[0].fe_length=0\n"
	  "< map.fm_extents[0].fe_flags=0\n"
	  "< map.fm_extents[1].fe_logical=40\n< map.fm_extents[1].fe_physical=0\n< map.fm_extents[1].fe_length=0\n"
	  "< map.fm_extents[1].fe_flags=0\n< ret=0\n" },
	{ "as much as the kernel's object has room for", WORLD_thing, enter_thing, NULL, 0,
	  "> id=2\n> values.addr=*\n> values[0]=5\n> values[1]=6\n< values[0]=5\n< values[1]=6\n< ret=0\n" },
	{ "an object that nobody knows", WORLD_thing, enter_thing_unknown, NULL, -22,
	  "> id=-1\n> values.addr=*\n> values[0]=(absent) cut\n< ret=-1 EINVAL (Invalid argument)\n" },
	{ "as much as a request names", WORLD_ioc, enter_ioc, run_ioc, 0,
	  "> op=3221531597\n> argp.addr=*\n> argp=\"abcd\"\n< argp=\"ABCD\"\n< ret=0\n" },
	{ "a request that names more", WORLD_ioc_struct, enter_ioc_longer, NULL, 0,
	  "> op=1074432513\n> argp.addr=*\n> argp.busy_poll_usecs=1\n> argp.busy_poll_budget=2\n"
	  "> argp.prefer_busy_poll=3\n> argp.rest=\"yz\"\n< ret=0\n" },
	{ "a request that names less", WORLD_ioc_struct, enter_ioc_shorter, NULL, 0,
	  "> op=1074039297\n> argp.addr=*\n> argp.busy_poll_usecs=1\n< ret=0\n" },
	{ "a head that cannot be read", WORLD_headed, enter_headed_short, NULL, -14,
	  "> handle.addr=*\n> handle.handle_bytes=7 unreadable\n< ret=-1 EFAULT (Bad address)\n" },
	{ "no records", WORLD_getdents, enter_getdents, NULL, 0, "> fd=3\n> dirp.addr=*\n> count=256\n< ret=0\n" },
	{ "smaller of lengths before and after", WORLD_min_deref, enter_min_deref, run_min_deref, 4,
	  "> fd=3\n> addr.addr=*\n> len.addr=*\n> len=110\n"
	  "< addr.family=AF_INET\n< addr.sin_port=8080\n< addr.sin_addr=127.0.0.1\n< len=16\n< ret=4\n" },
	{ "arrays in arrays", WORLD_nested, enter_nested, NULL, 2,
	  "> messages.addr=*\n> messages[0].iov.addr=*\n> messages[0].iov[0].data.addr=*\n> "
	  "messages[0].iov[0].data=\"a\"\n"
	  "> messages[0].iov[0].iov_len=1\n> messages[0].iov[1].data.addr=*\n> messages[0].iov[1].data=\"bb\"\n"
	  "> messages[0].iov[1].iov_len=2\n> messages[0].n=2\n> messages[1].iov.addr=*\n> "
	  "messages[1].iov[0].data.addr=*\n"
	  "> messages[1].iov[0].data=\"ccc\"\n> messages[1].iov[0].iov_len=3\n> messages[1].n=1\n> n=2\n< ret=2\n" },
	{ "array of strings", WORLD_null_ended, enter_null_ended, NULL, -2,
	  "> path.addr=*\n> path=\"/bin/ls\"\n> argv.addr=*\n> argv[0].addr=*\n> argv[0]=\"ls\"\n> argv[1].addr=*\n"
	  "> argv[1]=\"-l\"\n< ret=-1 ENOENT (No such file or directory)\n" },
	{ "struct with array, text and padding", WORLD_one, enter_one, run_one, 0,
	  "> table.addr=*\n> table.n=2\n> table.slots[0].key=1\n> table.slots[0].value=2\n> table.slots[1].key=3\n"
	  "> table.slots[1].value=4\n> table.name=\"one\"\n> now.addr=*\n"
	  "< table.n=2\n< table.slots[0].key=1\n< table.slots[0].value=2\n< table.slots[1].key=3\n"
	  "< table.slots[1].value=4\n< table.name=\"one\"\n< table.after=1.000000005s\n< now=2.000000000s\n< ret=0\n" },
	{ "path of the result's length", WORLD_path_min, enter_path_min, run_path_min, 8,
	  "> buf.addr=*\n> size=64\n< buf=\"/usr/bin\"\n< ret=8\n" },
	{ "members with directions", WORLD_poll, enter_poll, run_poll, 1,
	  "> fds.addr=*\n> fds[0].fd=3\n> fds[0].events=POLLIN\n> fds[1].fd=4\n> fds[1].events=POLLOUT\n> nfds=2\n"
	  "> timeout=-1\n< fds[0].revents=0\n< fds[1].revents=POLLOUT\n< ret=1\n" },
	{ "message", WORLD_recvmsg, enter_recvmsg, run_recvmsg, 7,
	  "> fd=3\n> msg.addr=*\n> msg.msg_name.addr=*\n> msg.msg_namelen=128\n> msg.iov.addr=*\n> "
	  "msg.iov[0].data.addr=*\n"
	  "> msg.iov[0].iov_len=64\n> msg.msg_iovlen=1\n> msg.msg_control.addr=*\n> msg.msg_controllen=32\n> flags=0\n"
	  "< msg.msg_name.family=AF_UNIX\n< msg.msg_name.sun_path=\"/s\"\n< msg.msg_namelen=5\n< "
	  "msg.iov[0].data=\"payload\"\n"
	  "< msg.msg_controllen=0\n< msg.msg_flags=MSG_DONTWAIT\n< ret=7\n" },
	{ "bytes by result", WORLD_result, enter_result, run_result, 3,
	  "> fd=3\n> buf.addr=*\n> count=24\n< buf=\"a\\0b\"\n< ret=3\n" },
	{ "bytes by result, failed", WORLD_result, enter_result, run_result, -11,
	  "> fd=3\n> buf.addr=*\n> count=24\n< ret=-1 EAGAIN (Resource temporarily unavailable)\n" },
	{ "structs by result", WORLD_result_times, enter_result_times, run_result_times, 2,
	  "> events.addr=*\n< events[0].events=EPOLLIN\n< events[0].data=0x4d\n< events[1].events=EPOLLOUT\n"
	  "< events[1].data=0x4e\n< ret=2\n" },
	{ "longer struct than known", WORLD_sized_arg, enter_sized_arg, NULL, 3,
	  "> how.addr=*\n> how.flags=O_RDWR\n> how.mode=0600\n> how.resolve=0\n> how.rest=\"BB\\0\\0\\0\\0\\0\\0\"\n> "
	  "size=32\n"
	  "< ret=3\n" },
	{ "shorter struct than known", WORLD_sized_arg, enter_sized_arg_short, NULL, -22,
	  "> how.addr=*\n> how.flags=O_RDWR\n> how.mode=0600\n> size=16\n< ret=-1 EINVAL (Invalid argument)\n" },
	{ "struct that says its size", WORLD_sized_field, enter_sized_field, NULL, 0,
	  "> attr.addr=*\n> attr.size=60\n> attr.sched_policy=SCHED_BATCH\n> attr.sched_flags=0\n> attr.sched_nice=5\n"
	  "> attr.sched_priority=0\n> attr.sched_runtime=0\n> attr.sched_deadline=0\n> attr.sched_period=0\n"
	  "> attr.sched_util_min=0\n> attr.sched_util_max=0\n> attr.rest=\"tail\"\n< ret=0\n" },
	{ "AF_INET", WORLD_sockaddr, enter_sockaddr_in, NULL, 0,
	  "> fd=3\n> addr.addr=*\n> addr.family=AF_INET\n> addr.sin_port=80\n> addr.sin_addr=10.0.0.1\n> len=16\n< "
	  "ret=0\n" },
	{ "AF_INET, short", WORLD_sockaddr, enter_sockaddr_in_short, NULL, -22,
	  "> fd=3\n> addr.addr=*\n> addr.family=AF_INET\n> addr.sin_port=80\n> len=4\n< ret=-1 EINVAL (Invalid "
	  "argument)\n" },
	{ "AF_INET6", WORLD_sockaddr, enter_sockaddr_in6, NULL, 0,
	  "> fd=3\n> addr.addr=*\n> addr.family=AF_INET6\n> addr.sin6_port=80\n> addr.sin6_flowinfo=0\n"
	  "> addr.sin6_addr=::1\n> addr.sin6_scope_id=0\n> len=28\n< ret=0\n" },
	{ "AF_UNIX, abstract", WORLD_sockaddr, enter_sockaddr_un, NULL, 0,
	  "> fd=3\n> addr.addr=*\n> addr.family=AF_UNIX\n> addr.sun_path=\"\\0hidden\"\n> len=9\n< ret=0\n" },
	{ "AF_UNIX, with stale bytes behind the path", WORLD_sockaddr, enter_sockaddr_path, NULL, 0,
	  "> fd=3\n> addr.addr=*\n> addr.family=AF_UNIX\n> addr.sun_path=\"/run/s\"\n> len=14\n< ret=0\n" },
	{ "AF_UNIX, without a NUL", WORLD_sockaddr, enter_sockaddr_path_full, NULL, 0,
	  "> fd=3\n> addr.addr=*\n> addr.family=AF_UNIX\n> addr.sun_path=\"/run/s\"\n> len=8\n< ret=0\n" },
	{ "unknown family", WORLD_sockaddr, enter_sockaddr_other, NULL, 0,
	  "> fd=3\n> addr.addr=*\n> addr.family=0x63\n> addr.sa_data=\"data\"\n> len=6\n< ret=0\n" },
	{ "address of one byte", WORLD_sockaddr, enter_sockaddr_one_byte, NULL, -22,
	  "> fd=3\n> addr.addr=*\n> addr.family=AF_UNIX\n> len=1\n< ret=-1 EINVAL (Invalid argument)\n" },
	{ "negative length", WORLD_sockaddr, enter_sockaddr_negative, NULL, -22,
	  "> fd=3\n> addr.addr=*\n> len=-4\n< ret=-1 EINVAL (Invalid argument)\n" },
	{ "unreadable struct", WORLD_sockaddr, enter_sockaddr_bad, NULL, -14,
	  "> fd=3\n> addr.addr=*\n> addr.family=(absent) unreadable\n> addr.sun_path=(absent) unreadable\n> len=16\n"
	  "< ret=-1 EFAULT (Bad address)\n" },
	{ "nothing synthetic made", WORLD_synthetic, enter_synthetic, NULL, 0x2000, "> addr=0x1000\n< ret=0x2000\n" },
};

/* Makes the event of a case as a tracer would. */
static void make_event(const struct abi_schema *s, const struct shape_case *t, struct world *w, struct sys_event *ev,
		       struct arena *arena)
{
	struct call c = { .w = w, .ev = ev };
	struct abi_memory memory = world_memory(w);
	struct err err = { 0 };

	world_event(s, ev, arena, t->nr);
	t->enter(&c);
	ck_assert_msg(abi_capture(s, ev, PHASE_ENTRY, &memory, &err) == 0, "%s: %s", t->name, err.text);
	if (t->run)
		t->run(&c);
	ev->flags |= EVENT_RETURNED;
	ev->ret = t->ret;
	ck_assert_msg(abi_capture(s, ev, PHASE_EXIT, &memory, &err) == 0, "%s: %s", t->name, err.text);
}

static void walk_both(const struct abi_schema *s, const struct sys_event *rec, const struct sys_event *live,
		      struct dump *d)
{
	d->side = '>';
	ck_assert_int_eq(abi_walk(s, rec, live, PHASE_ENTRY, dump_pair, d), 0);
	d->side = '<';
	ck_assert_int_eq(abi_walk(s, rec, live, PHASE_EXIT, dump_pair, d), 0);
}

START_TEST(each_shape)
{
	const struct shape_case *t = &cases[_i];
	struct abi_schema *s = world_schema();
	struct arena *arena = arena_new();
	struct world *w = calloc(1, sizeof(*w));
	struct sys_event ev;
	struct dump d = { 0 };

	make_event(s, t, w, &ev, arena);
	walk_both(s, &ev, &ev, &d);
	ck_assert_msg(strcmp(buf_cstr(&d.text), t->expected) == 0, "%s: expected\n%sgot\n%s", t->name, t->expected,
		      buf_cstr(&d.text));
	buf_free(&d.text);
	free(w);
	arena_free(arena);
	abi_schema_free(s);
}
END_TEST

/* ---- two different sides ---- */

static void enter_arg_long(struct call *c)
{
	set_args(c, 1, world_str(c->w, "hello, world\n"), 13, 0);
}

static void enter_field_two(struct call *c)
{
	uint64_t iov[] = { world_str(c->w, "one"), 3, world_str(c->w, "2"), 1 };

	set_args(c, 1, world_put(c->w, iov, sizeof(iov)), 2, 0);
}

static void run_getdents_other(struct call *c)
{
	uint8_t entries[72];

	put_dirent(entries, 9, 1, 24, 8, "ape");
	put_dirent(entries + 24, 7, 2, 24, 8, "cow");
	put_dirent(entries + 48, 8, 3, 24, 4, "..");
	world_set(c->w, c->out[0], entries, sizeof(entries));
}

static void run_result_long(struct call *c)
{
	world_set(c->w, c->out[0], "a\0c more", 8);
}

struct pair_case {
	const char *name;
	struct shape_case rec, live;
	const char *expected; /* only the lines that differ */
};

static const struct pair_case pair_cases[] = {
	{ "other data",
	  { .nr = WORLD_arg, .enter = enter_arg, .ret = 6 },
	  { .nr = WORLD_arg, .enter = enter_arg_long, .ret = 13 },
	  "> buf=\"hello\\n\" -> \"hello, world\\n\"\n> count=6 -> 13\n< ret=6 -> 13\n" },
	{ "NULL on one side",
	  { .nr = WORLD_arg, .enter = enter_arg, .ret = 6 },
	  { .nr = WORLD_arg, .enter = enter_arg_null, .ret = -14 },
	  "> buf.addr=0x10000 -> NULL\n> buf=\"hello\\n\" -> (absent)\n< ret=6 -> -1 EFAULT (Bad address)\n" },
	{ "failed on one side",
	  { .nr = WORLD_result, .enter = enter_result, .run = run_result, .ret = 3 },
	  { .nr = WORLD_result, .enter = enter_result, .ret = -11 },
	  "< buf=\"a\\0b\" -> (absent)\n< ret=3 -> -1 EAGAIN (Resource temporarily unavailable)\n" },
	{ "another length read",
	  { .nr = WORLD_result, .enter = enter_result, .run = run_result, .ret = 3 },
	  { .nr = WORLD_result, .enter = enter_result, .run = run_result_long, .ret = 8 },
	  "< buf=\"a\\0b\" -> \"a\\0c more\"\n< ret=3 -> 8\n" },
	{ "a shorter array",
	  { .nr = WORLD_field, .enter = enter_field, .ret = 8 },
	  { .nr = WORLD_field, .enter = enter_field_two, .ret = 4 },
	  "> iov[1].data.addr=NULL -> 0x10010\n> iov[1].data=(absent) -> \"2\"\n> iov[1].iov_len=0 -> 1\n"
	  "> iov[2].data.addr=0x10010 -> (absent)\n> iov[2].data=\"three\" -> (absent)\n> iov[2].iov_len=5 -> "
	  "(absent)\n"
	  "> iovcnt=3 -> 2\n< ret=8 -> 4\n" },
	{ "another union case",
	  { .nr = WORLD_sockaddr, .enter = enter_sockaddr_in },
	  { .nr = WORLD_sockaddr, .enter = enter_sockaddr_un },
	  "> addr.family=AF_INET -> AF_UNIX\n> addr.sun_path=(absent) -> \"\\0hidden\"\n> addr.sin_port=80 -> "
	  "(absent)\n"
	  "> addr.sin_addr=10.0.0.1 -> (absent)\n> len=16 -> 9\n" },
	{ "sets pair by name",
	  { .nr = WORLD_getdents, .enter = enter_getdents, .run = run_getdents, .ret = 72 },
	  { .nr = WORLD_getdents, .enter = enter_getdents, .run = run_getdents_other, .ret = 72 },
	  "< dirp[0].d_off=2 -> 3\n"
	  "< dirp[1].d_off=3 -> 1\n"
	  "< dirp[2].d_ino=(absent) -> 7\n< dirp[2].d_off=(absent) -> 2\n< dirp[2].d_type=(absent) -> DT_REG\n"
	  "< dirp[2].d_name=(absent) -> \"cow\"\n"
	  "< dirp[3].d_ino=7 -> (absent)\n< dirp[3].d_off=1 -> (absent)\n< dirp[3].d_type=DT_REG -> (absent)\n"
	  "< dirp[3].d_name=\"zoo\" -> (absent)\n"
	  "< dirp.order=\"zoo\\0..\\0ape\\0\" -> \"ape\\0cow\\0..\\0\"\n" },
	{ "unreadable on one side",
	  { .nr = WORLD_arg, .enter = enter_arg, .ret = 6 },
	  { .nr = WORLD_arg, .enter = enter_arg_bad, .ret = -14 },
	  "> buf.addr=0x10000 -> 0xdead0000\n> buf=\"hello\\n\" -> \"\" unreadable\n< ret=6 -> -1 EFAULT (Bad "
	  "address)\n" },
};

static int dump_different(void *ctx, const struct abi_pair *p)
{
	return value_equal(&p->rec, &p->live) ? 0 : dump_pair(ctx, p);
}

START_TEST(each_difference)
{
	const struct pair_case *t = &pair_cases[_i];
	struct abi_schema *s = world_schema();
	struct arena *arena = arena_new();
	struct world *w = calloc(2, sizeof(*w));
	struct sys_event rec, live;
	struct dump d = { .side = '>' };

	make_event(s, &t->rec, &w[0], &rec, arena);
	make_event(s, &t->live, &w[1], &live, arena);
	abi_walk(s, &rec, &live, PHASE_ENTRY, dump_different, &d);
	d.side = '<';
	abi_walk(s, &rec, &live, PHASE_EXIT, dump_different, &d);
	ck_assert_msg(strcmp(buf_cstr(&d.text), t->expected) == 0, "%s: expected\n%sgot\n%s", t->name, t->expected,
		      buf_cstr(&d.text));
	buf_free(&d.text);
	free(w);
	arena_free(arena);
	abi_schema_free(s);
}
END_TEST

/* ---- where a field may be written ---- */

struct room_case {
	const char *name;
	struct shape_case rec, live;
	enum abi_phase phase;
	const char *path;
	uint32_t index;
	uint64_t addr; /* from the first address that the kernel writes to; WORLD_BAD: no place */
	uint32_t room, rec_size;
};

/* clang-format off */
static const struct room_case room_cases[] = {
	{ "in data", { .nr = WORLD_arg, .enter = enter_arg },
	  { .nr = WORLD_arg, .enter = enter_arg_long }, PHASE_ENTRY, "buf", 0, 0, 13, 6 },
	{ "a C string with its NUL", { .nr = WORLD_cstr, .enter = enter_cstr },
	  { .nr = WORLD_cstr, .enter = enter_cstr }, PHASE_ENTRY, "path", 0, 0, 11, 11 },
	{ "a whole array of text", { .nr = WORLD_one, .enter = enter_one },
	  { .nr = WORLD_one, .enter = enter_one }, PHASE_ENTRY, "table.name", 0, 12, 4, 4 },
	{ "a path at a struct's end", { .nr = WORLD_sockaddr, .enter = enter_sockaddr_path_full },
	  { .nr = WORLD_sockaddr, .enter = enter_sockaddr_path }, PHASE_ENTRY, "addr.sun_path", 0, 2, 12, 6 },
	{ "a path at a struct's end, with NUL", { .nr = WORLD_sockaddr, .enter = enter_sockaddr_path },
	  { .nr = WORLD_sockaddr, .enter = enter_sockaddr_path_full }, PHASE_ENTRY, "addr.sun_path", 0, 2, 6, 7 },
	{ "an element", { .nr = WORLD_one, .enter = enter_one },
	  { .nr = WORLD_one, .enter = enter_one }, PHASE_ENTRY, "table.slots[].value", 1, 10, 2, 2 },
	{ "out data of a call that failed", { .nr = WORLD_path_min, .enter = enter_path_min, .run = run_path_min, .ret = 8 },
	  { .nr = WORLD_path_min, .enter = enter_path_min, .ret = -2 }, PHASE_EXIT, "buf", 0, 0, 64, 8 },
	{ "a struct that was not written", { .nr = WORLD_constant, .enter = enter_constant, .run = run_constant },
	  { .nr = WORLD_constant, .enter = enter_constant, .ret = -1 }, PHASE_EXIT, "fds[]", 1, 4, 4, 4 },
	{ "a buffer that was not reached", { .nr = WORLD_fill, .enter = enter_fill, .run = run_fill, .ret = 6 },
	  { .nr = WORLD_fill, .enter = enter_fill, .run = run_fill, .ret = 4 }, PHASE_EXIT, "iov[].data", 1, 16, 4, 2 },
	{ "no pointer", { .nr = WORLD_arg, .enter = enter_arg },
	  { .nr = WORLD_arg, .enter = enter_arg_null }, PHASE_ENTRY, "buf", 0, WORLD_BAD, 0, 6 },
	{ "a register", { .nr = WORLD_arg, .enter = enter_arg },
	  { .nr = WORLD_arg, .enter = enter_arg }, PHASE_ENTRY, "count", 0, WORLD_BAD, 0, 8 },
};
/* clang-format on */

struct room_seen {
	const struct room_case *t;
	bool seen;
	struct abi_pair pair;
};

static int find_pair(void *ctx, const struct abi_pair *p)
{
	struct room_seen *r = ctx;

	if (strcmp(p->leaf->path, r->t->path) != 0 || p->index != r->t->index)
		return 0;
	r->seen = true;
	r->pair = *p;
	return 42;
}

START_TEST(each_room)
{
	const struct room_case *t = &room_cases[_i];
	struct abi_schema *s = world_schema();
	struct arena *arena = arena_new();
	struct world *w = calloc(2, sizeof(*w));
	struct sys_event rec, live;
	struct room_seen r = { .t = t };

	make_event(s, &t->rec, &w[0], &rec, arena);
	make_event(s, &t->live, &w[1], &live, arena);
	ck_assert_int_eq(abi_walk(s, &rec, &live, t->phase, find_pair, &r), 42);
	ck_assert_msg(r.seen, "%s: no pair", t->name);
	ck_assert_msg(r.pair.addr == (t->addr == WORLD_BAD ? 0 : WORLD_BASE + t->addr), "%s: at %#lx", t->name,
		      (unsigned long)r.pair.addr);
	ck_assert_msg(r.pair.room == t->room, "%s: room %u", t->name, r.pair.room);
	ck_assert_msg(r.pair.rec_size == t->rec_size, "%s: size %u", t->name, r.pair.rec_size);
	free(w);
	arena_free(arena);
	abi_schema_free(s);
}
END_TEST

/* ---- the rest ---- */

static void add_block(struct sys_event *ev, uint16_t node, const void *data, uint32_t len)
{
	struct abi_block *b = event_add_block(ev);

	b->phase = PHASE_EXIT;
	b->node = node;
	b->data = data;
	b->len = len;
}

START_TEST(synthetic_blocks)
{
	struct abi_schema *s = world_schema();
	const struct abi_call *c = abi_schema_find(s, "synthetic", 9);
	struct arena *arena = arena_new();
	struct sys_event ev;
	struct dump d = { 0 };
	uint16_t content, limits, none;
	static const uint64_t limit[2] = { 5, 6 };
	uint8_t digest[32];

	ck_assert(abi_call_synthetic(s, c, "content", &content));
	ck_assert(abi_call_synthetic(s, c, "limits", &limits));
	ck_assert(!abi_call_synthetic(s, c, "addr", &none));
	memset(digest, 0xab, sizeof(digest));
	world_event(s, &ev, arena, WORLD_synthetic);
	ev.flags = EVENT_RETURNED;
	add_block(&ev, content, digest, sizeof(digest));
	add_block(&ev, limits, limit, sizeof(limit));
	walk_both(s, &ev, &ev, &d);
	ck_assert_str_eq(buf_cstr(&d.text),
			 "> addr=NULL\n< content=abababababababababababababababababababababababababababababababab\n"
			 "< limits.rlim_cur=5\n< limits.rlim_max=6\n< ret=0\n");
	buf_free(&d.text);
	arena_free(arena);
	abi_schema_free(s);
}
END_TEST

static uint32_t messages_of(void *ctx, int fd)
{
	(void)ctx;
	return fd == 3 ? EVENT_NETLINK : 0;
}

/* What a socket received: as many messages as lens has, each of which has the number seq. */
static void receive(const struct abi_schema *s, struct world *w, struct sys_event *ev, struct arena *arena, uint64_t fd,
		    const uint32_t *lens, size_t n, uint32_t seq)
{
	struct abi_memory memory = world_memory(w);
	uint32_t data[64] = { 0 }, at = 0;

	memory.messages = messages_of;
	for (size_t i = 0; i < n; i++) {
		data[at] = lens[i];
		data[at + 1] = 16; /* type */
		data[at + 2] = seq;
		data[at + 4] = 0x64636261;
		at += (lens[i] + 3) / 4;
	}
	world_event(s, ev, arena, WORLD_messages);
	ev->args[0] = fd;
	ev->args[1] = world_put(w, data, sizeof(data));
	ev->args[2] = sizeof(data);
	ev->ret = at * 4;
	ev->flags = EVENT_RETURNED;
	ck_assert_int_eq(abi_capture(s, ev, PHASE_EXIT, &memory, NULL), 0);
}

START_TEST(messages)
{
	static const uint32_t two[] = { 20, 18 }, others[] = { 18, 20 }, wrong[] = { 20, 15 };
	struct abi_schema *s = world_schema();
	struct arena *arena = arena_new();
	struct world *w = calloc(1, sizeof(*w));
	struct sys_event rec, live;
	struct dump d = { .side = '<' };

	/* what is padding behind a message differs, and is nobody's */
	receive(s, w, &rec, arena, 3, two, 2, 7);
	receive(s, w, &live, arena, 3, two, 2, 8);
	((uint8_t *)live.blocks[0].data)[39]++;
	ck_assert_uint_eq(live.flags, EVENT_RETURNED | EVENT_NETLINK);
	abi_walk(s, &rec, &live, PHASE_EXIT, dump_pair, &d);
	ck_assert_str_eq(buf_cstr(&d.text), "< nlmsg[0].nlmsg_len=20\n< nlmsg[0].nlmsg_type=16\n< nlmsg[0].nlmsg_flags=0\n"
					    "< nlmsg[0].nlmsg_seq=7 -> 8\n< nlmsg[0].nlmsg_pid=0\n"
					    "< nlmsg[0].payload=\"abcd\"\n"
					    "< nlmsg[1].nlmsg_len=18\n< nlmsg[1].nlmsg_type=16\n< nlmsg[1].nlmsg_flags=0\n"
					    "< nlmsg[1].nlmsg_seq=7 -> 8\n< nlmsg[1].nlmsg_pid=0\n"
					    "< nlmsg[1].payload=\"ab\"\n< ret=40\n");
	/* as many bytes, but other messages; another socket; no messages */
	for (int i = 0; i < 3; i++) {
		receive(s, w, &rec, arena, i == 1 ? 4 : 3, i == 2 ? wrong : two, 2, 7);
		receive(s, w, &live, arena, 3, i == 0 ? others : i == 1 ? two : wrong, 2, 7);
		if (i != 0)
			ck_assert_uint_eq(rec.flags, EVENT_RETURNED);
		buf_clear(&d.text);
		abi_walk(s, &rec, &live, PHASE_EXIT, dump_pair, &d);
		ck_assert_msg(strncmp(buf_cstr(&d.text), "< buf=", 6) == 0, "%d: %s", i, buf_cstr(&d.text));
	}
	buf_free(&d.text);
	free(w);
	arena_free(arena);
	abi_schema_free(s);
}
END_TEST

/* One record of each other sort; as many bytes of it, with another number in it, on the other side. */
static const struct {
	uint32_t flag, size, number; /* number: what differs, at this offset */
	uint8_t data[128];
	const char *field;
} sorts[] = {
	{ EVENT_INOTIFY, 32, 8, { [0] = 1, [4] = 2, [8] = 7, [12] = 16, [16] = 'n' }, "< inotify[0].cookie=7 -> 8\n" },
	{ EVENT_FANOTIFY, 24, 20, { [0] = 24, [4] = 3, [6] = 24, [8] = 1, [20] = 7 }, "< fanotify[0].pid=7 -> 8\n" },
	{ EVENT_SIGNALFD, 128, 12, { [0] = 10, [12] = 7 }, "< signalfd[0].ssi_pid=7 -> 8\n" },
};

static uint32_t sort_of_3;

static uint32_t any_messages(void *ctx, int fd)
{
	(void)ctx;
	return fd == 3 ? sort_of_3 : 0;
}

static void receive_sort(const struct abi_schema *s, struct world *w, struct sys_event *ev, struct arena *arena, int i,
			 uint64_t fd, uint8_t number)
{
	struct abi_memory memory = world_memory(w);
	uint8_t data[128];

	memory.messages = any_messages;
	memcpy(data, sorts[i].data, sizeof(data));
	data[sorts[i].number] = number;
	world_event(s, ev, arena, WORLD_messages);
	ev->args[0] = fd;
	ev->args[1] = world_put(w, data, sizeof(data));
	ev->args[2] = sizeof(data);
	ev->ret = sorts[i].size;
	ev->flags = EVENT_RETURNED;
	ck_assert_int_eq(abi_capture(s, ev, PHASE_EXIT, &memory, NULL), 0);
}

START_TEST(messages_of_each_sort)
{
	struct abi_schema *s = world_schema();
	struct arena *arena = arena_new();
	struct world *w = calloc(1, sizeof(*w));
	struct sys_event rec, live;
	struct dump d = { .side = '<' };

	sort_of_3 = sorts[_i].flag;
	receive_sort(s, w, &rec, arena, _i, 3, 7);
	receive_sort(s, w, &live, arena, _i, 3, 8);
	ck_assert_uint_eq(rec.flags, EVENT_RETURNED | sorts[_i].flag);
	abi_walk(s, &rec, &live, PHASE_EXIT, dump_pair, &d);
	ck_assert_msg(strstr(buf_cstr(&d.text), sorts[_i].field), "%s", buf_cstr(&d.text));
	/* from elsewhere they are data */
	receive_sort(s, w, &rec, arena, _i, 4, 7);
	ck_assert_uint_eq(rec.flags, EVENT_RETURNED);
	buf_clear(&d.text);
	abi_walk(s, &rec, &live, PHASE_EXIT, dump_pair, &d);
	ck_assert_msg(strncmp(buf_cstr(&d.text), "< buf=", 6) == 0, "%s", buf_cstr(&d.text));
	buf_free(&d.text);
	free(w);
	arena_free(arena);
	abi_schema_free(s);
}
END_TEST

START_TEST(one_sided)
{
	struct abi_schema *s = world_schema();
	struct arena *arena = arena_new();
	struct world *w = calloc(1, sizeof(*w));
	struct sys_event ev;
	struct dump d = { 0 };
	struct shape_case t = {
		.name = "read", .nr = WORLD_result, .enter = enter_result, .run = run_result, .ret = 3
	};

	make_event(s, &t, w, &ev, arena);
	walk_both(s, NULL, &ev, &d);
	ck_assert_str_eq(buf_cstr(&d.text),
			 "> fd=(absent) -> 3\n> buf.addr=(absent) -> 0x10000\n> count=(absent) -> 24\n"
			 "< buf=(absent) -> \"a\\0b\"\n< ret=(absent) -> 3\n");
	buf_clear(&d.text);
	walk_both(s, &ev, NULL, &d);
	ck_assert_str_eq(buf_cstr(&d.text),
			 "> fd=3 -> (absent)\n> buf.addr=0x10000 -> (absent)\n> count=24 -> (absent)\n"
			 "< buf=\"a\\0b\" -> (absent)\n< ret=3 -> (absent)\n");
	buf_free(&d.text);
	free(w);
	arena_free(arena);
	abi_schema_free(s);
}
END_TEST

START_TEST(first_exec)
{
	struct abi_schema *s = world_schema();
	struct arena *arena = arena_new();
	struct world *w = calloc(1, sizeof(*w));
	struct abi_memory memory = world_memory(w);
	struct sys_event ev;
	struct call c = { .w = w, .ev = &ev };
	struct dump d = { .side = '>' };

	world_event(s, &ev, arena, WORLD_null_ended);
	ev.flags = EVENT_INITIAL;
	enter_null_ended(&c);
	ck_assert_int_eq(abi_capture(s, &ev, PHASE_ENTRY, &memory, NULL), 0);
	abi_walk(s, &ev, &ev, PHASE_ENTRY, dump_pair, &d);
	ck_assert_str_eq(buf_cstr(&d.text),
			 "> path.addr=NULL\n> path=\"/bin/ls\"\n> argv.addr=NULL\n> argv[0].addr=NULL\n"
			 "> argv[0]=\"ls\"\n> argv[1].addr=NULL\n> argv[1]=\"-l\"\n");
	buf_free(&d.text);
	free(w);
	arena_free(arena);
	abi_schema_free(s);
}
END_TEST

START_TEST(limits)
{
	struct abi_schema *s = world_schema();
	struct arena *arena = arena_new();
	struct world *w = calloc(1, sizeof(*w));
	struct abi_memory memory = world_memory(w);
	struct sys_event ev;

	/* a string that does not end where execve(2) would have it end */
	memset(w->bytes, 'x', WORLD_SIZE);
	world_event(s, &ev, arena, WORLD_cstr);
	ev.args[0] = WORLD_BASE;
	ck_assert_int_eq(abi_capture(s, &ev, PHASE_ENTRY, &memory, NULL), 0);
	ck_assert_uint_eq(ev.nblocks, 1);
	ck_assert_int_eq(ev.blocks[0].status, BLOCK_CUT);
	ck_assert_uint_eq(ev.blocks[0].len, ABI_CSTR_MAX);

	/* more than a block may hold, and not there at all */
	world_event(s, &ev, arena, WORLD_arg);
	ev.args[1] = WORLD_BASE;
	ev.args[2] = UINT64_MAX;
	ck_assert_int_eq(abi_capture(s, &ev, PHASE_ENTRY, &memory, NULL), 0);
	ck_assert_int_eq(ev.blocks[0].status, BLOCK_UNREADABLE);
	ck_assert_uint_eq(ev.blocks[0].len, WORLD_SIZE);

	/* the task is gone */
	struct err err = { 0 };

	w->gone = true;
	world_event(s, &ev, arena, WORLD_arg);
	ev.args[1] = WORLD_BASE;
	ev.args[2] = 1;
	ck_assert_int_eq(abi_capture(s, &ev, PHASE_ENTRY, &memory, &err), -1);
	ck_assert_int_eq(err.code, ERR_TRACE);
	free(w);
	arena_free(arena);
	abi_schema_free(s);
}
END_TEST

START_TEST(one_read_a_level)
{
	struct abi_schema *s = world_schema();
	struct arena *arena = arena_new();
	struct world *w = calloc(1, sizeof(*w));
	struct abi_memory memory = world_memory(w);
	struct sys_event ev;
	struct call c = { .w = w, .ev = &ev };

	world_event(s, &ev, arena, WORLD_null_ended);
	enter_null_ended(&c);
	ck_assert_int_eq(abi_capture(s, &ev, PHASE_ENTRY, &memory, NULL), 0);
	ck_assert_uint_eq(w->reads, 2); /* path and argv; the strings */
	ck_assert_uint_eq(w->requests, 4);

	w->reads = w->requests = 0;
	world_event(s, &ev, arena, WORLD_result);
	enter_result(&c);
	ck_assert_int_eq(abi_capture(s, &ev, PHASE_ENTRY, &memory, NULL), 0);
	ck_assert_uint_eq(w->reads, 0);
	free(w);
	arena_free(arena);
	abi_schema_free(s);
}
END_TEST

START_TEST(single_values)
{
	struct abi_schema *s = world_schema();
	struct arena *arena = arena_new();
	struct world *w = calloc(1, sizeof(*w));
	struct sys_event ev;
	struct shape_case t = { .name = "poll", .nr = WORLD_poll, .enter = enter_poll, .run = run_poll, .ret = 1 };
	const struct abi_call *c = abi_schema_find(s, "poll", 4);

	make_event(s, &t, w, &ev, arena);
	static const struct {
		const char *path;
		enum value_type type;
		int64_t num;
	} values[] = {
		{ "fds[].fd", VALUE_NUM, 3 }, { "fds[].revents", VALUE_NUM, 0 }, { "nfds", VALUE_NUM, 2 },
		{ "timeout", VALUE_NUM, -1 }, { "ret", VALUE_NUM, 1 },
	};
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		const struct abi_leaf *leaf = abi_call_leaf(s, c, values[i].path, strlen(values[i].path));

		ck_assert_msg(leaf, "%s", values[i].path);
		struct value v = abi_field_value(s, &ev, leaf->id);

		ck_assert_msg(v.type == values[i].type && v.num == values[i].num, "%s", values[i].path);
	}
	ev.flags = 0;
	struct value v = abi_field_value(s, &ev, abi_call_leaf(s, c, "ret", 3)->id);
	ck_assert_int_eq(v.type, VALUE_ABSENT);
	free(w);
	arena_free(arena);
	abi_schema_free(s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("abi walk");
	TCase *t = tcase_create("walk");

	tcase_add_loop_test(t, each_shape, 0, ARRAY_LEN(cases));
	tcase_add_loop_test(t, each_difference, 0, ARRAY_LEN(pair_cases));
	tcase_add_loop_test(t, each_room, 0, ARRAY_LEN(room_cases));
	tcase_add_test(t, synthetic_blocks);
	tcase_add_test(t, messages);
	tcase_add_loop_test(t, messages_of_each_sort, 0, (int)ARRAY_LEN(sorts));
	tcase_add_test(t, one_sided);
	tcase_add_test(t, first_exec);
	tcase_add_test(t, limits);
	tcase_add_test(t, one_read_a_level);
	tcase_add_test(t, single_values);
	suite_add_tcase(suite, t);
	SRunner *r = srunner_create(suite);

	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed ? 1 : 0;
}
