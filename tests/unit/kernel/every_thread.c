// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/every_thread.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

#include "unit.h"

#define ROUNDS  400
#define THREADS 4

static unsigned nr_runs;

static int count(void *argument)
{
	__atomic_fetch_add(&nr_runs, 1, __ATOMIC_RELAXED);
	return *(const int *)argument;
}

static void *end_at_once(void *argument)
{
	return argument;
}

static void *wait_for_end(void *argument)
{
	while (sem_wait(argument) && errno == EINTR)
		;
	return NULL;
}

static void every_one_runs_it(void **state)
{
	pthread_t threads[THREADS];
	struct err err = { 0 };
	int result = 0;
	sem_t end;

	sem_init(&end, 0, 0);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, wait_for_end, &end), 0);
	nr_runs = 0;
	assert_int_equal(every_thread(count, &result, &err), 0);
	/* A sanitizer may have a thread of its own. */
	assert_true(nr_runs >= THREADS + 1);
	result = -EPERM;
	assert_int_equal(every_thread(count, &result, &err), -EPERM);
	for (unsigned i = 0; i < THREADS; i++)
		sem_post(&end);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	sem_destroy(&end);
}

/* A thread that gets the signal while it ends does not handle it any more. */
static void who_is_ending_does_not_count(void **state)
{
	struct err err = { 0 };
	int result = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		pthread_t threads[THREADS];

		for (unsigned i = 0; i < THREADS; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, end_at_once, NULL), 0);
		if (every_thread(count, &result, &err))
			fail_msg("round %u: %s", round, err.text);
		for (unsigned i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_one_runs_it),
		cmocka_unit_test(who_is_ending_does_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
