/*
 * A recording and a replay as something to ask for: what the subcommands read from their command lines, and the front end
 * for config.json from its file.
 */
#ifndef CMD_RUN_H
#define CMD_RUN_H

#include <stdbool.h>
#include <stdint.h>

/* Strings and lists are lent; a zeroed member asks for nothing special unless it is said otherwise. */

/* A container, if lower or sandbox say so.  In a replay: what replaces the recorded one's. */
struct box_request {
	const char *lower;	 /* folders that are its root, a colon list with the topmost first; NULL: none */
	const char *upper, *work; /* where changes go, both or none */
	const char *keep;	 /* or: a new folder for them */
	const char *mount_point; /* NULL: /tmp */
	const char *hostname;	 /* NULL: the system's */
	bool sandbox;		 /* the system's own root */
	bool network, user;	 /* namespaces of its own */
	bool outside;		 /* a replay of what was recorded in a container is an error */
};

struct record_request {
	const char *policy;		/* NULL: strict.spol */
	const char *output;		/* the recording; never NULL */
	const char *name;		/* name of the command, kept in the recording; NULL: none */
	const char *stdin_path;		/* standard input from this file */
	const char *chdir;		/* working directory */
	const char *audit_log;
	const char *sign;		/* file of the private key that signs the recording, or NULL */
	const char *const *assignments; /* environment: NAME=VALUE, NULL-ended, or NULL */
	const char *const *argv;	/* the program and its arguments, NULL-ended, at least one */
	const int *outputs;		/* NULL, or two descriptors above 2: the program's standard output and error; -1: the caller's */
	struct box_request box;
	bool audit, aslr, cpuid_runs;
};

/* Runs and records; messages go to standard error.  The exit status: the program's own, or 125, 126, 127. */
int record_run(const struct record_request *q);

struct replay_request {
	const char *policy;		/* NULL: strict.spol */
	const char *input;		/* the recording; never NULL */
	const char *name;		/* the recording must be of the command of this name; NULL: of any */
	const char *differences;	/* where every difference goes, or NULL */
	const char *verify_key;		/* file of the public key: the recording must be signed by its owner; NULL: need not */
	const char *sign;		/* file of the private key that signs the differences, or NULL */
	const char *report;		/* where the verdict goes; NULL: standard error */
	const char *stdin_path;		/* standard input from this file instead of the recorded one */
	const char *chdir;		/* working directory instead of the recorded one */
	const char *const *assignments; /* as above */
	const char *const *argv;	/* another command than the recorded one, NULL-ended, or NULL */
	const int *outputs;		/* as above */
	struct box_request box;
	uint32_t patience_ms; /* how long the next recorded event may take at least; 0: 30 seconds */
	bool report_only, json, aslr;
	bool quiet; /* a verdict "same" is not printed, unless report names a file */
};

/* Runs and compares; messages and the verdict go to standard error.  The exit status. */
int replay_run(const struct replay_request *q);

#endif
