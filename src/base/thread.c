// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/thread.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "base/clock.h"

#define AGAIN_MS     10
#define LOCK_POLL_MS 1

static _Thread_local enum thread_kind kind_of_this;

void thread_set_kind(enum thread_kind kind)
{
	kind_of_this = kind;
}

enum thread_kind thread_kind(void)
{
	return kind_of_this;
}

static struct timespec in_ms(clockid_t clock, unsigned ms)
{
	struct timespec at;

	clock_gettime(clock, &at);
	at.tv_sec += ms / 1000;
	at.tv_nsec += (long)(ms % 1000 * NS_PER_MS);
	if (at.tv_nsec >= (long)NS_PER_S) {
		at.tv_sec++;
		at.tv_nsec -= (long)NS_PER_S;
	}
	return at;
}

bool thread_lock_within(pthread_mutex_t *lock, unsigned ms)
{
	const struct timespec pause = { .tv_nsec = LOCK_POLL_MS * (long)NS_PER_MS };

	/* Asking again and again, since ThreadSanitizer does not know pthread_mutex_clocklock(). */
	for (unsigned waited = 0;; waited += LOCK_POLL_MS) {
		if (!pthread_mutex_trylock(lock))
			return true;
		if (waited >= ms)
			return false;
		nanosleep(&pause, NULL);
	}
}

bool thread_wait_within(pthread_cond_t *changed, pthread_mutex_t *lock, unsigned ms)
{
	struct timespec until = in_ms(CLOCK_MONOTONIC, ms);

	return pthread_cond_clockwait(changed, lock, CLOCK_MONOTONIC, &until) != ETIMEDOUT;
}

bool thread_end_is_asked(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigpending(&set);
	return sigismember(&set, SIGTERM) == 1 || sigismember(&set, SIGINT) == 1 ||
	       sigismember(&set, SIGHUP) == 1;
}

void thread_join_by(pthread_t thread, int signal)
{
	struct timespec until;

	do {
		pthread_kill(thread, signal);
		until = in_ms(CLOCK_REALTIME, AGAIN_MS);
	} while (pthread_timedjoin_np(thread, NULL, &until) == ETIMEDOUT);
}
