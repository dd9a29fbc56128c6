// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/own.h"
#include "unit.h"

static struct loop loop;
static struct signals signals;
static int caught[8];
static unsigned nr_caught;

static void on_signal(void *owner, int signal)
{
	assert_ptr_equal(owner, &signals);
	assert_true(nr_caught < ARRAY_SIZE(caught));
	caught[nr_caught++] = signal;
}

static int setup(void **state)
{
	struct err err = { 0 };

	nr_caught = 0;
	assert_int_equal(loop_open(&loop, &clock_system, &err), 0);
	assert_int_equal(signals_open(&signals, &loop, on_signal, &signals, &err), 0);
	return 0;
}

static int teardown(void **state)
{
	signals_close(&signals);
	loop_close(&loop);
	return 0;
}

static void signals_are_events(void **state)
{
	static const int sent[] = { SIGTERM, SIGINT, SIGHUP, SIGCONT };
	struct err err = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(sent); i++) {
		assert_int_equal(kill(getpid(), sent[i]), 0);
		assert_int_equal(loop_step(&loop, 5000, &err), 0);
		assert_int_equal(nr_caught, i + 1);
		assert_int_equal(caught[i], sent[i]);
	}
}

/* As in `tenon run | head`: the write fails, and the machine ends in order. */
static void a_reader_that_leaves_does_not_end_the_process(void **state)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	close_fd(&fds[0]);
	assert_int_equal(write(fds[1], "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	close_fd(&fds[1]);
}

static void what_was_before_comes_back(void **state)
{
	struct sigaction action;
	sigset_t mask;

	signals_close(&signals);
	signals_close(&signals);
	assert_int_equal(sigaction(SIGPIPE, NULL, &action), 0);
	assert_ptr_equal(action.sa_handler, SIG_DFL);
	assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &mask), 0);
	assert_false(sigismember(&mask, SIGTERM));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(signals_are_events),
		TEST(a_reader_that_leaves_does_not_end_the_process),
		TEST(what_was_before_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
