/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An event loop: one thread waits for files, timers and work that other threads post.
 *
 * Sources, timers and work are the caller's, embedded in what they belong to. Everything here
 * may be called from any thread; the handlers run on the thread that is in loop_run() and
 * without any lock of the loop, so that they may call everything here, too.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <pthread.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/err.h"

struct loop_source {
	int fd;
	u32 events; /* EPOLLIN, EPOLLOUT; EPOLLERR and EPOLLHUP come unasked */
	void (*ready)(void *owner, u32 events);
	void *owner;

	/* Of the loop: */
	u64 id;
	struct loop_source *next;
};

struct loop_timer {
	/* Runs once for each loop_timer_set(), at or after its deadline. */
	void (*expired)(void *owner);
	void *owner;

	/* Of the loop: */
	u64 deadline;
	bool armed;
	struct loop_timer *next;
};

struct loop_work {
	void (*run)(void *owner);
	void *owner;

	/* Of the loop: */
	bool posted;
	struct loop_work *next;
};

struct loop {
	const struct clock *clock;
	int epoll_fd;
	int timer_fd;
	int wake_fd;
	pthread_mutex_t lock;
	pthread_cond_t handled; /* @current has become NULL */
	struct loop_source *sources;
	u64 last_id;
	struct loop_source *current; /* its handler runs now, on @thread */
	pthread_t thread;
	struct loop_timer *timers; /* by deadline */
	u64 armed_for;             /* what @timer_fd waits for */
	struct loop_work *works;   /* in the order in which they were posted */
	bool stopped;
	u64 stopped_at; /* of loop_stop(); 0 before */
};

int loop_open(struct loop *loop, const struct clock *clock, struct err *err);
void loop_close(struct loop *loop);

/* Handles events until loop_stop(), which may come before. */
int loop_run(struct loop *loop, struct err *err);
void loop_stop(struct loop *loop);
/* When loop_stop() came first, on the loop's clock; 0: it has not. */
u64 loop_stopped_at(struct loop *loop);
/* One round of loop_run(), waiting at most @timeout_ms (-1: without end) for an event. */
int loop_step(struct loop *loop, int timeout_ms, struct err *err);

/* -EPERM, without a message: files and some devices are always ready and cannot be waited for. */
int loop_add(struct loop *loop, struct loop_source *source, struct err *err);
/* Changes what @source waits for; 0 leaves errors and hang-ups. */
void loop_watch(struct loop *loop, struct loop_source *source, u32 events);
/*
 * Afterwards the handler neither runs nor will: the caller may close the file. From another
 * thread the call waits for a handler that runs now, so the caller must hold no lock that the
 * handler takes. A source that was not added is left alone.
 */
void loop_remove(struct loop *loop, struct loop_source *source);

/*
 * (Re)arms @timer for @deadline, in ns of the clock's monotonic time. A handler that already
 * runs is not called back, nor by loop_timer_cancel(): handlers check, under their own lock,
 * whether they are still wanted.
 */
void loop_timer_set(struct loop *loop, struct loop_timer *timer, u64 deadline);
void loop_timer_cancel(struct loop *loop, struct loop_timer *timer);

/* Has @work run on the loop's thread, once for any number of posts until then. */
void loop_post(struct loop *loop, struct loop_work *work);
/* Takes back a post. As with a timer, what runs already is not called back. */
void loop_unpost(struct loop *loop, struct loop_work *work);

#endif
