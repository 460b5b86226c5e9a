/*
 * spolc --syntax=vim: a syntax file for Vim and Neovim.  Which words there are comes from the compiler's tables; where
 * they stand is written here, since nearly every word may also be the name of a call or a field.
 */
#include "cmd/spolc.h"

#include "abi/facts.h"
#include "abi/kinds.h"
#include "spol/keywords.h"

#include <string.h>

/* "a|b|c" for a very magic pattern */
struct words {
	struct buf text;
};

static void add_word(struct words *w, const char *word)
{
	if (w->text.len)
		buf_byte(&w->text, '|');
	for (; *word; word++) {
		if (strchr("%.|<>(){}@~=+*?&", *word))
			buf_byte(&w->text, '\\');
		buf_byte(&w->text, (uint8_t)*word);
	}
}

static struct words group(enum keyword_group group)
{
	struct words w = { 0 };

	for (size_t i = 0; i < keyword_count(); i++) {
		if (keyword_at(i)->group == group)
			add_word(&w, keyword_at(i)->word);
	}
	return w;
}

static struct words units(bool percent)
{
	struct words w = { 0 };

	for (size_t i = 0; keyword_unit(i); i++) {
		if ((strcmp(keyword_unit(i), "%") == 0) == percent)
			add_word(&w, keyword_unit(i));
	}
	return w;
}

static struct words placeholders(void)
{
	struct words w = { 0 };

	for (size_t i = 0; keyword_placeholder(i); i++)
		add_word(&w, keyword_placeholder(i));
	return w;
}

static struct words kinds(void)
{
	struct words w = { 0 };

	for (unsigned i = 0; i < ABI_NKINDS; i++)
		add_word(&w, abi_kind_name((enum abi_kind)i));
	return w;
}

static struct words classes(void)
{
	struct words w = { 0 };

	for (unsigned i = 0; i < 32; i++) {
		const char *name = abi_class_name(1u << i);

		if (name && abi_class_find(name, strlen(name)))
			add_word(&w, name);
	}
	return w;
}

static struct words facts(void)
{
	CLEANUP(buf_free) struct buf name = { 0 };
	struct words w = { 0 };

	for (int i = 0; i < FACT_COUNT; i++) {
		const struct abi_fact_info *info = abi_fact_info((enum abi_fact)i);

		buf_clear(&name);
		buf_printf(&name, "%s%s%s", info->base, *info->member ? "." : "", info->member);
		add_word(&w, buf_cstr(&name));
	}
	return w;
}

/* A match of one of the words between what must stand before and behind it; gives the words back. */
static void match(struct buf *out, const char *name, const char *before, struct words words, const char *behind)
{
	buf_printf(out, "syn match %s \"\\v%s<%%(%s)>%s\"\n", name, before, buf_cstr(&words.text), behind);
	buf_free(&words.text);
}

static void add_words(struct buf *out)
{
	/* where statements, rules and steps begin */
	static const char begin[] = "%(%(^|[;{}]|<override>)\\s*)@<=";
	/* where arms begin, also on the line behind the colon */
	static const char arm[] = "%(%(:|<else>|<never>)\\_s*)@<=";
	/* `in == 5`, `if: replay` */
	static const char no_name[] = "%(\\s*%([.:,]|[!=]\\=))@!";
	static const char expected[] = "%(<expect>[^;]*\\s)@<=";

	buf_str(out, "\n\" names, with some meaning where they stand\n");
	match(out, "spolKind", "%(<any>\\s+)@<=", kinds(), "");
	match(out, "spolClass", "\\%", classes(), "");
	match(out, "spolFact", "\\.@1<!", facts(), "");
	match(out, "spolSide", "\\.@1<!", group(KEYWORD_SIDE), "");
	buf_str(out, "syn match spolConstant \"\\v<\\u[A-Z0-9_]+>\"\n");

	buf_str(out, "\n\" words of the language; where they are names of calls and fields they are left alone\n");
	match(out, "spolStatement", begin, group(KEYWORD_STATEMENT), "\\ze\\s+[^ \\t:.,({[=|]");
	match(out, "spolStatement", begin, group(KEYWORD_HEADING), "\\ze\\s*:");
	match(out, "spolVerb", "%(<violation>\\s*:\\s*)@<=", group(KEYWORD_VIOLATION), "");
	match(out, "spolConditional", "\\.@1<!", group(KEYWORD_CONDITIONAL), no_name);
	match(out, "spolOperator", "\\.@1<!", group(KEYWORD_OPERATOR), no_name);
	match(out, "spolVerb", arm, group(KEYWORD_VERB), "");
	match(out, "spolDisposition", arm, group(KEYWORD_DISPOSITION), "");
	match(out, "spolVerb", expected, group(KEYWORD_VERB), "\\ze\\s*;");
	match(out, "spolVerb", expected, group(KEYWORD_OUTCOME), "\\ze\\s*;");
	match(out, "spolDisposition", expected, group(KEYWORD_DISPOSITION), "\\ze\\s*;");
	match(out, "spolConstant", "%(:|-\\>)@<=\\s*\\zs", group(KEYWORD_VALUE), "");
}

static void add_literals(struct buf *out)
{
	struct words unit = units(false), percent = units(true), placeholder = placeholders();

	buf_printf(out,
		   "\n\" numbers, strings, comments\n"
		   "syn match spolNumber \"\\v<%%(0x\\x+|0o\\o+)>\"\n"
		   "syn match spolNumber \"\\v<\\d+%%(\\.\\d+)?%%(%s)?>\"\n"
		   "syn match spolNumber \"\\v<\\d+%%(\\.\\d+)?%%(%s)\"\n"
		   "syn match spolNumberError \"\\v<0\\d+\"\n",
		   buf_cstr(&unit.text), buf_cstr(&percent.text));
	buf_printf(out,
		   "syn region spolString oneline start=+\"+ skip=+\\\\.+ end=+\"+ "
		   "contains=spolEscape,spolEscapeError,spolPlaceholder,@Spell\n"
		   "syn match spolEscapeError contained \"\\\\.\"\n"
		   "syn match spolEscape contained \"\\v\\\\%%([ntr\\\\\\\"]|0\\d@!|x\\x\\x)\"\n"
		   "syn match spolPlaceholder contained \"\\v\\{%%(%s)\\}\"\n",
		   buf_cstr(&placeholder.text));
	buf_str(out,
		"syn match spolComment \"#.*$\" contains=spolAllow,spolTodo,@Spell\n"
		"syn match spolAllow contained \"\\v%(^|\\s|#)@1<=spolc:allow%(\\s+\\u\\d{4},?)*\" contains=@NoSpell\n"
		"syn keyword spolTodo contained TODO FIXME XXX\n");
	buf_free(&unit.text);
	buf_free(&percent.text);
	buf_free(&placeholder.text);
}

static void add_links(struct buf *out)
{
	static const struct {
		const char *name, *like;
	} links[] = {
		{ "spolStatement", "Statement" }, { "spolVerb", "Keyword" },
		{ "spolDisposition", "Keyword" }, { "spolConditional", "Conditional" },
		{ "spolOperator", "Operator" },   { "spolKind", "Type" },
		{ "spolClass", "Type" },          { "spolFact", "Identifier" },
		{ "spolSide", "Identifier" },     { "spolConstant", "Constant" },
		{ "spolNumber", "Number" },       { "spolNumberError", "Error" },
		{ "spolString", "String" },       { "spolEscape", "SpecialChar" },
		{ "spolEscapeError", "Error" },   { "spolPlaceholder", "Special" },
		{ "spolComment", "Comment" },     { "spolAllow", "SpecialComment" },
		{ "spolTodo", "Todo" },
	};

	buf_byte(out, '\n');
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		buf_printf(out, "hi def link %s %s\n", links[i].name, links[i].like);
}

int spolc_print_syntax(const struct cmd_args *args, const char *editor)
{
	CLEANUP(buf_free) struct buf out = { 0 };

	if (strcmp(editor, "vim") != 0)
		return cmd_usage_error(args, "--syntax knows vim (Neovim reads the same), not '%s'", editor);
	buf_str(&out, "\" Vim syntax file: SPOL, the policy language of sperrips.\n"
		      "\" Written by `spolc --syntax=vim`: changes belong there.\n"
		      "if exists('b:current_syntax')\n\tfinish\nendif\n"
		      "let s:cpo_save = &cpo\nset cpo&vim\n"
		      "syn case match\nsyn iskeyword @,48-57,_\nsyn sync minlines=20\n");
	add_words(&out);
	add_literals(&out);
	add_links(&out);
	buf_str(&out, "\nlet b:current_syntax = 'spol'\nlet &cpo = s:cpo_save\nunlet s:cpo_save\n");
	fputs(buf_cstr(&out), stdout);
	return cmd_end_output("spolc", 0);
}
