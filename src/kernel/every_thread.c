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

#include "base/clock.h"
#include "base/own.h"
#include "kernel/process.h"

#define ANSWER_MS 5000
#define LOOK_MS   10 /* between two looks whether it is still there */

/* A signal that neither the program nor the C library uses. */
#define SIGNAL (SIGRTMAX - 3)

/*
 * Flags of linux/sched.h for threads that take no signals: those that end, and those that the
 * kernel runs within a process: io_uring's, and from Linux 6.4 on those of vhost and KVM.
 */
#define PF_EXITING     0x4u
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

/* Whether it is there and runs this program. */
static bool takes_signals(int thread)
{
	char path[64], text[1024];
	struct process_stat stat;
	own_file FILE *f = NULL;
	size_t n;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", thread);
	f = fopen(path, "re");
	n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[n] = '\0';
	return process_parse_stat(text, &stat) &&
	       !(stat.flags & (PF_EXITING | PF_IO_WORKER | PF_USER_WORKER));
}

/* Waits for an answer. Returns 0, or -ETIMEDOUT. */
static int await_answer(struct round *round, long ms)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += ms * NS_PER_MS;
	until.tv_sec += until.tv_nsec / NS_PER_S;
	until.tv_nsec %= NS_PER_S;
	while (sem_timedwait(&round->answered, &until))
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* A thread that ends may have answered before, or have the signal and not handle it any more. */
static int ask(struct round *round, int thread)
{
	if (syscall(SYS_tgkill, getpid(), thread, SIGNAL))
		return errno == ESRCH ? 0 : -errno;
	for (unsigned ms = 0; await_answer(round, LOOK_MS); ms += LOOK_MS) {
		if (!takes_signals(thread)) {
			sem_trywait(&round->answered);
			break;
		}
		if (ms >= ANSWER_MS)
			return -ETIMEDOUT;
	}
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
			takes_signals(thread))
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
