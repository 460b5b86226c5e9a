/* A spin lock that threads hold for long, and a flag that they wait for without any call. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#define THREADS 3

static atomic_flag lock = ATOMIC_FLAG_INIT;
static atomic_int ready;
static volatile long sum;
static int first;

static void *work(void *arg)
{
	atomic_fetch_add(&ready, 1);
	while (atomic_load(&ready) < THREADS)
		;
	for (int i = 0; i < 20; i++) {
		while (atomic_flag_test_and_set_explicit(&lock, memory_order_acquire))
			;
		for (int k = 0; k < 100000; k++)
			sum += (long)arg * first;
		atomic_flag_clear_explicit(&lock, memory_order_release);
	}
	return NULL;
}

int main(void)
{
	pthread_t t[THREADS];
	FILE *f = fopen("numbers", "r");

	if (!f || fscanf(f, "%d", &first) != 1)
		return 1;
	for (long i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, work, (void *)(i + 1));
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	printf("%ld\n", sum);
	return 0;
}
