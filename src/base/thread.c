// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/thread.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "base/clock.h"

#define AGAIN_NS (10 * NS_PER_MS)

static _Thread_local enum thread_kind kind_of_this;

void thread_set_kind(enum thread_kind kind)
{
	kind_of_this = kind;
}

enum thread_kind thread_kind(void)
{
	return kind_of_this;
}

void thread_join_by(pthread_t thread, int signal)
{
	struct timespec until;

	do {
		pthread_kill(thread, signal);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += AGAIN_NS;
		until.tv_sec += until.tv_nsec / (long)NS_PER_S;
		until.tv_nsec %= (long)NS_PER_S;
	} while (pthread_timedjoin_np(thread, NULL, &until) == ETIMEDOUT);
}
