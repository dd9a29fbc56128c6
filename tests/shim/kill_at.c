// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LD_PRELOAD=kill-at.so KILL_AT=N PROGRAM: the program and its children die by SIGKILL instead of
 * their N-th call that would change something on disk or in the kernel: write(), pwrite(), fsync()
 * and the like. They count together; standard output and error do not count, nor do programs
 * that are executed. KILL_COUNT=FILE: how many calls there were, once it has come to its end.
 */
/* pwrite() and pwrite64() are two functions, and programs call either. */
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

static _Atomic int *calls;
static int kill_at;
static pid_t first;
static char *count_file;

__attribute__((constructor)) static void start(void)
{
	const char *at = getenv("KILL_AT");

	calls = mmap(
		NULL, sizeof(*calls), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (calls == MAP_FAILED)
		abort();
	kill_at = at ? atoi(at) : 0;
	count_file = getenv("KILL_COUNT");
	first = getpid();
	unsetenv("LD_PRELOAD");
}

__attribute__((destructor)) static void end(void)
{
	FILE *f = count_file && getpid() == first ? fopen(count_file, "w") : NULL;

	if (!f)
		return;
	fprintf(f, "%d\n", *calls);
	fclose(f);
}

static void count(int fd)
{
	if ((fd >= 0 && fd <= 2) || atomic_fetch_add(calls, 1) + 1 != kill_at)
		return;
	kill(first, SIGKILL);
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

#define BETWEEN(type, name, parameters, arguments, fd)               \
	__attribute__((visibility("default"))) type name parameters; \
	type name parameters                                         \
	{                                                            \
		type(*next) parameters = dlsym(RTLD_NEXT, #name);    \
		count(fd);                                           \
		return next arguments;                               \
	}

BETWEEN(ssize_t, write, (int fd, const void *b, size_t n), (fd, b, n), fd)
BETWEEN(ssize_t, pwrite, (int fd, const void *b, size_t n, off_t at), (fd, b, n, at), fd)
BETWEEN(ssize_t, pwrite64, (int fd, const void *b, size_t n, off_t at), (fd, b, n, at), fd)
BETWEEN(int, fsync, (int fd), (fd), fd)
BETWEEN(int, fdatasync, (int fd), (fd), fd)
BETWEEN(int, ftruncate, (int fd, off_t n), (fd, n), fd)
BETWEEN(int, ftruncate64, (int fd, off_t n), (fd, n), fd)
BETWEEN(int, unlinkat, (int fd, const char *p, int f), (fd, p, f), -1)
BETWEEN(int, mkdirat, (int fd, const char *p, mode_t m), (fd, p, m), -1)
BETWEEN(int, renameat, (int a, const char *p, int b, const char *q), (a, p, b, q), -1)
BETWEEN(int, renameat2, (int a, const char *p, int b, const char *q, unsigned f), (a, p, b, q, f),
	-1)
