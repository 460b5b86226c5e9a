/*
 * Completion for bash, printed from the command tables: `eval "$(sperrips completion)"`.
 */
#include "cmd/option.h"

static void print_words(const struct command *c, FILE *to)
{
	for (size_t i = 0; i < c->noptions; i++)
		fprintf(to, "--%s%s ", c->options[i].name, c->options[i].arg ? "=" : "");
	fprintf(to, "--help --version");
}

void cmd_print_completion(const char *tool, const struct command *const *commands, size_t n, const struct command *bare,
			  FILE *to)
{
	fprintf(to, "_%s() {\n\tlocal word=${COMP_WORDS[COMP_CWORD]} words=\n\tcase ${COMP_WORDS[1]} in\n", tool);
	for (size_t i = 0; i < n; i++) {
		fprintf(to, "\t%s) words='", n > 1 ? commands[i]->name : "*");
		print_words(commands[i], to);
		fprintf(to, "' ;;\n");
	}
	if (bare) {
		fprintf(to, "\t-*) words='");
		print_words(bare, to);
		fprintf(to, "' ;;\n");
	}
	fprintf(to, "\tesac\n");
	if (n > 1) {
		fprintf(to, "\t[ \"$COMP_CWORD\" -gt 1 ] || words='");
		for (size_t i = 0; i < n; i++)
			fprintf(to, "%s ", commands[i]->name);
		if (bare)
			print_words(bare, to);
		else
			fprintf(to, "--help --version");
		fprintf(to, "'\n");
	}
	fprintf(to, "\tcase $word in\n\t-*) COMPREPLY=($(compgen -W \"$words\" -- \"$word\")) ;;\n");
	if (n > 1)
		fprintf(to, "\t*) if [ \"$COMP_CWORD\" -gt 1 ]; then COMPREPLY=($(compgen -f -- \"$word\")); "
			    "else COMPREPLY=($(compgen -W \"$words\" -- \"$word\")); fi ;;\n");
	else
		fprintf(to, "\t*) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n");
	fprintf(to, "\tesac\n\t[[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace\n}\ncomplete -o filenames -F _%s %s\n", tool, tool);
}
