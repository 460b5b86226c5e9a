/*
 * SPOL's grammar.  One call of the parser reads one item; parse.c calls it until the file ends, turns the words of
 * conditions into names where only a name can stand, and leads it out of syntax errors by MISSING_... and RESYNC...
 */
%require "3.8"
%language "C"
%define api.prefix {spol_item_}
%define api.pure full
%define api.location.type {struct span}
%define api.token.prefix {TOK_}
%define lr.type lalr
%define lr.default-reduction most
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param { struct spol_parser *p }

%code requires {
#include "spol/build.h"
}

%code top {
	/* what bison writes is not ours to warn about */
	#pragma GCC diagnostic ignored "-Wmissing-prototypes"
	#pragma GCC diagnostic ignored "-Wswitch-enum"
	#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
}

%code {
#include <string.h>

static int spol_item_lex(SPOL_ITEM_STYPE *value, SPOL_ITEM_LTYPE *at, struct spol_parser *p);
static void spol_item_error(const SPOL_ITEM_LTYPE *at, struct spol_parser *p, const char *text);

static struct span join(struct span a, struct span b)
{
	return (struct span){ a.file, a.start, b.end };
}

static struct span behind(struct span a)
{
	return (struct span){ a.file, a.end, a.end };
}

/* The place of a class's name: without its % */
static struct span class_name(struct span a)
{
	return (struct span){ a.file, a.start + 1, a.end };
}

/* A selector may be a list (SIGNAL a|b): all of it goes in. */
static void add_selectors(struct list *list, struct selector *s)
{
	LIST_ADD(list, s);
	for (; s; s = s->next)
		list->last = s;
}

/* A rule's place: from its first symbol to its last; an empty one stands where the one before it ends. */
#define YYLLOC_DEFAULT(current, rhs, n) \
	((current) = (n) ? join(YYRHSLOC(rhs, 1), YYRHSLOC(rhs, n)) : behind(YYRHSLOC(rhs, 0)))
}

%initial-action {
	@$ = (struct span){ p->file, 0, 0 };
}

%union {
	struct text text;
	struct expr *expr;
	struct list list;
	struct set_member *member;
	struct field_ref *field;
	struct selector *selector;
	struct action action;
	struct arm *arm;
	struct rule *rule;
	struct test_value *value;
	struct test_step *step;
	struct item *item;
	enum expr_kind operation;
}

%token END "the end of the file"
%token BAD "a character that was reported"
%token MISSING_SEMICOLON "a missing `;`" MISSING_BRACE "a missing `}`"
%token RESYNC "the end of a statement in error" RESYNC_BLOCK "the block of a statement in error"
%token NAME "a name" NUMBER "a number" STRING "a string" CLASS "a class"
%token EQ "`==`" NE "`!=`" LE "`<=`" GE "`>=`" ARROW "`->`"
%token POLICY "`policy`" EXTENDS "`extends`" LET "`let`" SET "`set`" DEFAULT "`default`" ANY "`any`" SIGNAL "`signal`"
%token INSTRUCTION "`instruction`" NEVER "`never`" VIOLATION "`violation`" CONTINUE "`continue`" TEST "`test`"
%token EXPECT "`expect`" OVERRIDE "`override`"
%token EQUAL "`equal`" ACCEPT "`accept`" REPLAY "`replay`" MAP "`map`" STOP "`stop`"
%token EXECUTE "`execute`" EMULATE "`emulate`" IGNORE "`ignore`" OPTIONAL "`optional`" FORBID "`forbid`"
%token WITHIN "`within`" OF "`of`" IF "`if`" ELSE "`else`" AND "`and`" OR "`or`" NOT "`not`" IN "`in`"
%token ';' "`;`" ':' "`:`" ',' "`,`" '{' "`{`" '}' "`}`" '(' "`(`" ')' "`)`" '[' "`[`" ']' "`]`" '.' "`.`"
%token '*' "`*`" '/' "`/`" '+' "`+`" '-' "`-`" '&' "`&`" '|' "`|`" '!' "`!`" '=' "`=`" '<' "`<`" '>' "`>`"

%type <text> name call_name common_name path field_path string message
%type <list> strings bars selectors fields rules arms members steps values optional_values
%type <expr> expression conjunction negation comparison bits masked sum product signed primary set condition tolerance
%type <member> member
%type <expr> member_value
%type <selector> selector
%type <action> action verb
%type <arm> arm
%type <rule> rule plain_rule
%type <value> value
%type <step> step
%type <item> item rules_item
%type <operation> comparer

%%

input:
  item				{ p->result = $1; YYACCEPT; }
;

item:
  POLICY name NUMBER end	{ $$ = spol_policy(p, $2, spol_number(p, @3), @$); }
| EXTENDS strings comma end	{ $$ = spol_item(p, ITEM_EXTENDS, @$); $$->names = $2.first; }
| LET name '=' expression end	{ $$ = spol_item(p, ITEM_LET, @$); $$->name = $2; $$->value = $4; }
| LET name '=' error RESYNC	{ yyerrok; $$ = spol_item_in_error(p, ITEM_LET, $2, @$); }
| LET name error RESYNC		{ yyerrok; $$ = spol_item_in_error(p, ITEM_LET, $2, @$); }
| SET name '=' members comma end	{ $$ = spol_item(p, ITEM_SET, @$); $$->name = $2; $$->members = $4.first; }
| SET name '=' error RESYNC	{ yyerrok; $$ = spol_item_in_error(p, ITEM_SET, $2, @$); }
| SET name error RESYNC		{ yyerrok; $$ = spol_item_in_error(p, ITEM_SET, $2, @$); }
| VIOLATION ':' STOP end	{ $$ = spol_item(p, ITEM_VIOLATION, @$); }
| VIOLATION ':' CONTINUE end	{ $$ = spol_item(p, ITEM_VIOLATION, @$); $$->continues = true; }
| NEVER verb selector '.' field_path condition end	{ $$ = spol_never(p, $2, $3, $5, $6, @$); }
| TEST STRING '{' steps close	{
	$$ = spol_item(p, ITEM_TEST, @$);
	$$->name = spol_string(p, @2);
	$$->steps = $4.first;
	$$->body = join(@3, @5);
  }
| rules_item
| OVERRIDE rules_item		{ $$ = $2; $$->override = true; $$->at = @$; }
| ';'				{ $$ = spol_item(p, ITEM_ERROR, @$); spol_report_empty(p, @1); }
| error RESYNC			{ yyerrok; $$ = spol_item(p, ITEM_ERROR, @$); }
| error RESYNC_BLOCK { yyerrok; } rules close	{ $$ = spol_item(p, ITEM_ERROR, @$); $$->rules = $4.first; }
;

rules_item:
  selectors comma '{' rules close	{ $$ = spol_block(p, $1, $4, join(@3, @5), @$); }
| selectors comma ':' arms end	{ $$ = spol_one_rule(p, $1, $4, @$); }
;

end:
  ';'
| MISSING_SEMICOLON		{ spol_report_missing_semicolon(p, @1); }
;

close:
  '}'
| MISSING_BRACE
;

comma:
  %empty
| ','
;

strings:
  string			{ $$ = (struct list){ 0 }; LIST_ADD(&$$, spol_text_node(p, $1)); }
| strings ',' string		{ $$ = $1; LIST_ADD(&$$, spol_text_node(p, $3)); }
;

string:
  STRING			{ $$ = spol_string(p, @1); }
;

members:
  member			{ $$ = (struct list){ 0 }; LIST_ADD(&$$, $1); }
| members ',' member		{ $$ = $1; LIST_ADD(&$$, $3); }
;

member:
  member_value			{ $$ = spol_member(p, false, $1, @$); }
| '!' member_value		{ $$ = spol_member(p, true, $2, @$); }
;

member_value:
  STRING			{ $$ = spol_leaf(p, EXPR_STRING, spol_string(p, @1)); }
| NUMBER			{ $$ = spol_number(p, @1); }
| '-' NUMBER			{ $$ = spol_unary(p, EXPR_NEG, @1, spol_number(p, @2), @$); }
| path				{ $$ = spol_leaf(p, EXPR_NAME, $1); }
;

selectors:
  selector			{ $$ = (struct list){ 0 }; add_selectors(&$$, $1); }
| selectors ',' selector	{ $$ = $1; add_selectors(&$$, $3); }
;

selector:
  call_name			{ $$ = spol_call(p, $1, (struct list){ 0 }, @$); }
| call_name '(' bars ')'	{ $$ = spol_call(p, $1, $3, @$); }
| CLASS				{ $$ = spol_selector(p, SEL_CLASS, spol_text(p, class_name(@1)), @$); }
| SIGNAL bars			{ $$ = spol_selectors(p, SEL_SIGNAL, $2).first; }
| INSTRUCTION bars		{ $$ = spol_selectors(p, SEL_INSTRUCTION, $2).first; }
| ANY name			{ $$ = spol_selector(p, SEL_ANY, $2, @$); }
| DEFAULT			{ $$ = spol_selector(p, SEL_DEFAULT, spol_text(p, @1), @$); }
;

bars:
  name				{ $$ = (struct list){ 0 }; LIST_ADD(&$$, spol_text_node(p, $1)); }
| bars '|' name			{ $$ = $1; LIST_ADD(&$$, spol_text_node(p, $3)); }
;

rules:
  %empty			{ $$ = (struct list){ 0 }; }
| rules rule			{ $$ = $1; if ($2) LIST_ADD(&$$, $2); }
;

rule:
  plain_rule
| OVERRIDE plain_rule		{ $$ = $2; if ($$) { $$->override = true; $$->at = @$; } }
| ANY name ':' arms end		{ $$ = NULL; spol_report_any_in_block(p, join(@1, @2)); }
| ';'				{ $$ = NULL; spol_report_empty(p, @1); }
| error RESYNC			{ yyerrok; $$ = NULL; }
;

plain_rule:
  fields comma ':' arms end	{ $$ = spol_rule(p, $1, $4, @$); }
;

fields:
  field_path			{ $$ = (struct list){ 0 }; LIST_ADD(&$$, spol_field(p, $1)); }
| fields ',' field_path		{ $$ = $1; LIST_ADD(&$$, spol_field(p, $3)); }
;

field_path:
  path
| '*'				{ $$ = spol_text(p, @1); }
;

path:
  name
| path '.' name			{ $$ = spol_path(p, $1, ".", $3, @$); }
| path '[' ']'			{ $$ = spol_path(p, $1, "[]", (struct text){ 0 }, @$); }
| path '[' NUMBER ']'		{ $$ = spol_path(p, (struct text){ 0 }, "", (struct text){ 0 }, @$); spol_report_index(p, @3); }
;

arms:
  arm				{ $$ = (struct list){ 0 }; LIST_ADD(&$$, $1); }
| arms ELSE arm			{ $$ = $1; LIST_ADD(&$$, $3); }
;

arm:
  action tolerance message condition	{ $$ = spol_arm(p, $1, $2, $3, $4, @$); }
;

action:
  verb
| EXECUTE			{ $$ = spol_disposition(DISP_EXECUTE, @1); }
| EMULATE			{ $$ = spol_disposition(DISP_EMULATE, @1); }
| IGNORE			{ $$ = spol_disposition(DISP_IGNORE, @1); }
| OPTIONAL			{ $$ = spol_disposition(DISP_OPTIONAL, @1); }
| FORBID			{ $$ = spol_disposition(DISP_FORBID, @1); }
;

verb:
  EQUAL				{ $$ = spol_verb(VERB_EQUAL, @1); }
| ACCEPT			{ $$ = spol_verb(VERB_ACCEPT, @1); }
| REPLAY			{ $$ = spol_verb(VERB_REPLAY, @1); }
| MAP				{ $$ = spol_verb(VERB_MAP, @1); }
| STOP				{ $$ = spol_verb(VERB_STOP, @1); }
| NAME				{ $$ = spol_unknown_verb(@1); }
;

tolerance:
  %empty			{ $$ = NULL; }
| WITHIN bits			{ $$ = $2; }
;

message:
  %empty			{ $$ = (struct text){ 0 }; }
| STRING			{ $$ = spol_string(p, @1); }
;

condition:
  %empty			{ $$ = NULL; }
| IF expression			{ $$ = $2; }
;

expression:
  conjunction
| expression OR conjunction	{ $$ = spol_binary(p, EXPR_OR, $1, @2, $3); }
;

conjunction:
  negation
| conjunction AND negation	{ $$ = spol_binary(p, EXPR_AND, $1, @2, $3); }
;

negation:
  comparison
| NOT negation			{ $$ = spol_unary(p, EXPR_NOT, @1, $2, @$); }
| '!' negation			{ $$ = spol_unary(p, EXPR_NOT, @1, $2, @$); spol_report_foreign_not(p, @1); }
;

comparison:
  bits
| comparison comparer bits	{ $$ = spol_compare(p, $2, $1, @2, $3); }
| comparison IN set		{ $$ = spol_in(p, $1, @2, $3); }
| comparison NOT IN set		{
	spol_report_not_in(p, join(@2, @3), @$);
	$$ = spol_unary(p, EXPR_NOT, @2, spol_in(p, $1, @3, $4), @$);
  }
| comparison WITHIN bits OF bits	{ $$ = spol_within(p, $1, @2, $3, $5); }
;

comparer:
  EQ				{ $$ = EXPR_EQ; }
| NE				{ $$ = EXPR_NE; }
| '<'				{ $$ = EXPR_LT; }
| LE				{ $$ = EXPR_LE; }
| '>'				{ $$ = EXPR_GT; }
| GE				{ $$ = EXPR_GE; }
| '='				{ $$ = EXPR_EQ; spol_report_assignment(p, @1); }
;

set:
  path				{ $$ = spol_leaf(p, EXPR_NAME, $1); }
| '{' members comma '}'		{ $$ = spol_set(p, $2, @$); }
;

bits:
  masked
| bits '|' masked		{ $$ = spol_binary(p, EXPR_BITOR, $1, @2, $3); }
;

masked:
  sum
| masked '&' sum		{ $$ = spol_binary(p, EXPR_BITAND, $1, @2, $3); }
;

sum:
  product
| sum '+' product		{ $$ = spol_binary(p, EXPR_ADD, $1, @2, $3); }
| sum '-' product		{ $$ = spol_binary(p, EXPR_SUB, $1, @2, $3); }
;

product:
  signed
| product '*' signed		{ $$ = spol_binary(p, EXPR_MUL, $1, @2, $3); }
| product '/' signed		{ $$ = spol_binary(p, EXPR_DIV, $1, @2, $3); }
;

signed:
  primary
| '-' signed			{ $$ = spol_unary(p, EXPR_NEG, @1, $2, @$); }
;

primary:
  NUMBER			{ $$ = spol_number(p, @1); }
| STRING			{ $$ = spol_leaf(p, EXPR_STRING, spol_string(p, @1)); }
| path				{ $$ = spol_leaf(p, EXPR_NAME, $1); }
| '(' expression ')'		{ $$ = $2; $$->parenthesised = true; $$->at = @$; }
;

steps:
  %empty			{ $$ = (struct list){ 0 }; }
| steps step			{ $$ = $1; if ($2) LIST_ADD(&$$, $2); }
;

step:
  call_name '(' optional_values ')' end	{
	$$ = spol_event(p, spol_call(p, $1, (struct list){ 0 }, @1), $3, @$);
  }
| call_name '(' bars ')' '(' optional_values ')' end	{
	$$ = spol_event(p, spol_call(p, $1, $3, join(@1, @4)), $6, @$);
  }
| SIGNAL name '(' optional_values ')' end	{
	$$ = spol_event(p, spol_selector(p, SEL_SIGNAL, $2, join(@1, @2)), $4, @$);
  }
| INSTRUCTION name '(' optional_values ')' end	{
	$$ = spol_event(p, spol_selector(p, SEL_INSTRUCTION, $2, join(@1, @2)), $4, @$);
  }
| EXPECT name end		{ $$ = spol_expect(p, (struct text){ .s = "", .at = @2 }, $2, @$); }
| EXPECT field_path name end	{ $$ = spol_expect(p, $2, $3, @$); }
| ';'				{ $$ = NULL; spol_report_empty(p, @1); }
| error RESYNC			{ yyerrok; $$ = NULL; }
;

optional_values:
  %empty			{ $$ = (struct list){ 0 }; }
| values comma			{ $$ = $1; }
;

values:
  value				{ $$ = (struct list){ 0 }; LIST_ADD(&$$, $1); }
| values ',' value		{ $$ = $1; LIST_ADD(&$$, $3); }
;

value:
  path ':' bits			{ $$ = spol_value(p, $1, $3, NULL); }
| path ':' bits ARROW bits	{ $$ = spol_value(p, $1, $3, $5); }
;

name:
  call_name
| DEFAULT			{ $$ = spol_text(p, @1); }
| VIOLATION			{ $$ = spol_text(p, @1); }
;

/* All keywords but two, which begin a statement with `:`, name calls; words of conditions come as NAME (parse.c). */
call_name:
  NAME				{ $$ = spol_text(p, @1); }
| common_name
;

common_name:
  POLICY			{ $$ = spol_text(p, @1); }
| EXTENDS			{ $$ = spol_text(p, @1); }
| LET				{ $$ = spol_text(p, @1); }
| SET				{ $$ = spol_text(p, @1); }
| ANY				{ $$ = spol_text(p, @1); }
| SIGNAL			{ $$ = spol_text(p, @1); }
| INSTRUCTION			{ $$ = spol_text(p, @1); }
| NEVER				{ $$ = spol_text(p, @1); }
| CONTINUE			{ $$ = spol_text(p, @1); }
| TEST				{ $$ = spol_text(p, @1); }
| EXPECT			{ $$ = spol_text(p, @1); }
| OVERRIDE			{ $$ = spol_text(p, @1); }
| EQUAL				{ $$ = spol_text(p, @1); }
| ACCEPT			{ $$ = spol_text(p, @1); }
| REPLAY			{ $$ = spol_text(p, @1); }
| MAP				{ $$ = spol_text(p, @1); }
| STOP				{ $$ = spol_text(p, @1); }
| EXECUTE			{ $$ = spol_text(p, @1); }
| EMULATE			{ $$ = spol_text(p, @1); }
| IGNORE			{ $$ = spol_text(p, @1); }
| OPTIONAL			{ $$ = spol_text(p, @1); }
| FORBID			{ $$ = spol_text(p, @1); }
;

%%

static int spol_item_lex(SPOL_ITEM_STYPE *value, SPOL_ITEM_LTYPE *at, struct spol_parser *p)
{
	(void)value; /* texts and numbers are fetched by place when an action wants them */
	return spol_next(p, at);
}

static void spol_item_error(const SPOL_ITEM_LTYPE *at, struct spol_parser *p, const char *text)
{
	(void)text; /* syntax errors go another way: only "memory exhausted" comes here */
	spol_too_deep(p, *at);
}

static void expect(struct spol_expected *e, const char *name)
{
	if (e->count < sizeof(e->names) / sizeof(e->names[0]))
		e->names[e->count] = name;
	e->count++;
}

/* Takes a group of tokens out of the set when all of them are there. */
static bool take(bool *set, const int *group, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!set[YYTRANSLATE(group[i])])
			return false;
	for (size_t i = 0; i < count; i++)
		set[YYTRANSLATE(group[i])] = false;
	return true;
}

static void drop(bool *set, const int *group, size_t count)
{
	for (size_t i = 0; i < count; i++)
		set[YYTRANSLATE(group[i])] = false;
}

#define GROUP(...) (const int[]){ __VA_ARGS__ }, sizeof((int[]){ __VA_ARGS__ }) / sizeof(int)

/* "an expression", "a verb", "an operator": what people call the many tokens that could stand in a place. */
static void expect_groups(struct spol_expected *e, bool *set)
{
	if (take(set, GROUP(TOK_NAME, TOK_NUMBER, TOK_STRING, '(', '-'))) {
		drop(set, GROUP(TOK_NOT, '!'));
		for (int i = YYSYMBOL_POLICY; i <= YYSYMBOL_FORBID; i++)
			set[i] = false;
		expect(e, "an expression");
	} else if (!set[YYSYMBOL_POLICY] &&
		   take(set, GROUP(TOK_EQUAL, TOK_ACCEPT, TOK_REPLAY, TOK_MAP, TOK_STOP, TOK_NAME))) {
		bool call = take(set, GROUP(TOK_EXECUTE, TOK_EMULATE, TOK_IGNORE, TOK_OPTIONAL, TOK_FORBID));

		expect(e, call ? "a verb or disposition" : "a verb");
	}
	if (take(set, GROUP('+', '-', '*', '/'))) {
		drop(set, GROUP('&', '|', '=', '<', '>', TOK_EQ, TOK_NE, TOK_LE, TOK_GE));
		drop(set, GROUP(TOK_IN, TOK_NOT, TOK_AND, TOK_OR));
		if (!take(set, GROUP(TOK_OF)))
			drop(set, GROUP(TOK_WITHIN));
		else
			expect(e, "`of`");
		expect(e, "an operator");
	}
	if (set[YYSYMBOL_POLICY]) { /* wherever all keywords are possible, they are names */
		set[YYSYMBOL_NAME] = true;
		for (int i = YYSYMBOL_POLICY; i <= YYSYMBOL_FORBID; i++)
			set[i] = false;
	}
}

static int yyreport_syntax_error(const yypcontext_t *context, struct spol_parser *p)
{
	struct spol_expected e = { 0 };
	yysymbol_kind_t list[YYNTOKENS];
	bool set[YYNTOKENS] = { false };
	int count = yypcontext_expected_tokens(context, list, YYNTOKENS);

	for (int i = 0; i < count; i++)
		set[list[i]] = true;
	drop(set, GROUP(TOK_MISSING_SEMICOLON, TOK_MISSING_BRACE, TOK_RESYNC, TOK_RESYNC_BLOCK));
	set[YYSYMBOL_YYerror] = set[YYSYMBOL_YYEOF] = false;
	e.semicolon = set[YYTRANSLATE(';')];
	expect_groups(&e, set);
	for (int i = 0; i < YYNTOKENS; i++)
		if (set[i])
			expect(&e, yysymbol_name((yysymbol_kind_t)i));
	spol_syntax_error(p, *yypcontext_location(context), &e);
	return 0;
}
