// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/own.h"
#include "kept.h"
#include "unit.h"

struct bench {
	struct loop loop;
	struct child child;
	char how[64];
};

static void on_end(void *owner, const char *how)
{
	struct bench *b = owner;

	snprintf(b->how, sizeof(b->how), "%s", how);
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct err err = { 0 };

	assert_int_equal(loop_open(&b->loop, &clock_system, &err), 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	child_stop(&b->child, 1000);
	assert_null(b->loop.sources);
	loop_close(&b->loop);
	free(b);
	return 0;
}

static int start(struct bench *b, const char *script, const int *fds, unsigned nr_fds)
{
	const char *const argv[] = { "/bin/sh", "-c", script, NULL };
	const struct child_config config = {
		.name = "helper",
		.argv = argv,
		.fds = fds,
		.nr_fds = nr_fds,
		.loop = &b->loop,
		.ended = on_end,
		.owner = b,
	};
	struct err err = { 0 };

	return child_start(&b->child, &config, &err);
}

static void run_until_end(struct bench *b)
{
	struct err err = { 0 };

	for (unsigned n = 0; !*b->how && n < 500; n++)
		assert_int_equal(loop_step(&b->loop, 20, &err), 0);
}

static void test_end_is_told(void **state)
{
	struct bench *b = *state;

	assert_int_equal(start(b, "echo one; printf two; exit 3", NULL, 0), 0);
	run_until_end(b);
	assert_string_equal(b->how, "exited with status 3");
	assert_string_equal(b->child.said, "one; two");
	assert_int_equal(b->child.pid, 0);
}

static void test_files_are_handed_over(void **state)
{
	struct bench *b = *state;
	int first[2], second[2], fds[2];
	char bytes[8] = "";

	assert_int_equal(pipe2(first, O_CLOEXEC), 0);
	assert_int_equal(pipe2(second, O_CLOEXEC), 0);
	fds[0] = second[1];
	fds[1] = first[1];
	/* Only these two, and what every program has. */
	assert_int_equal(start(b, "echo A >&3; echo B >&4; exec ls /proc/self/fd >&4", fds, 2), 0);
	close(first[1]);
	close(second[1]);
	run_until_end(b);
	assert_int_equal(read(second[0], bytes, sizeof(bytes)), 2);
	assert_memory_equal(bytes, "A\n", 2);

	char list[64] = "";

	assert_true(read(first[0], list, sizeof(list) - 1) > 0);
	assert_string_equal(
		list, "B\n0\n1\n2\n3\n4\n5\n"); /* 5 is what ls reads the directory by */
	close(first[0]);
	close(second[0]);
}

static void test_no_program(void **state)
{
	struct bench *b = *state;
	const char *const argv[] = { "/nonexistent/program", NULL };
	const struct child_config config = { .name = "helper", .argv = argv, .loop = &b->loop };
	struct err err = { 0 };

	assert_int_equal(child_start(&b->child, &config, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent/program: No such file"));
}

static void test_explain(void **state)
{
	struct bench *b = *state;
	struct err err = { 0 };

	assert_int_equal(start(b, "echo it is locked >&2; echo by whom? >&2; exit 1", NULL, 0), 0);
	err_set(&err, ECONNRESET, "no answer");
	assert_int_equal(child_explain(&b->child, &err), -ECONNRESET);
	assert_string_equal(err.text, "helper exited with status 1");
	assert_string_equal(err.help, "It said: it is locked; by whom?");
}

static void test_explain_of_one_that_runs(void **state)
{
	struct bench *b = *state;
	struct err err = { 0 };

	assert_int_equal(start(b, "exec sleep 100", NULL, 0), 0);
	err_set(&err, ETIMEDOUT, "no answer");
	child_explain(&b->child, &err);
	assert_string_equal(err.text, "helper runs, but does not answer: no answer");
	assert_string_equal(err.help, "");
}

static void test_stop(void **state)
{
	struct bench *b = *state;
	pid_t pid;

	assert_int_equal(start(b, "exec sleep 100", NULL, 0), 0);
	pid = b->child.pid;
	child_stop(&b->child, 5000);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
	/* Asked for, so nobody is told. */
	assert_string_equal(b->how, "");
}

static void test_stop_of_one_that_does_not_listen(void **state)
{
	struct bench *b = *state;
	pid_t pid;

	assert_int_equal(
		start(b, "trap '' TERM; echo ready; while :; do sleep 1; done", NULL, 0), 0);
	for (unsigned n = 0; !*b->child.said && n < 500; n++) {
		struct err err = { 0 };

		loop_step(&b->loop, 20, &err);
	}
	pid = b->child.pid;
	child_stop(&b->child, 50);
	assert_int_equal(kill(pid, 0), -1);
}

/*
 * Orders to kill it come when it has just ended by itself, and the keeper does not read them all:
 * how it ended is told nevertheless.
 */
static void test_killed_at_its_end(void **state)
{
	struct bench *b = *state;
	pid_t keeper, helper;

	assert_int_equal(start(b, "exec sleep 1000", NULL, 0), 0);
	keeper = b->child.pid;
	helper = kept_by(keeper);
	assert_int_equal(kill(keeper, SIGSTOP), 0);
	assert_int_equal(kill(helper, SIGTERM), 0);
	for (unsigned i = 0; i < 2; i++)
		child_kill(&b->child);
	assert_int_equal(kill(keeper, SIGCONT), 0);
	run_until_end(b);
	assert_string_equal(b->how, "was ended by signal 15 (Terminated)");
}

static void test_long_and_odd_output(void **state)
{
	struct bench *b = *state;

	assert_int_equal(
		start(b, "printf 'a\\033[2Jb\\n'; head -c 3000 /dev/zero | tr '\\0' x", NULL, 0),
		0);
	run_until_end(b);
	assert_int_equal(strlen(b->child.said), sizeof(b->child.said) - 1);
	assert_memory_equal(b->child.said, "a [2Jb; xxx", 11);
}

/* A program that does not end is given its time, but not when the user signals again. */
static void test_stop_is_cut_short(void **state)
{
	struct bench *b = *state;
	u64 begun = clock_monotonic(&clock_system);
	sigset_t set, before;
	int taken;

	assert_int_equal(
		start(b, "trap '' TERM; echo ready; while :; do sleep 1; done", NULL, 0), 0);
	usleep(200000);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, &before);
	raise(SIGTERM);
	child_stop(&b->child, 30000);
	assert_true(clock_monotonic(&clock_system) - begun < 5 * NS_PER_S);
	sigwait(&set, &taken);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void test_find(void **state)
{
	const char *const by_path[] = { "/nonexistent", "/bin/sh", NULL };
	const char *const by_name[] = { "no-such-program", "sh", NULL };
	const char *const none[] = { "no-such-program", "/etc/passwd", "/etc", NULL };
	char path[64];

	assert_int_equal(child_find(by_path, path, sizeof(path)), 0);
	assert_non_null(strstr(path, "sh"));
	assert_true(path[0] == '/');
	assert_int_equal(child_find(by_name, path, sizeof(path)), 0);
	assert_non_null(strstr(path, "sh"));
	assert_int_equal(child_find(none, path, sizeof(path)), -ENOENT);
	assert_int_equal(child_find(by_path, path, 4), -ENOENT);
}

static void test_listener(void **state)
{
	int listener, connection, accepted;
	struct err err = { 0 };
	char byte;

	assert_int_equal(child_listener(&listener, &connection, 1, &err), 0);
	assert_int_equal(write(connection, "x", 1), 1);
	accepted = accept(listener, NULL, NULL);
	assert_true(accepted >= 0);
	assert_int_equal(read(accepted, &byte, 1), 1);
	assert_int_equal(byte, 'x');
	close(accepted);
	close(listener);
	close(connection);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_end_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_files_are_handed_over, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_program, setup, teardown),
		cmocka_unit_test_setup_teardown(test_explain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_explain_of_one_that_runs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stop, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_stop_of_one_that_does_not_listen, setup, teardown),
		cmocka_unit_test_setup_teardown(test_killed_at_its_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_and_odd_output, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stop_is_cut_short, setup, teardown),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_listener),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
