// SPDX-License-Identifier: GPL-2.0-or-later
/* No helper outlives its machine: one that is stopped, does not listen, or is another user's. */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "base/privileges.h"
#include "kept.h"
#include "unit.h"

#define NOBODY   65534
#define PATIENCE 300 /* ms, of the keeper */
#define SOON     5000

/* What a helper does before it says that it is ready. */
#define LISTENS "echo ready; exec sleep 1000"
#define IS_DEAF "trap '' TERM; echo ready; while :; do sleep 0.1; done"
#define IS_MANY "sleep 1000 & " LISTENS

struct machine {
	struct loop loop;
	struct child child;
	char how[64];
};

static void on_end(void *owner, const char *how)
{
	struct machine *m = owner;

	snprintf(m->how, sizeof(m->how), "%s", how);
}

/* Root's helper becomes another user. */
static int become_nobody(const void *argument)
{
	if (geteuid())
		return 0;
	return syscall(SYS_setresgid, NOBODY, NOBODY, NOBODY) ||
			       syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY)
		       ? -errno
		       : 0;
}

static int start(struct machine *m, const char *script, bool own_pids)
{
	const char *const argv[] = { "/bin/sh", "-c", script, NULL };
	const struct child_config config = {
		.name = "helper",
		.argv = argv,
		.prepare = become_nobody,
		.own_pids = own_pids,
		.patience = PATIENCE,
		.loop = &m->loop,
		.ended = on_end,
		.owner = m,
	};
	struct err err = { 0 };
	int ret = loop_open(&m->loop, &clock_system, &err);

	if (!ret)
		ret = child_start(&m->child, &config, &err);
	for (unsigned n = 0; !ret && !*m->child.said && n < 500; n++)
		ret = loop_step(&m->loop, 20, &err);
	return ret;
}

/* A descriptor that tells of the helper's end. */
static int watch(pid_t keeper)
{
	int fd = (int)syscall(SYS_pidfd_open, kept_by(keeper), 0);

	assert_true(fd >= 0);
	return fd;
}

static bool ends(int pid_fd, int ms)
{
	struct pollfd end = { .fd = pid_fd, .events = POLLIN };

	return poll(&end, 1, ms) == 1;
}

/* Some helper, stopped or not, in some namespace or not. */
struct kind {
	const char *script;
	bool own_pids, stopped;
};

static const struct kind kinds[] = {
	{ LISTENS, false, false },
	{ LISTENS, false, true },
	{ LISTENS, true, false },
	{ LISTENS, true, true },
	{ IS_DEAF, false, false },
	{ IS_DEAF, false, true },
	{ IS_DEAF, true, false },
	{ IS_DEAF, true, true },
	{ IS_MANY, false, true },
	{ IS_MANY, true, true },
};

/* A machine that may signal nobody any more, with a helper that is ready. */
static int open_machine(struct machine *m, const struct kind *kind, int *helper)
{
	int ret = start(m, kind->script, kind->own_pids);

	if (ret)
		return ret;
	*helper = watch(m->child.pid);
	if (kind->stopped && syscall(SYS_pidfd_send_signal, *helper, SIGSTOP, NULL, 0))
		return -errno;
	return privileges_drop(0);
}

static void machine_is_killed(const struct kind *kind)
{
	own_fd int helper = -1;
	int ready[2], status;
	pid_t machine, keeper;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	machine = fork();
	if (!machine) {
		struct machine m = { 0 };

		if (open_machine(&m, kind, &helper) ||
			write(ready[1], &m.child.pid, sizeof(pid_t)) < 0)
			_exit(1);
		pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &keeper, sizeof(keeper)), sizeof(keeper));
	close(ready[0]);
	helper = watch(keeper);
	kill(machine, SIGKILL);
	assert_int_equal(waitpid(machine, &status, 0), machine);
	assert_true(ends(helper, SOON));
}

static void test_machine_is_killed(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++)
		machine_is_killed(&kinds[i]);
}

/* Returns 0 if the helper is gone when @stop returns, or soon after. */
static int stops(const struct kind *kind, void (*stop)(struct machine *m))
{
	pid_t test = fork();
	int status;

	if (!test) {
		struct machine m = { 0 };
		int helper = -1;

		alarm(20);
		if (open_machine(&m, kind, &helper))
			_exit(1);
		stop(&m);
		_exit(ends(helper, SOON) ? 0 : 2);
	}
	return waitpid(test, &status, 0) == test ? status : -1;
}

static void stop(struct machine *m)
{
	child_stop(&m->child, PATIENCE);
}

static void stop_at_once(struct machine *m)
{
	child_stop(&m->child, 0);
}

static void kill_only(struct machine *m)
{
	struct err err = { 0 };

	child_kill(&m->child);
	for (unsigned n = 0; !*m->how && n < 500; n++)
		loop_step(&m->loop, 20, &err);
	if (strcmp(m->how, "was ended by signal 9 (Killed)"))
		_exit(3);
}

static void test_machine_ends(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
		assert_int_equal(stops(&kinds[i], stop), 0);
		assert_int_equal(stops(&kinds[i], stop_at_once), 0);
		assert_int_equal(stops(&kinds[i], kill_only), 0);
	}
}

/* By another user's hand, or for want of memory. */
static void test_keeper_is_killed(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct machine m = { 0 };
		own_fd int helper = -1;

		assert_int_equal(start(&m, kinds[i].script, kinds[i].own_pids), 0);
		helper = watch(m.child.pid);
		kill(m.child.pid, SIGKILL);
		assert_true(ends(helper, SOON));
		child_stop(&m.child, SOON);
		loop_close(&m.loop);
	}
}

/* The keeper has nothing of the machine's, and can only signal. */
static void test_keeper_has_nothing(void **state)
{
	struct machine m = { 0 };
	char path[64], text[4096] = "";
	FILE *f;

	assert_int_equal(start(&m, LISTENS, true), 0);
	snprintf(path, sizeof(path), "/proc/%d/status", m.child.pid);
	f = fopen(path, "re");
	assert_non_null(f);
	assert_true(fread(text, 1, sizeof(text) - 1, f) > 0);
	fclose(f);
	assert_non_null(strstr(text, "Name:\ttenon-keeper\n"));
	assert_non_null(strstr(text, "NoNewPrivs:\t1\n"));
	/* An ordinary user's has none where the host lets that user make no namespaces. */
	if (geteuid() && strstr(text, "CapEff:\t0000000000000000\n"))
		assert_null(strstr(text, "CapPrm:\t0000000000000020\n"));
	else
		assert_non_null(strstr(text, "CapEff:\t0000000000000020\n"));
	if (!geteuid())
		assert_non_null(strstr(text, "CapBnd:\t0000000000000020\n"));
	for (unsigned fd = 5; fd < 64; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%u", m.child.pid, fd);
		assert_int_equal(access(path, F_OK), -1);
	}
	child_stop(&m.child, SOON);
	loop_close(&m.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_machine_is_killed),
		cmocka_unit_test(test_machine_ends),
		cmocka_unit_test(test_keeper_is_killed),
		cmocka_unit_test(test_keeper_has_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
