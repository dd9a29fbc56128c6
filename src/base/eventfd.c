// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/eventfd.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

/* Interrupts a write that waits. Neither the program nor the C library uses it otherwise. */
#define LATE_SIGNAL (SIGRTMAX - 4)
#define LATE_NS     (2 * NS_PER_MS)

static bool has_room(int fd)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };

	return poll(&room, 1, 0) == 1;
}

void eventfd_signal(int fd)
{
	/* Where the count is full there is a signal already. */
	if (has_room(fd))
		eventfd_write(fd, 1);
}

static void on_late(int signal)
{
}

/*
 * Between the look for room and the write, the other process can fill the counter and make the file
 * one that blocks. A timer then interrupts the write, again and again, in case its first signal
 * comes before the write.
 */
void eventfd_signal_shared(int fd)
{
	const struct sigaction action = { .sa_handler = on_late };
	const struct itimerspec late = { { .tv_nsec = LATE_NS }, { .tv_nsec = LATE_NS } };
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = LATE_SIGNAL };
	timer_t timer;

	if (!has_room(fd))
		return;
	event.sigev_notify_thread_id = gettid();
	sigaction(LATE_SIGNAL, &action, NULL);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer))
		return;
	if (!timer_settime(timer, 0, &late, NULL))
		eventfd_write(fd, 1);
	timer_delete(timer);
}

void eventfd_take(int fd)
{
	struct pollfd signalled = { .fd = fd, .events = POLLIN };
	eventfd_t count;
	struct iovec to = { &count, sizeof(count) };

	/* Older kernels cannot do that with an eventfd: 5.8 is the first that can. */
	if (preadv2(fd, &to, 1, -1, RWF_NOWAIT) < 0 && errno == EOPNOTSUPP &&
		poll(&signalled, 1, 0) == 1)
		eventfd_read(fd, &count);
}
