/*
 * Threads with everything that they wait for each other by: mutexes (recursive and with an owner, too), condition
 * variables, barriers, read-write locks; and storage of their own.  Arguments: how many threads.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 50
#define MANY   16

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER, owned, again;
static pthread_cond_t turned = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t table_lock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t start, middle;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static __thread long mine;
static int turn, threads;
static long total, table[26], ended;
static char text[4096];

static void make_key(void)
{
	pthread_key_create(&key, free);
	puts("made once");
}

static void count(long me)
{
	for (const char *p = text; *p; p++) {
		if (*p - 'a' != me && *p - 'a' < 26 && *p >= 'a')
			continue;
		pthread_rwlock_wrlock(&table_lock);
		table[me]++;
		pthread_rwlock_unlock(&table_lock);
		mine++;
	}
}

static void take_turns(long me)
{
	for (int round = 0; round < ROUNDS; round++) {
		pthread_mutex_lock(&lock);
		while (turn % threads != me)
			pthread_cond_wait(&turned, &lock);
		turn++;
		total += me * round;
		pthread_cond_broadcast(&turned);
		pthread_mutex_unlock(&lock);
	}
}

static void *work(void *arg)
{
	long me = (long)arg, sum = 0;

	pthread_once(&once, make_key);
	pthread_setspecific(key, strdup(me % 2 ? "odd" : "even"));
	pthread_barrier_wait(&start);
	count(me);
	if (pthread_barrier_wait(&middle) == PTHREAD_BARRIER_SERIAL_THREAD) {
		pthread_mutex_lock(&again);
		pthread_mutex_lock(&again);
		puts("one of them is the last");
		pthread_mutex_unlock(&again);
		pthread_mutex_unlock(&again);
	}
	pthread_rwlock_rdlock(&table_lock);
	for (int i = 0; i < 26; i++)
		sum += table[i];
	pthread_rwlock_unlock(&table_lock);
	take_turns(me);
	pthread_mutex_lock(&owned);
	ended += mine;
	if (pthread_mutex_lock(&owned) == 0)
		puts("a mutex was locked twice");
	pthread_mutex_unlock(&owned);
	return strcmp(pthread_getspecific(key), me % 2 ? "odd" : "even") ? NULL : (void *)sum;
}

int main(int argc, char **argv)
{
	struct timespec soon;
	pthread_mutexattr_t how;
	pthread_t t[MANY];
	FILE *f = fopen("text", "r");
	void *result;

	if (!f || !fread(text, 1, sizeof(text) - 1, f))
		return 1;
	threads = argc > 1 ? atoi(argv[1]) : 4;
	pthread_mutexattr_init(&how);
	pthread_mutexattr_settype(&how, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&owned, &how);
	pthread_mutexattr_settype(&how, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&again, &how);
	pthread_barrier_init(&start, NULL, (unsigned)threads);
	pthread_barrier_init(&middle, NULL, (unsigned)threads);
	for (long i = 0; i < threads; i++)
		pthread_create(&t[i], NULL, work, (void *)i);
	for (int i = 0; i < threads; i++) {
		pthread_join(t[i], &result);
		printf("thread %d: %ld\n", i, (long)result);
	}
	clock_gettime(CLOCK_REALTIME, &soon);
	soon.tv_nsec = (soon.tv_nsec + 20000000) % 1000000000;
	soon.tv_sec += soon.tv_nsec < 20000000;
	pthread_mutex_lock(&lock);
	printf("nobody turns any more: %d\n", pthread_cond_timedwait(&turned, &lock, &soon));
	pthread_mutex_unlock(&lock);
	printf("%ld %ld %d\n", total, ended, turn);
	return 0;
}
