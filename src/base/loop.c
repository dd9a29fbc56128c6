// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/loop.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include "base/own.h"

#define EVENTS_PER_STEP 16

#define LOOP_NO_DEADLINE (~0ull)

enum { ID_TIMER, ID_WAKE, ID_FIRST };

static int watch_own(struct loop *loop, int fd, u64 id)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = id };

	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

int loop_open(struct loop *loop, const struct clock *clock, struct err *err)
{
	*loop = (struct loop){ .clock = clock, .last_id = ID_FIRST, .armed_for = LOOP_NO_DEADLINE };
	pthread_mutex_init(&loop->lock, NULL);
	pthread_cond_init(&loop->handled, NULL);
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->epoll_fd < 0 || loop->timer_fd < 0 || loop->wake_fd < 0 ||
		watch_own(loop, loop->timer_fd, ID_TIMER) ||
		watch_own(loop, loop->wake_fd, ID_WAKE)) {
		int code = errno;

		loop_close(loop);
		return err_sys(err, code, "cannot set up the event loop");
	}
	return 0;
}

void loop_close(struct loop *loop)
{
	if (!loop->clock)
		return;
	close_fd(&loop->epoll_fd);
	close_fd(&loop->timer_fd);
	close_fd(&loop->wake_fd);
	pthread_cond_destroy(&loop->handled);
	pthread_mutex_destroy(&loop->lock);
	loop->clock = NULL;
}

static void wake(struct loop *loop)
{
	/* EAGAIN would mean that 2^64 - 1 wake-ups are already pending. */
	if (eventfd_write(loop->wake_fd, 1))
		return;
}

void loop_stop(struct loop *loop)
{
	pthread_mutex_lock(&loop->lock);
	loop->stopped = true;
	if (!loop->stopped_at)
		loop->stopped_at = clock_monotonic(loop->clock) | 1;
	pthread_mutex_unlock(&loop->lock);
	wake(loop);
}

u64 loop_stopped_at(struct loop *loop)
{
	u64 at;

	pthread_mutex_lock(&loop->lock);
	at = loop->stopped_at;
	pthread_mutex_unlock(&loop->lock);
	return at;
}

static struct loop_source **source_place(struct loop *loop, u64 id)
{
	struct loop_source **place = &loop->sources;

	while (*place && (*place)->id != id)
		place = &(*place)->next;
	return place;
}

int loop_add(struct loop *loop, struct loop_source *source, struct err *err)
{
	struct epoll_event event = { .events = source->events };
	int ret = 0;

	pthread_mutex_lock(&loop->lock);
	source->id = ++loop->last_id;
	event.data.u64 = source->id;
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, source->fd, &event)) {
		source->id = 0;
		ret = errno == EPERM ? -EPERM
				     : err_sys(err, errno, "cannot wait for file %d", source->fd);
	} else {
		source->next = loop->sources;
		loop->sources = source;
	}
	pthread_mutex_unlock(&loop->lock);
	return ret;
}

void loop_watch(struct loop *loop, struct loop_source *source, u32 events)
{
	struct epoll_event event = { .events = events };

	pthread_mutex_lock(&loop->lock);
	if (source->id && source->events != events) {
		event.data.u64 = source->id;
		source->events = events;
		epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, source->fd, &event);
	}
	pthread_mutex_unlock(&loop->lock);
}

void loop_remove(struct loop *loop, struct loop_source *source)
{
	struct loop_source **place;

	pthread_mutex_lock(&loop->lock);
	place = source_place(loop, source->id);
	if (source->id && *place) {
		*place = source->next;
		epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
	}
	source->id = 0;
	while (loop->current == source && !pthread_equal(loop->thread, pthread_self()))
		pthread_cond_wait(&loop->handled, &loop->lock);
	pthread_mutex_unlock(&loop->lock);
}

/*
 * Most guest accesses make a device set its timer to the deadline that it had: skip the system
 * call.
 */
static void arm(struct loop *loop)
{
	struct itimerspec when = { 0 };
	u64 deadline = loop->timers ? loop->timers->deadline : LOOP_NO_DEADLINE;

	if (deadline == loop->armed_for)
		return;
	loop->armed_for = deadline;
	if (deadline != LOOP_NO_DEADLINE) {
		when.it_value.tv_sec = deadline / NS_PER_S;
		/* Zero would disarm it. */
		when.it_value.tv_nsec = (deadline % NS_PER_S) | 1;
	}
	timerfd_settime(loop->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void unlink_timer(struct loop *loop, struct loop_timer *timer)
{
	struct loop_timer **place = &loop->timers;

	if (!timer->armed)
		return;
	while (*place != timer)
		place = &(*place)->next;
	*place = timer->next;
	timer->armed = false;
}

void loop_timer_set(struct loop *loop, struct loop_timer *timer, u64 deadline)
{
	struct loop_timer **place = &loop->timers;

	pthread_mutex_lock(&loop->lock);
	unlink_timer(loop, timer);
	while (*place && (*place)->deadline <= deadline)
		place = &(*place)->next;
	timer->deadline = deadline;
	timer->armed = true;
	timer->next = *place;
	*place = timer;
	arm(loop);
	pthread_mutex_unlock(&loop->lock);
}

void loop_timer_cancel(struct loop *loop, struct loop_timer *timer)
{
	pthread_mutex_lock(&loop->lock);
	if (timer->armed) {
		unlink_timer(loop, timer);
		arm(loop);
	}
	pthread_mutex_unlock(&loop->lock);
}

void loop_post(struct loop *loop, struct loop_work *work)
{
	struct loop_work **place = &loop->works;

	pthread_mutex_lock(&loop->lock);
	if (!work->posted) {
		while (*place)
			place = &(*place)->next;
		work->posted = true;
		work->next = NULL;
		*place = work;
	}
	pthread_mutex_unlock(&loop->lock);
	wake(loop);
}

void loop_unpost(struct loop *loop, struct loop_work *work)
{
	struct loop_work **place = &loop->works;

	pthread_mutex_lock(&loop->lock);
	while (*place && *place != work)
		place = &(*place)->next;
	if (*place)
		*place = work->next;
	work->posted = false;
	pthread_mutex_unlock(&loop->lock);
}

static void handle_source(struct loop *loop, u64 id, u32 events)
{
	struct loop_source *source;

	pthread_mutex_lock(&loop->lock);
	source = *source_place(loop, id);
	loop->current = source;
	loop->thread = pthread_self();
	pthread_mutex_unlock(&loop->lock);
	if (!source)
		return;
	source->ready(source->owner, events);
	pthread_mutex_lock(&loop->lock);
	loop->current = NULL;
	pthread_cond_broadcast(&loop->handled);
	pthread_mutex_unlock(&loop->lock);
}

static void run_timers(struct loop *loop)
{
	u64 now = clock_monotonic(loop->clock);
	unsigned armed = 0;

	pthread_mutex_lock(&loop->lock);
	for (struct loop_timer *t = loop->timers; t; t = t->next)
		armed++;
	/*
	 * Run no more than are armed now, or a timer that is always late would keep the loop here.
	 */
	while (armed-- && loop->timers && loop->timers->deadline <= now) {
		struct loop_timer *timer = loop->timers;

		unlink_timer(loop, timer);
		loop->armed_for = LOOP_NO_DEADLINE;
		pthread_mutex_unlock(&loop->lock);
		timer->expired(timer->owner);
		pthread_mutex_lock(&loop->lock);
	}
	arm(loop);
	pthread_mutex_unlock(&loop->lock);
}

static void run_works(struct loop *loop)
{
	unsigned posted = 0;

	pthread_mutex_lock(&loop->lock);
	for (struct loop_work *w = loop->works; w; w = w->next)
		posted++;
	/* Work that is posted from here on waits for the next iteration. */
	while (posted-- && loop->works) {
		struct loop_work *work = loop->works;

		loop->works = work->next;
		work->posted = false;
		pthread_mutex_unlock(&loop->lock);
		work->run(work->owner);
		pthread_mutex_lock(&loop->lock);
	}
	pthread_mutex_unlock(&loop->lock);
}

int loop_step(struct loop *loop, int timeout_ms, struct err *err)
{
	struct epoll_event events[EVENTS_PER_STEP];
	int n;

	n = epoll_wait(loop->epoll_fd, events, EVENTS_PER_STEP, timeout_ms);
	if (n < 0 && errno != EINTR)
		return err_sys(err, errno, "cannot wait for events");
	for (int i = 0; i < n; i++) {
		u64 id = events[i].data.u64, count;

		if (id >= ID_FIRST)
			handle_source(loop, id, events[i].events);
		else if (read(id == ID_TIMER ? loop->timer_fd : loop->wake_fd, &count, 8) < 0)
			continue; /* rearmed in between */
	}
	run_timers(loop);
	run_works(loop);
	return 0;
}

static bool is_stopped(struct loop *loop)
{
	bool stopped;

	pthread_mutex_lock(&loop->lock);
	stopped = loop->stopped;
	pthread_mutex_unlock(&loop->lock);
	return stopped;
}

int loop_run(struct loop *loop, struct err *err)
{
	int ret = 0;

	while (!ret && !is_stopped(loop))
		ret = loop_step(loop, -1, err);
	return ret;
}
