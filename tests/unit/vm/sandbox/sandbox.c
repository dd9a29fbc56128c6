// SPDX-License-Identifier: GPL-2.0-or-later
/* What a machine that has been taken over still can do: each thing in a process of its own. */
#include "vm/sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/thread.h"
#include "kernel/account.h"
#include "kernel/landlock.h"
#include "unit.h"
#include "vm/sandbox/calls.h"
#include "vm/sandbox/helpers.h"

#define FINE 77 /* of a child that was to fail and did not */

static const struct sandbox_config usual = { .mode = SANDBOX_ON };

static bool has_landlock(void)
{
	return landlock_abi() > 0;
}

/* The wait status of a child that runs @attempt in the sandbox; it exits with what that returns. */
static int confined(const struct sandbox_config *config, int (*attempt)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		struct err err = { 0 };

		alarm(10);
		if (!freopen("/dev/null", "w", stderr) || sandbox_enter(config, &err))
			_exit(99);
		_exit(attempt());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int errno_or_fine(long ret)
{
	return ret < 0 ? errno : FINE;
}

static int try_open_outside(void)
{
	return errno_or_fine(open("/etc/passwd", O_RDONLY));
}

static int try_write_outside(void)
{
	return errno_or_fine(open("/usr/lib/os-release", O_WRONLY));
}

static int try_make_outside(void)
{
	return errno_or_fine(open("/tmp/unit-sandbox-made", O_WRONLY | O_CREAT, 0600));
}

static int try_unlink_outside(void)
{
	return errno_or_fine(unlink("/tmp/unit-sandbox-there"));
}

static int try_open_disk(void)
{
	return errno_or_fine(open("/dev/kvm", O_RDWR));
}

static int try_socket(void)
{
	return errno_or_fine(socket(AF_INET, SOCK_STREAM, 0));
}

static int try_connect(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = 1 };

	return errno_or_fine(connect(0, (struct sockaddr *)&to, sizeof(to)));
}

/* Newer C libraries block all signals in fork(), so that a call that is refused ends the process.
 */
static int try_fork(void)
{
	long pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

	if (!pid)
		_exit(0);
	return errno_or_fine(pid);
}

static int try_uring(void)
{
	return errno_or_fine(syscall(SYS_io_uring_setup, 8, NULL));
}

static int try_chmod(void)
{
	return errno_or_fine(chmod("/tmp", 0777));
}

static const struct {
	const char *what;
	int (*attempt)(void);
	int code;
	bool landlock; /* it is what refuses */
} refused[] = {
	{ "open a file", try_open_outside, EACCES, true },
	{ "open a file for writing", try_write_outside, EACCES, true },
	{ "make a file", try_make_outside, EACCES, true },
	{ "remove a file", try_unlink_outside, EACCES, true },
	{ "open a device", try_open_disk, EACCES, true },
	{ "make a socket", try_socket, EPERM, false },
	{ "connect", try_connect, EPERM, false },
	{ "make a process", try_fork, EPERM, false },
	{ "make an io_uring", try_uring, EPERM, false },
	{ "change a mode", try_chmod, EPERM, false },
};

static void test_refused(void **state)
{
	int fd = open("/tmp/unit-sandbox-there", O_WRONLY | O_CREAT, 0600);

	close(fd);
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		int status;

		if (refused[i].landlock && !has_landlock())
			continue;
		status = confined(&usual, refused[i].attempt);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != refused[i].code)
			fail_msg("to %s: status 0x%x", refused[i].what, status);
	}
	unlink("/tmp/unit-sandbox-there");
}

static int try_exec(void)
{
	const char *argv[] = { "/bin/true", NULL };

	execv(argv[0], (char **)argv);
	return FINE;
}

static int try_ptrace(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	return FINE;
}

static int try_mount(void)
{
	mount("none", "/mnt", "tmpfs", 0, NULL);
	return FINE;
}

static int try_bpf(void)
{
	syscall(SYS_bpf, 0, NULL, 0);
	return FINE;
}

static int try_keyctl(void)
{
	syscall(SYS_keyctl, 0, 0, 0, 0, 0);
	return FINE;
}

static int try_module(void)
{
	syscall(SYS_init_module, NULL, 0, "");
	return FINE;
}

static int try_unshare(void)
{
	unshare(CLONE_NEWUSER);
	return FINE;
}

static int try_root(void)
{
	syscall(SYS_setuid, 0);
	return FINE;
}

static int try_memory(void)
{
	syscall(SYS_process_vm_readv, getpid(), NULL, 0, NULL, 0, 0);
	return FINE;
}

static void test_fatal(void **state)
{
	static int (*const attempts[])(void) = { try_exec, try_ptrace, try_mount, try_bpf,
		try_keyctl, try_module, try_unshare, try_root, try_memory };

	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
		int status = confined(&usual, attempts[i]);

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("attempt %zu: status 0x%x", i, status);
	}
}

static void *one_more(void *arg)
{
	void *p = malloc(4 * MIB);

	memset(p, 1, 4 * MIB);
	free(p);
	return arg;
}

/* What a machine does all the time. */
static int work(void)
{
	pthread_t thread;
	int fd = eventfd(0, EFD_NONBLOCK);
	void *memory = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (fd < 0 || memory == MAP_FAILED || eventfd_write(fd, 1))
		return 1;
	if (pthread_create(&thread, NULL, one_more, NULL) || pthread_join(thread, NULL))
		return 2;
	if (open("/sys/devices/system/cpu/online", O_RDONLY) < 0)
		return 3;
	return access("/usr", R_OK) ? 4 : 0;
}

static void test_work_goes_on(void **state)
{
	int status = confined(&usual, work);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int read_status(const char *key, unsigned long long *value)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	int found = -1;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)))
			found = sscanf(line + strlen(key), " %llx", value) == 1 ? 0 : -1;
	if (f)
		fclose(f);
	return found;
}

static int has_nothing(void)
{
	static const char *const keys[] = { "CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:" };
	unsigned long long value = 0;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (read_status(keys[i], &value) || (value && (i != 3 || !geteuid())))
			return 10 + (int)i;
	if (read_status("NoNewPrivs:", &value) || value != 1)
		return 2;
	return read_status("Seccomp:", &value) || value != 2 ? 3 : 0;
}

static void test_no_capabilities(void **state)
{
	int status = confined(&usual, has_nothing);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int is_nobody(void)
{
	uid_t real, effective, saved;

	if (getresuid(&real, &effective, &saved))
		return errno;
	return real == 65534 && effective == 65534 && saved == 65534 ? 0 : 1;
}

static void test_user(void **state)
{
	const struct sandbox_config config = { .mode = SANDBOX_ON, .user = "nobody" };
	const struct sandbox_config unknown = { .mode = SANDBOX_ON, .user = "no-such-user" };
	int status;

	if (geteuid())
		skip();
	status = confined(&config, is_nobody);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	status = confined(&unknown, is_nobody);
	assert_int_equal(WEXITSTATUS(status), 99);
}

/* Threads that were there before: each has what its kind has, and none more. */
static struct {
	sem_t ready, go;
	int opened, ioctled, socketed;
} shared;

static void *early(void *arg)
{
	thread_set_kind(THREAD_DISK);
	sem_post(&shared.ready);
	while (sem_wait(&shared.go))
		;
	shared.opened = open("/etc/passwd", O_RDONLY) < 0 ? errno : FINE;
	shared.ioctled = ioctl(0, 0x1234, 0) < 0 ? errno : FINE;
	shared.socketed = socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? errno : FINE;
	return NULL;
}

static void test_early_threads(void **state)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		struct err err = { 0 };
		pthread_t thread;

		alarm(10);
		if (!freopen("/dev/null", "w", stderr))
			_exit(98);
		sem_init(&shared.ready, 0, 0);
		sem_init(&shared.go, 0, 0);
		pthread_create(&thread, NULL, early, NULL);
		while (sem_wait(&shared.ready))
			;
		if (sandbox_enter(&usual, &err))
			_exit(99);
		sem_post(&shared.go);
		pthread_join(thread, NULL);
		/* A disk's thread opens nothing at all. */
		_exit(shared.opened == EPERM && shared.ioctled == EPERM && shared.socketed == EPERM
				? 0
				: 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_off(void **state)
{
	const struct sandbox_config off = { .mode = SANDBOX_OFF }, log = { .mode = SANDBOX_LOG };
	int status = confined(&off, try_open_outside);

	assert_int_equal(WEXITSTATUS(status), FINE);
	status = confined(&log, try_socket);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), FINE);
}

/* A kind has room for its calls, and none of them is fatal. */
static void test_lists(void **state)
{
	for (unsigned kind = 0; kind < NR_THREAD_KINDS; kind++) {
		const char *names[SANDBOX_MAX_CALLS];
		unsigned nr = sandbox_calls_of(kind, names);

		assert_in_range(nr, 40, SANDBOX_MAX_CALLS - 2);
		assert_null(names[nr]);
		for (const char *const *fatal = sandbox_fatal_calls; *fatal; fatal++)
			for (unsigned i = 0; i < nr; i++)
				assert_string_not_equal(names[i], *fatal);
	}
}

/* A helper that nobody has confined: strict does not go on with it. */
static void test_helper(void **state)
{
	struct err err = { 0 };
	pid_t pid = fork();

	if (!pid) {
		for (;;)
			pause();
	}
	assert_int_equal(helpers_hold(false, &err), 0);
	assert_int_equal(helpers_hold(true, &err), -EPERM);
	assert_non_null(strstr(err.text, "no filter of system calls"));
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(helpers_hold(true, &err), 0);
}

static int try_nothing(void)
{
	return 0;
}

/* A machine that nobody told to be root is not root in strict mode. */
static void test_strict_is_not_root(void **state)
{
	static const struct sandbox_config strict = { .mode = SANDBOX_STRICT };
	static const struct sandbox_config as_root = { .mode = SANDBOX_STRICT, .user = "root" };
	struct account account;
	struct err err = { 0 };
	int status;

	assert_int_equal(account_choose(&account, NULL, &err), 0);
	if (geteuid() || account.changes || !has_landlock())
		skip();
	status = confined(&strict, try_nothing);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 99);
	status = confined(&as_root, try_nothing);
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_fatal),
		cmocka_unit_test(test_work_goes_on),
		cmocka_unit_test(test_no_capabilities),
		cmocka_unit_test(test_user),
		cmocka_unit_test(test_early_threads),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_helper),
		cmocka_unit_test(test_strict_is_not_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
