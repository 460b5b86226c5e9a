/*
 * What may be said about a field: which verbs, in which phase, in which unit and range; and which placeholders a
 * message may hold.
 */
#include "spol/keywords.h"
#include "spol/policy.h"

#include <string.h>

#define NS_PER_MS ((num_t)1000000)
#define NS_PER_S  ((num_t)1000000000)

/* What these carry is made by the tracer, too, but the program gets another one in its place. */
static bool can_be_given(const struct abi_call *c)
{
	return c->nr == ABI_SIGNAL || c->nr == ABI_INSTRUCTION;
}

bool legal_verb(const struct abi_schema *s, const struct abi_leaf *leaf, enum vm_verb verb, const char **why)
{
	const char *reason = NULL;

	switch (verb) {
	case VERB_STOP:
	case VERB_EQUAL:
	case VERB_ACCEPT:
		break;
	case VERB_MAP:
		/* in a path it is the numbers of processes that correspond */
		if (leaf->enc == ENC_BYTES && leaf->kind != KIND_PATH)
			reason = "its value is bytes, and only numbers and paths can stand for one another";
		break;
	case VERB_REPLAY:
		if (leaf->synthetic && !can_be_given(abi_schema_call(s, leaf->call)))
			reason = "it is made by the tracer: there is nothing to write the recorded value to";
		else if (leaf->is_addr)
			reason = "an address of the recorded run means nothing in this one";
		else if (abi_schema_call(s, leaf->call)->nr == ABI_TASK_END)
			reason = "the task has ended";
		else if (abi_schema_call(s, leaf->call)->nr == ABI_EFFECT)
			reason = "the run has ended";
		else if (abi_schema_call(s, leaf->call)->nr == ABI_INSTRUCTION && !(leaf->dir & DIR_OUT))
			reason = "it is what the program asks: there is nobody else who would be asked instead";
		break;
	case VERB_COUNT:
		reason = "it is no verb";
		break;
	}
	if (why)
		*why = reason;
	return reason == NULL;
}

bool legal_by_kind(const struct abi_schema *s, const struct abi_leaf *leaf, enum vm_verb verb, const char **why)
{
	/* a signal is news from the kernel, all of it */
	if (verb != VERB_REPLAY || leaf->dir & DIR_OUT || abi_schema_call(s, leaf->call)->nr == ABI_SIGNAL)
		return true;
	*why = "it is a request, which no rule for a whole kind rewrites";
	return false;
}

enum vm_phase legal_phase(const struct abi_leaf *leaf)
{
	return leaf->dir & DIR_IN ? VM_ENTRY : VM_EXIT;
}

/* Fields that count time in a plain number, by something else than nanoseconds. */
static const struct time_field {
	const char *call, *path;
	num_t unit;
} time_fields[] = {
	{ "alarm", "seconds", NS_PER_S },
	{ "alarm", "ret", NS_PER_S },
	{ "epoll_pwait", "timeout", NS_PER_MS },
	{ "epoll_wait", "timeout", NS_PER_MS },
	{ "poll", "timeout", NS_PER_MS },
	{ "sysinfo", "info.uptime", NS_PER_S },
	{ "time", "ret", NS_PER_S },
	{ "time", "tloc", NS_PER_S },
	{ "utime", "times.actime", NS_PER_S },
	{ "utime", "times.modtime", NS_PER_S },
};

num_t legal_time_unit(const struct abi_schema *s, const struct abi_leaf *leaf)
{
	const struct abi_call *c = abi_schema_call(s, leaf->call);

	if (leaf->enc == ENC_TIMESPEC || leaf->enc == ENC_TIMEVAL || leaf->enc == ENC_STAMP)
		return 1;
	for (size_t i = 0; i < ARRAY_LEN(time_fields); i++) {
		if (strcmp(time_fields[i].call, c->name) == 0 && strcmp(time_fields[i].path, leaf->path) == 0)
			return time_fields[i].unit;
	}
	return 0;
}

void legal_range(const struct abi_leaf *leaf, num_t *low, num_t *high)
{
	abi_enc_range(leaf->enc, low, high);
	if (leaf->reg == ABI_REG_RET && *low > -4095)
		*low = -4095;
}

static const char *const placeholders[] = {
	"syscall", "field", "recorded", "actual", "offset", "task", "event", "path",
};

const char *keyword_placeholder(size_t index)
{
	return index < ARRAY_LEN(placeholders) ? placeholders[index] : NULL;
}

/* The place of a part of a string: in the source, if that holds the string as it is. */
static struct span part_of(struct policy *p, const struct text *message, const char *from, const char *to)
{
	const struct source_text *s = diags_get_source(p->d, message->at.file);
	struct span at = message->at;

	if (at.end - at.start != message->len + 2 || memcmp(s->text + at.start + 1, message->s, message->len) != 0)
		return at;
	at.start += 1 + (uint32_t)(from - message->s);
	at.end = at.start + (uint32_t)(to - from);
	return at;
}

void legal_message(struct policy *p, const struct text *message)
{
	const char *at = message->s, *end = message->s + message->len;

	while (at < end && (at = memchr(at, '{', (size_t)(end - at))) != NULL) {
		const char *close = memchr(at, '}', (size_t)(end - at));
		struct suggest suggest = { .word = at + 1 };
		bool known = false;
		struct diag *g;

		if (!close) {
			g = diag_error(p->d, part_of(p, message, at, end), "E2009", "`{` without `}` in a message");
			diag_help(p->d, g, "a placeholder is written {recorded}");
			return;
		}
		suggest.word_len = (size_t)(close - at - 1);
		for (size_t i = 0; i < ARRAY_LEN(placeholders); i++) {
			if (strlen(placeholders[i]) == suggest.word_len &&
			    memcmp(placeholders[i], suggest.word, suggest.word_len) == 0)
				known = true;
			suggest_offer(&suggest, placeholders[i]);
		}
		if (!known) {
			g = diag_error(p->d, part_of(p, message, at, close + 1), "E2009",
				       "there is no placeholder {%.*s}", (int)suggest.word_len, suggest.word);
			if (suggest.best) {
				diag_help(p->d, g, "did you mean {%s}?", suggest.best);
				correct_placeholder(p, g, message, suggest.word, suggest.word_len, suggest.best);
			} else {
				diag_help(p->d, g,
					  "there are {syscall} {field} {recorded} {actual} {offset} {task} {event} "
					  "{path}");
			}
		}
		at = close + 1;
	}
}
