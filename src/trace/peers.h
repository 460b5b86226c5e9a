/*
 * Who is at the other end of a socket: a task of the run, or somebody outside, who will not be there when the run is
 * repeated.  The kernel does not tell; the tracer knows which names (ports, paths) sockets of the run have, and which of
 * the run's connections have not been accepted yet.
 *
 * What is said to be outside: a connection that a socket of the run makes to a name that none of the run has; one that is
 * accepted and that no task of the run has made; datagrams to a name that none of the run has; everything that is done with
 * such a socket by one of the calls below, and waits in which one takes part, or that end because somebody from outside
 * wants to be accepted.
 */
#ifndef TRACE_PEERS_H
#define TRACE_PEERS_H

#include "trace/tasks.h"

struct peers;

struct peers *peers_new(void);
void peers_free(struct peers *p);

/* A call of t is about to be given as an event, at its entry and at its exit: gives it EVENT_OUTSIDE, where that is so. */
void peers_enter(struct tracer *tr, struct tracee *t);
void peers_exit(struct tracer *tr, struct tracee *t);

#endif
