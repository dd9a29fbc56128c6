/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An event loop: one thread waits for files, for timers and for work that other threads post.
 *
 * The caller owns sources, timers and work, and embeds them in the objects that they belong to.
 * Everything here may be called from any thread. Handlers run on the thread that is in loop_run(),
 * and without holding the loop's lock, so they may call everything here, too.
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

/* Handles events until loop_stop(), which may have been called before. */
int loop_run(struct loop *loop, struct err *err);
void loop_stop(struct loop *loop);
/* When loop_stop() was first called, by the loop's clock; 0 before that. */
u64 loop_stopped_at(struct loop *loop);
/* One iteration of loop_run(), which waits at most @timeout_ms for an event (-1: for ever). */
int loop_step(struct loop *loop, int timeout_ms, struct err *err);

/*
 * Returns -EPERM, with no message, for regular files and some devices: these are always ready and
 * cannot be waited for.
 */
int loop_add(struct loop *loop, struct loop_source *source, struct err *err);
/* Changes what @source waits for; with 0 it still gets errors and hang-ups. */
void loop_watch(struct loop *loop, struct loop_source *source, u32 events);
/*
 * Removes a source. When this returns, its handler is not running and will not run again, so the
 * caller may close the file. From a thread other than the loop's, this waits for a running handler,
 * so the caller must hold no lock that the handler takes. A source that was not added is ignored.
 */
void loop_remove(struct loop *loop, struct loop_source *source);

/*
 * (Re)arms @timer for @deadline, in ns of the clock's monotonic time. Neither this nor
 * loop_timer_cancel() stops a handler that is already running: handlers check, under their own
 * lock, whether they are still wanted.
 */
void loop_timer_set(struct loop *loop, struct loop_timer *timer, u64 deadline);
void loop_timer_cancel(struct loop *loop, struct loop_timer *timer);

/* Has @work run on the loop's thread, once for all posts made before it runs. */
void loop_post(struct loop *loop, struct loop_work *work);
/* Cancels a post. As with a timer, a handler that is already running is not stopped. */
void loop_unpost(struct loop *loop, struct loop_work *work);

#endif
