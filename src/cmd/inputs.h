/*
 * Which descriptors are standard input, in each task of a run, followed by its events: duplicates, what children inherit
 * or share, what is closed, and what was opened anew through /dev/stdin.
 */
#ifndef CMD_INPUTS_H
#define CMD_INPUTS_H

#include "abi/schema.h"
#include "recording/recording.h"

struct inputs;

/*
 * At the start: descriptor 0 of task 0, and those of 1 and 2 that are the same terminal.  stdio: the three of the
 * recording's header, lent.
 */
struct inputs *inputs_new(const struct abi_schema *schema, const struct rec_stdio *stdio);
void inputs_free(struct inputs *in);
/*
 * true: the task's descriptor is standard input.  *file: which open file, 0 the one of the start, others in the order in
 * which they were opened; a stream is 0 always.
 */
bool inputs_has(const struct inputs *in, uint32_t task, uint64_t fd, uint32_t *file);
uint32_t inputs_files(const struct inputs *in);
/* Takes in a finished call (of a recording: joined, see open_calls.h), a new task or the end of one. */
void inputs_follow(struct inputs *in, const struct sys_event *ev);

#endif
