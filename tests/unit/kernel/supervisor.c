// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a helper can do that gets its files from a supervisor. The helper is this program once more:
 * it tries what is forbidden, and says what was not refused.
 */
#include "kernel/supervisor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/privileges.h"
#include "kept.h"
#include "kernel/confine.h"
#include "unit.h"

#define GIVEN "/no/directory/image" /* what the helper calls the file */
#define TEXT  "what only its owner may read"

static const char *const namespaces[] = { "mnt", "net", "ipc", "uts", "user" };

/* The helper: */

static void __attribute__((noreturn)) give_up(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	fflush(stdout);
	_exit(1);
}

/* A call that fails with one of these errors is refused. */
static void refused(const char *what, long ret, int with)
{
	if (ret >= 0 || errno != with)
		give_up(what);
}

static void check_namespaces(void)
{
	char path[64], own[64] = "";

	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		const char *outer = getenv(namespaces[i]);

		snprintf(path, sizeof(path), "/proc/self/ns/%s", namespaces[i]);
		if (outer && (readlink(path, own, sizeof(own) - 1) < 0 || !strcmp(own, outer)))
			give_up(namespaces[i]);
	}
	if (getenv("pid") && getppid() != 1)
		give_up("it is not alone in a PID namespace");
}

static void while_it_starts(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2] = { 0 };
	const char *path = getenv("REAL");
	char text[64] = "";
	int fd = open(GIVEN, O_RDWR | O_CLOEXEC);

	if (fd < 0 || pread(fd, text, sizeof(text), 0) < 0 || strcmp(text, TEXT))
		give_up("it did not get its file");
	if (pwrite(fd, "W", 1, 0) != 1)
		give_up("it cannot write to its file");
	refused("it opened a file by its real name", open(path, O_RDONLY), EACCES);
	refused("it opened /etc/passwd", open("/etc/passwd", O_RDONLY), EACCES);
	refused("it made a file", open("/tmp/of-a-helper", O_CREAT | O_WRONLY, 0600), EACCES);
	refused("it removed a file", unlink(path), EPERM);
	refused("it changed a mode", chmod(path, 0777), EPERM);
	refused("it made a process", syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL), EPERM);
	refused("it made a ring", syscall(SYS_io_uring_setup, 8, NULL), EPERM);
	if (syscall(SYS_capget, &header, caps) || caps[0].permitted || caps[1].permitted)
		give_up("it has capabilities");
	check_namespaces();
}

static void while_it_serves(void)
{
	const char *const argv[] = { "/bin/true", NULL };

	refused("it opened its file again", open(GIVEN, O_RDWR), ENOSYS);
	refused("it opened a library", open("/usr/bin/true", O_RDONLY), ENOSYS);
	refused("it executed a program", execv(argv[0], (char *const *)argv), ENOSYS);
	refused("it made a socket", socket(AF_INET, SOCK_STREAM, 0), ENOSYS);
	refused("it connected", connect(CHILD_FIRST_FD, NULL, 0), ENOSYS);
	refused("it signalled", kill(-1, 0), EPERM);
}

static void on_term(int signal)
{
	_exit(0);
}

static void __attribute__((noreturn)) helper(const char *how)
{
	char byte = 0;

	signal(SIGTERM, on_term);
	while_it_starts();
	if (write(CHILD_FIRST_FD, "s", 1) != 1 || read(CHILD_FIRST_FD, &byte, 1) != 1)
		give_up("the test has gone");
	while_it_serves();
	if (!strcmp(how, "ptrace"))
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	if (!strcmp(how, "wait")) {
		while (write(CHILD_FIRST_FD, "w", 1) == 1)
			pause();
	}
	_exit(0);
}

/* The test: */

struct bench {
	struct loop loop;
	struct child child;
	struct supervisor supervisor;
	struct confine confine;
	struct supervisor_file file;
	char path[64], how[64];
	int talk;
};

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct err err = { 0 };
	int fd;

	assert_int_equal(loop_open(&b->loop, &clock_system, &err), 0);
	strcpy(b->path, "/tmp/unit-supervisor-XXXXXX");
	fd = mkstemp(b->path);
	assert_true(fd >= 0 && write(fd, TEXT, sizeof(TEXT)) == sizeof(TEXT));
	b->file = (struct supervisor_file){ GIVEN, fd };
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	child_stop(&b->child, 1000);
	supervisor_close(&b->supervisor);
	confine_close(&b->confine);
	close(b->file.fd);
	close(b->talk);
	loop_close(&b->loop);
	unlink(b->path);
	free(b);
	return 0;
}

static void on_end(void *owner, const char *how)
{
	struct bench *b = owner;

	snprintf(b->how, sizeof(b->how), "%s", how);
}

/* Some containers have none, and whoever is in a chroot. */
static bool has_user_namespaces(void)
{
	pid_t pid = fork();
	int status = 0;

	if (!pid)
		_exit(unshare(CLONE_NEWUSER) ? 1 : 0);
	return waitpid(pid, &status, 0) == pid && !status;
}

static void tell_namespaces(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		char path[64], own[64] = "";

		snprintf(path, sizeof(path), "/proc/self/ns/%s", namespaces[i]);
		assert_true(readlink(path, own, sizeof(own) - 1) > 0);
		setenv(namespaces[i], own, 1);
	}
	setenv("pid", "its own", 1);
	if (has_user_namespaces())
		return;
	/* Root makes the others all the same. */
	unsetenv("user");
	for (size_t i = 0; i < ARRAY_SIZE(namespaces) && geteuid(); i++)
		unsetenv(namespaces[i]);
	if (geteuid())
		unsetenv("pid");
}

static void start(struct bench *b, const char *how)
{
	static char self[256];
	const char *const argv[] = { self, "helper", how, NULL };
	int pair[2];
	struct child_config config = {
		.name = "helper",
		.argv = argv,
		.fds = &pair[1],
		.nr_fds = 1,
		.prepare = confine_enter,
		.prepare_argument = &b->confine,
		.own_pids = true,
		.loop = &b->loop,
		.ended = on_end,
		.owner = b,
	};
	/* A sanitizer reads /proc. */
	const struct landlock_rule rules[] = { { self, LANDLOCK_READ | LANDLOCK_EXECUTE },
		{ "/proc", LANDLOCK_READ } };
	struct err err = { 0 };

	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	b->talk = pair[0];
	setenv("REAL", b->path, 1);
	tell_namespaces();
	assert_int_equal(confine_open(&b->confine, rules, ARRAY_SIZE(rules), &err), 0);
	assert_int_equal(supervisor_open(&b->supervisor, &b->file, 1, &err), 0);
	b->confine.is_other = true;
	b->confine.uid = CONFINE_NOBODY;
	b->confine.gid = CONFINE_NOBODY;
	b->confine.isolated = true;
	b->confine.supervisor = &b->supervisor;
	if (child_start(&b->child, &config, &err))
		fail_msg("%s", err.text);
	close(pair[1]);
}

static void step(struct bench *b)
{
	struct err err = { 0 };

	assert_int_equal(loop_step(&b->loop, 20, &err), 0);
}

/* Waits for the helper's byte, or its end. */
static void heard(struct bench *b, char wanted)
{
	char byte = 0;

	for (unsigned n = 0; n < 500 && !*b->how; n++) {
		if (recv(b->talk, &byte, 1, MSG_DONTWAIT) == 1)
			break;
		step(b);
	}
	if (byte != wanted)
		fail_msg("the helper %s: %s", b->how, b->child.said);
}

static void serve(struct bench *b)
{
	heard(b, 's');
	supervisor_close(&b->supervisor);
	assert_int_equal(write(b->talk, "g", 1), 1);
}

static void ends(struct bench *b, const char *how)
{
	for (unsigned n = 0; n < 500 && !*b->how; n++)
		step(b);
	if (strcmp(b->how, how))
		fail_msg("the helper %s, not %s: %s", b->how, how, b->child.said);
}

static void test_refused(void **state)
{
	struct bench *b = *state;
	char text[2] = "";

	if (!landlock_abi())
		skip();
	start(b, "");
	serve(b);
	ends(b, "exited with status 0");
	assert_int_equal(pread(b->file.fd, text, 1, 0), 1);
	assert_string_equal(text, "W");
}

static void test_ptrace(void **state)
{
	struct bench *b = *state;

	if (!landlock_abi())
		skip();
	start(b, "ptrace");
	serve(b);
	ends(b, "was ended by signal 31 (Bad system call)");
}

/* The helper is another user's, and this process may not signal it: the keeper does. */
static void test_keeper(void **state)
{
	struct bench *b = *state;
	pid_t pid;
	u64 from;

	if (!landlock_abi())
		skip();
	start(b, "wait");
	serve(b);
	heard(b, 'w');
	assert_int_equal(privileges_drop(~BIT_ULL(CAP_KILL)), 0);
	pid = kept_by(b->child.pid);
	if (!geteuid())
		assert_int_equal(kill(pid, SIGTERM), -1);
	from = clock_monotonic(&clock_system);
	child_stop(&b->child, 10000);
	assert_true(clock_monotonic(&clock_system) - from < 5000000000);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ptrace, setup, teardown),
		cmocka_unit_test_setup_teardown(test_keeper, setup, teardown),
	};

	if (argc > 2 && !strcmp(argv[1], "helper"))
		helper(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
