/*
 * The files of a configured run: the program's standard streams, recording.bin and differences.bin.  Without a container they
 * stand where the configuration says.  With one they are kept in the overlay's upper layer, but while the program runs they
 * stand in a private folder beside it: they are nothing that a program left, and no program is to reach them.
 */
#ifndef CMD_CONFIG_FILES_H
#define CMD_CONFIG_FILES_H

#include "cmd/config_file.h"

#include <sys/stat.h>

struct config_files {
	const char *chdir;	 /* workdir as the program is to find it */
	const char *recording;	 /* to be written, or read */
	const char *differences; /* to be written */
	const char *shown;	 /* the place of the recording when nothing runs */
	char *stdin_path;	 /* a file with the configured input, or NULL: the caller's */
	int outputs[2];		 /* as in cmd/run.h */
	char *private;		 /* the folder on the host; NULL: no container */
	struct stat before;	 /* of what is to be written; st_ino 0: it was not there */
	bool taken;		 /* all that is ours has been taken out of the upper layer */
};

/* Makes and opens what the run needs; paths are in arena.  -1: *err IO, and config_files_close() is due all the same. */
int config_files_open(struct config_files *f, const struct config *c, struct arena *arena, struct err *err);
/*
 * The run is over: what it has written goes to its places, and what was only for the run goes away.  tell: the paths of
 * recording.bin or differences.bin, if there is a new one, are told on standard error.  -1: something could not be put in its
 * place; it was told where it is.
 */
int config_files_close(struct config_files *f, const struct config *c, const char *tool, bool tell, struct arena *arena);

#endif
