/*
 * Names in conditions that stand for values: recorded, actual, fields of the call, facts.
 */
#include "spol/policy.h"

#include <string.h>

/* A name split into its side and the rest: "recorded.count" is (recorded, "count"). */
struct sided {
	enum vm_side side; /* SIDE_COUNT: bare */
	bool own;          /* `recorded` or `actual` alone */
	const char *s;
	size_t len;
};

static bool is_word(const char *s, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(s, word, len) == 0;
}

static struct sided split_side(const struct text *name)
{
	static const char *const words[SIDE_COUNT] = { [SIDE_RECORDED] = "recorded", [SIDE_ACTUAL] = "actual" };
	struct sided r = { .side = SIDE_COUNT, .s = name->s, .len = name->len };

	for (unsigned i = 0; i < SIDE_COUNT; i++) {
		size_t n = strlen(words[i]);

		if (name->len < n || memcmp(name->s, words[i], n) != 0)
			continue;
		if (name->len == n)
			return (struct sided){ .side = (enum vm_side)i, .own = true };
		if (name->s[n] == '.')
			return (struct sided){ .side = (enum vm_side)i,
					       .s = name->s + n + 1,
					       .len = name->len - n - 1 };
	}
	return r;
}

const char *variable_type_name(const struct node *n)
{
	return n->is_string ? "a string" : "a number";
}

static bool is_array_path(const struct abi_leaf *leaf)
{
	return strchr(leaf->path, '[') != NULL;
}

static bool available(const struct scope *s, const struct abi_leaf *leaf)
{
	return s->phase == VM_EXIT || (leaf->dir & DIR_IN);
}

static struct node leaf_node(const struct scope *s, const struct abi_leaf *leaf, enum vm_side side)
{
	return (struct node){
		.kind = leaf == s->own ? NODE_VALUE : NODE_FIELD,
		.is_string = leaf->enc == ENC_BYTES,
		.side = side,
		.leaf = leaf->id,
	};
}

/* The argument that facts `base.path` and the like are about: `fd` is the leaf of that name or else the first argument
 * that is a descriptor, `clock` the first that is a clock; any other base is the name of an argument. */
static const struct abi_leaf *argument(const struct scope *s, const struct abi_fact_info *info, const char *base,
				       size_t len)
{
	const struct abi_leaf *leaf = abi_call_leaf(s->p->schema, s->call, base, len);

	if (leaf)
		return leaf->kind == info->about && leaf->enc != ENC_BYTES && (leaf->dir & DIR_IN) && !is_array_path(leaf)
			       ? leaf
			       : NULL;
	if (!is_word(base, len, info->base))
		return NULL;
	for (uint32_t i = 0; i < s->call->nleaves; i++) {
		leaf = abi_schema_leaf(s->p->schema, s->call->leaf_first + i);
		if (leaf->kind == info->about && leaf->reg < ABI_ARGS && (leaf->dir & DIR_IN) && !leaf->is_addr)
			return leaf;
	}
	return NULL;
}

static bool has_path_argument(const struct scope *s)
{
	for (uint32_t i = 0; i < s->call->nleaves; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(s->p->schema, s->call->leaf_first + i);

		if (leaf->kind == KIND_PATH && (leaf->dir & DIR_IN))
			return true;
	}
	return false;
}

/* Some call has an argument of that name that such a fact can be about. */
static bool argument_anywhere(const struct scope *s, const struct abi_fact_info *info, const char *base, size_t len)
{
	if (is_word(base, len, info->base))
		return true;
	for (size_t i = 0; i < abi_schema_nleaves(s->p->schema); i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(s->p->schema, (uint32_t)i);

		if (leaf->kind == info->about && (leaf->dir & DIR_IN) && is_word(base, len, leaf->path) &&
		    !is_array_path(leaf))
			return true;
	}
	return false;
}

enum fact_state {
	FACT_FOUND,
	FACT_NOT_HERE, /* there is such a fact, but not about this call */
	FACT_NONE,
};

static enum fact_state find_fact(const struct scope *s, const struct sided *name, struct node *out)
{
	const char *dot = name->s;
	size_t base, member;
	enum fact_state state = FACT_NONE;

	for (const char *p = name->s; p < name->s + name->len; p++) {
		if (*p == '.')
			dot = p;
	}
	base = dot > name->s ? (size_t)(dot - name->s) : name->len;
	member = name->len - base;

	for (int i = 0; i < FACT_COUNT; i++) {
		const struct abi_fact_info *info = abi_fact_info((enum abi_fact)i);
		const char *rest = member ? dot + 1 : "";

		if (!is_word(rest, member ? member - 1 : 0, info->member))
			continue;
		*out = (struct node){
			.kind = NODE_FACT,
			.is_string = info->is_string,
			.side = name->side,
			.fact = (uint32_t)i,
			.leaf = VM_NO_LEAF,
		};
		if (info->about != KIND_COUNT) {
			const struct abi_leaf *leaf = argument(s, info, name->s, base);

			if (leaf && available(s, leaf)) {
				out->leaf = leaf->id;
				return FACT_FOUND;
			}
			if (abi_call_leaf(s->p->schema, s->call, name->s, base) ||
			    argument_anywhere(s, info, name->s, base))
				state = FACT_NOT_HERE;
		} else if (is_word(name->s, base, info->base)) {
			if (i != FACT_FILE_PATH || has_path_argument(s))
				return FACT_FOUND;
			state = FACT_NOT_HERE;
		}
	}
	return state;
}

static bool is_struct_here(const struct scope *s, const char *name, size_t len)
{
	for (uint32_t i = 0; i < s->call->nleaves; i++) {
		const char *path = abi_schema_leaf(s->p->schema, s->call->leaf_first + i)->path;

		if (strlen(path) > len && memcmp(path, name, len) == 0 && (path[len] == '.' || path[len] == '['))
			return true;
	}
	return false;
}

static enum variable field_found(const struct scope *s, const struct text *name, const struct sided *sided,
				 const struct abi_leaf *leaf, struct node *out)
{
	struct policy *p = s->p;
	struct definition *let = sided->side == SIDE_COUNT ? names_find(p, name->at, name->s, name->len) : NULL;
	struct diag *g;

	if (let) {
		g = diag_error(p->d, name->at, "E1021", "`%s` is both a field of %s and defined in the policy", name->s,
			       s->call->label);
		diag_note(p->d, g, let->item->name.at, "the definition");
		diag_help(p->d, g, "give the definition another name; capitals never meet a field");
		return VARIABLE_ERROR;
	}
	if (is_array_path(leaf)) {
		g = diag_error(p->d, name->at, "E2014", "`%s` stands for many elements, not for one value", leaf->path);
		if (leaf == s->own)
			diag_help(p->d, g, "`recorded` and `actual` are the two values of the element in question");
		return VARIABLE_ERROR;
	}
	if (!available(s, leaf)) {
		g = diag_error(p->d, name->at, "E2008", "`%s` is not known yet when %s%s%s is decided", leaf->path,
			       s->own ? s->call->name : "the disposition of ", s->own ? "." : s->call->label,
			       s->own ? s->own->path : "");
		diag_help(p->d, g,
			  "what the program gives to a call is decided before the call runs, and `%s` is there only "
			  "after it",
			  leaf->path);
		return VARIABLE_ERROR;
	}
	*out = leaf_node(s, leaf, sided->side);
	return VARIABLE_FOUND;
}

enum variable variable_find(const struct scope *s, const struct text *name, struct node *out)
{
	struct policy *p = s->p;
	struct sided sided = split_side(name);
	const struct abi_leaf *leaf;
	struct diag *g;

	if (sided.own) {
		if (!s->own) {
			g = diag_error(p->d, name->at, "E2013",
				       "a disposition is about no field: `%s` has no meaning here", name->s);
			diag_help(p->d, g, "name a field: `%s.%s`", name->s,
				  s->call->nleaves ? abi_schema_leaf(p->schema, s->call->leaf_first)->path : "fd");
			return VARIABLE_ERROR;
		}
		*out = (struct node){
			.kind = NODE_VALUE,
			.is_string = s->own->enc == ENC_BYTES,
			.side = sided.side,
			.leaf = s->own->id,
		};
		return VARIABLE_FOUND;
	}
	leaf = abi_call_leaf(p->schema, s->call, sided.s, sided.len);
	if (leaf)
		return field_found(s, name, &sided, leaf, out);
	switch (find_fact(s, &sided, out)) {
	case FACT_FOUND:
		return VARIABLE_FOUND;
	case FACT_NOT_HERE:
		if (s->wide)
			return VARIABLE_ABSENT;
		diag_error(p->d, name->at, "E1020", "%s has nothing that `%s` could be about", s->call->label, name->s);
		return VARIABLE_ERROR;
	case FACT_NONE:
		break;
	}
	if (is_struct_here(s, sided.s, sided.len)) {
		g = diag_error(p->d, name->at, "E2015", "`%s` is a struct and has no value of its own", name->s);
		diag_help(p->d, g, "name one of its fields; `spolc --schema %s` lists them", s->call->name);
		return VARIABLE_ERROR;
	}
	if (s->wide && names_field_anywhere(p, s->only, sided.s, sided.len))
		return VARIABLE_ABSENT;
	if (sided.side != SIDE_COUNT) {
		variable_unknown(s, name);
		return VARIABLE_ERROR;
	}
	return VARIABLE_UNKNOWN;
}

bool variable_domain(const struct scope *s, const struct text *name, struct domain *out)
{
	struct sided sided = split_side(name);
	struct node n;
	const struct abi_leaf *leaf;

	*out = DOMAIN_NONE;
	if (sided.own) {
		out->leaf = s->own;
		return s->own != NULL;
	}
	leaf = abi_call_leaf(s->p->schema, s->call, sided.s, sided.len);
	if (leaf) {
		out->leaf = leaf;
		return true;
	}
	if (find_fact(s, &sided, &n) == FACT_NONE)
		return false;
	out->fact = (int)n.fact;
	return true;
}

void variable_unknown(const struct scope *s, const struct text *name)
{
	struct policy *p = s->p;
	struct sided sided = split_side(name);
	struct suggest suggest = { .word = sided.s, .word_len = sided.len };
	struct diag *g;

	/* letters beyond ASCII were reported already */
	for (size_t i = 0; i < name->len; i++) {
		if ((unsigned char)name->s[i] >= 0x80)
			return;
	}
	g = diag_error(p->d, name->at, "E1006", "`%s` is neither a field of %s nor anything else that is known",
		       name->s, s->wide ? "any call" : s->call->label);

	for (uint32_t i = 0; i < s->call->nleaves; i++) {
		const struct abi_leaf *leaf = abi_schema_leaf(p->schema, s->call->leaf_first + i);

		suggest_offer(&suggest, leaf->path);
		if (leaf->enc == ENC_BYTES || leaf->is_addr || !(leaf->dir & DIR_IN) || is_array_path(leaf))
			continue;
		for (int k = 0; k < FACT_COUNT; k++) {
			const struct abi_fact_info *info = abi_fact_info((enum abi_fact)k);

			if (info->about == leaf->kind)
				suggest_offer(&suggest, arena_printf(p->arena, "%s.%s", leaf->path, info->member));
		}
	}
	for (int k = 0; k < FACT_COUNT; k++) {
		const struct abi_fact_info *info = abi_fact_info((enum abi_fact)k);

		suggest_offer(&suggest,
			      *info->member ? arena_printf(p->arena, "%s.%s", info->base, info->member) : info->base);
	}
	for (const struct definition *d = p->definitions; d; d = d->next) {
		if (names_find(p, name->at, d->item->name.s, d->item->name.len))
			suggest_offer(&suggest, d->item->name.s);
	}
	suggest_offer(&suggest, "recorded");
	suggest_offer(&suggest, "actual");
	for (int i = 0; i < FD_KIND_COUNT; i++)
		suggest_offer(&suggest, abi_fd_kind_name((enum abi_fd_kind)i));
	for (int i = 1; i < 134 && !suggest.best; i++) {
		if (abi_errno_name(i))
			suggest_offer(&suggest, abi_errno_name(i));
	}
	for (size_t i = 0; i < abi_nsets && !suggest.best; i++) {
		for (size_t k = 0; k < abi_sets[i].nconsts; k++)
			suggest_offer(&suggest, abi_sets[i].consts[k].name);
	}
	if (suggest.best) {
		diag_help(p->d, g, "did you mean `%s`?", suggest.best);
		correct_name(p, g, name, sided.s, suggest.best);
	}
}
