// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/every_thread.h"

#include <ctype.h>
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/own.h"
#include "base/types.h"

#define ANSWER_SECONDS 5

/* A signal that neither the program nor the C library uses. */
#define SIGNAL (SIGRTMAX - 3)

/*
 * Flags of linux/sched.h for threads that the kernel runs within a process and that take no
 * signals: io_uring's, and from Linux 6.4 on those of vhost and KVM.
 */
#define PF_IO_WORKER   0x10u
#define PF_USER_WORKER 0x4000u

struct round {
	int (*run)(void *argument);
	void *argument;
	int result;
	sem_t answered;
};

/* A signal handler has no argument that could say what to do. */
static struct round *current;

static void on_signal(int signal)
{
	struct round *round = __atomic_load_n(&current, __ATOMIC_ACQUIRE);
	int saved = errno;
	int ret = round ? round->run(round->argument) : 0;

	if (ret)
		__atomic_store_n(&round->result, ret, __ATOMIC_RELAXED);
	if (round)
		sem_post(&round->answered);
	errno = saved;
}

/*
 * Reads the flags, the ninth field of /proc/PID/stat (proc(5)). The second is a name in
 * parentheses.
 */
static bool is_kernels(const char *thread)
{
	char path[64], text[512], *end;
	own_file FILE *f = NULL;
	unsigned flags = 0;
	size_t n;

	snprintf(path, sizeof(path), "/proc/self/task/%.16s/stat", thread);
	f = fopen(path, "re");
	n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[n] = '\0';
	end = strrchr(text, ')');
	if (!end || sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) != 1)
		return true; /* the thread has ended */
	return flags & (PF_IO_WORKER | PF_USER_WORKER);
}

static int ask(struct round *round, int thread)
{
	struct timespec until;

	if (syscall(SYS_tgkill, getpid(), thread, SIGNAL))
		return errno == ESRCH ? 0 : -errno;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ANSWER_SECONDS;
	while (sem_timedwait(&round->answered, &until))
		if (errno != EINTR)
			return -errno;
	return round->result;
}

int every_thread(int (*run)(void *argument), void *argument, struct err *err)
{
	const struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct round round = { .run = run, .argument = argument };
	own_dir DIR *tasks = opendir("/proc/self/task");
	struct sigaction before;
	struct dirent *entry;
	int ret = tasks ? 0 : -errno;

	sem_init(&round.answered, 0, 0);
	__atomic_store_n(&current, &round, __ATOMIC_RELEASE);
	sigaction(SIGNAL, &action, &before);
	while (!ret && (entry = readdir(tasks))) {
		int thread = atoi(entry->d_name);

		if (isdigit((unsigned char)*entry->d_name) && thread != gettid() &&
			!is_kernels(entry->d_name))
			ret = ask(&round, thread);
	}
	/*
	 * The caller comes last: @run may drop the rights that it needs to find and signal the
	 * others.
	 */
	if (!ret)
		ret = run(argument);
	__atomic_store_n(&current, NULL, __ATOMIC_RELEASE);
	sigaction(SIGNAL, &before, NULL);
	sem_destroy(&round.answered);
	return ret ? err_sys(err, -ret, "not every thread can be restricted") : 0;
}
