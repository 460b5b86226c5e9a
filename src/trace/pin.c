/*
 * CPU affinity of the tracing thread and of the program.
 */
#include "trace/pin.h"

void pin_begin(struct pin *p)
{
	int cpu = sched_getcpu();
	cpu_set_t one;

	p->pinned = false;
	if (sched_getaffinity(0, sizeof(p->before), &p->before) < 0 || cpu < 0 || cpu >= CPU_SETSIZE)
		return;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	p->pinned = sched_setaffinity(0, sizeof(one), &one) == 0;
}

void pin_end(struct pin *p)
{
	if (p->pinned)
		sched_setaffinity(0, sizeof(p->before), &p->before);
	p->pinned = false;
}
