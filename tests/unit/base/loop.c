// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/own.h"
#include "fake.h"
#include "unit.h"

struct bench {
	struct fake_clock clock;
	struct loop loop;
	int pipe[2];
	struct loop_source source;
	struct loop_timer timer[3];
	struct loop_work work;
	unsigned calls;
	char order[8];
};

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct err err = { 0 };

	fake_clock_init(&b->clock, 0);
	assert_int_equal(loop_open(&b->loop, &b->clock.clock, &err), 0);
	assert_int_equal(pipe2(b->pipe, O_CLOEXEC | O_NONBLOCK), 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	loop_close(&b->loop);
	close_fd(&b->pipe[0]);
	close_fd(&b->pipe[1]);
	free(b);
	return 0;
}

static void step(struct bench *b)
{
	struct err err = { 0 };

	assert_int_equal(loop_step(&b->loop, 0, &err), 0);
}

static void count(void *owner, u32 events)
{
	struct bench *b = owner;

	b->calls++;
}

static void add(struct bench *b, u32 events, void (*ready)(void *, u32))
{
	struct err err = { 0 };

	b->source = (struct loop_source){ b->pipe[0], events, ready, b };
	assert_int_equal(loop_add(&b->loop, &b->source, &err), 0);
}

static void a_source_is_told_while_it_is_watched(void **state)
{
	struct bench *b = *state;

	add(b, EPOLLIN, count);
	step(b);
	assert_int_equal(b->calls, 0);
	assert_int_equal(write(b->pipe[1], "x", 1), 1);
	step(b);
	step(b);
	assert_int_equal(b->calls, 2); /* still readable */
	loop_watch(&b->loop, &b->source, 0);
	step(b);
	assert_int_equal(b->calls, 2);
	loop_watch(&b->loop, &b->source, EPOLLIN);
	step(b);
	assert_int_equal(b->calls, 3);
	loop_remove(&b->loop, &b->source);
	loop_remove(&b->loop, &b->source);
	step(b);
	assert_int_equal(b->calls, 3);
}

static void remove_itself(void *owner, u32 events)
{
	struct bench *b = owner;

	b->calls++;
	loop_remove(&b->loop, &b->source);
}

static void a_handler_may_remove_its_source(void **state)
{
	struct bench *b = *state;

	add(b, EPOLLIN, remove_itself);
	assert_int_equal(write(b->pipe[1], "x", 1), 1);
	step(b);
	step(b);
	assert_int_equal(b->calls, 1);
}

static void what_cannot_be_waited_for_is_told_so(void **state)
{
	struct bench *b = *state;
	struct err err = { 0 };
	own_fd int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct loop_source source = { fd, EPOLLIN, count, b };

	assert_int_equal(loop_add(&b->loop, &source, &err), -EPERM);
	assert_int_equal(err.code, 0);
	source.fd = -1;
	assert_int_equal(loop_add(&b->loop, &source, &err), -EBADF);
	assert_int_equal(err.code, EBADF);
	loop_remove(&b->loop, &source);
}

static void note(struct bench *b, char c)
{
	b->order[strlen(b->order)] = c;
}

static void timer_0(void *owner)
{
	note(owner, '0');
}

static void timer_1(void *owner)
{
	note(owner, '1');
}

static void always_late(void *owner)
{
	struct bench *b = owner;

	note(b, 'l');
	loop_timer_set(&b->loop, &b->timer[2], 1);
}

static void timers_run_in_the_order_of_their_deadlines(void **state)
{
	struct bench *b = *state;
	u64 now = b->clock.monotonic;

	b->timer[0] = (struct loop_timer){ timer_0, b };
	b->timer[1] = (struct loop_timer){ timer_1, b };
	loop_timer_set(&b->loop, &b->timer[0], now + 300);
	loop_timer_set(&b->loop, &b->timer[1], now + 200);
	step(b);
	assert_string_equal(b->order, "");
	fake_clock_pass(&b->clock, 200);
	step(b);
	assert_string_equal(b->order, "1");
	fake_clock_pass(&b->clock, 100);
	step(b);
	step(b);
	assert_string_equal(b->order, "10");
}

static void a_timer_moves_and_is_cancelled(void **state)
{
	struct bench *b = *state;
	u64 now = b->clock.monotonic;

	b->timer[0] = (struct loop_timer){ timer_0, b };
	b->timer[1] = (struct loop_timer){ timer_1, b };
	loop_timer_set(&b->loop, &b->timer[0], now + 100);
	loop_timer_set(&b->loop, &b->timer[0], now + 300);
	loop_timer_set(&b->loop, &b->timer[1], now + 100);
	loop_timer_cancel(&b->loop, &b->timer[1]);
	loop_timer_cancel(&b->loop, &b->timer[1]);
	fake_clock_pass(&b->clock, 200);
	step(b);
	assert_string_equal(b->order, "");
	fake_clock_pass(&b->clock, 200);
	step(b);
	assert_string_equal(b->order, "0");
}

static void a_timer_that_is_always_late_leaves_the_loop_alive(void **state)
{
	struct bench *b = *state;

	b->timer[2] = (struct loop_timer){ always_late, b };
	loop_timer_set(&b->loop, &b->timer[2], 1);
	step(b);
	assert_string_equal(b->order, "l");
	step(b);
	assert_string_equal(b->order, "ll");
}

static void work_once(void *owner)
{
	note(owner, 'w');
}

static void work_again(void *owner)
{
	struct bench *b = owner;

	note(b, 'a');
	if (strlen(b->order) < 3)
		loop_post(&b->loop, &b->work);
}

static void work_runs_once_for_many_posts(void **state)
{
	struct bench *b = *state;

	b->work = (struct loop_work){ work_once, b };
	loop_post(&b->loop, &b->work);
	loop_post(&b->loop, &b->work);
	step(b);
	step(b);
	assert_string_equal(b->order, "w");
	loop_post(&b->loop, &b->work);
	loop_unpost(&b->loop, &b->work);
	step(b);
	assert_string_equal(b->order, "w");
}

static void work_may_post_itself(void **state)
{
	struct bench *b = *state;

	b->work = (struct loop_work){ work_again, b };
	loop_post(&b->loop, &b->work);
	step(b);
	assert_string_equal(b->order, "a");
	step(b);
	step(b);
	step(b);
	assert_string_equal(b->order, "aaa");
}

/* With the real clock, a loop that sleeps must be woken by each of these from another thread. */
static void *other_thread(void *arg)
{
	struct bench *b = arg;

	loop_timer_set(&b->loop, &b->timer[0], clock_monotonic(&clock_system) + NS_PER_MS);
	return NULL;
}

static void then_post(void *owner)
{
	struct bench *b = owner;

	note(b, 't');
	loop_post(&b->loop, &b->work);
}

static void then_stop(void *owner)
{
	struct bench *b = owner;

	note(b, 's');
	loop_stop(&b->loop);
}

static void a_sleeping_loop_is_woken(void **state)
{
	struct bench *b = *state;
	struct err err = { 0 };
	pthread_t thread;

	b->loop.clock = &clock_system;
	b->timer[0] = (struct loop_timer){ then_post, b };
	b->work = (struct loop_work){ then_stop, b };
	assert_int_equal(pthread_create(&thread, NULL, other_thread, b), 0);
	assert_int_equal(loop_run(&b->loop, &err), 0);
	pthread_join(thread, NULL);
	assert_string_equal(b->order, "ts");
}

/* Another thread that removes a source must not return while its handler runs. */
struct removal {
	struct bench *b;
	bool in_handler;
};

static void *remover(void *arg)
{
	struct removal *r = arg;

	loop_remove(&r->b->loop, &r->b->source);
	assert_false(__atomic_load_n(&r->in_handler, __ATOMIC_ACQUIRE));
	return NULL;
}

static void slow_handler(void *owner, u32 events)
{
	struct removal *r = owner;

	__atomic_store_n(&r->in_handler, true, __ATOMIC_RELEASE);
	r->b->calls++;
	usleep(20000);
	__atomic_store_n(&r->in_handler, false, __ATOMIC_RELEASE);
}

static void *stepper(void *arg)
{
	step(arg);
	return NULL;
}

static void removal_waits_for_the_handler(void **state)
{
	struct bench *b = *state;
	struct removal r = { b };
	struct err err = { 0 };
	pthread_t loop_thread;

	b->source = (struct loop_source){ b->pipe[0], EPOLLIN, slow_handler, &r };
	assert_int_equal(loop_add(&b->loop, &b->source, &err), 0);
	assert_int_equal(write(b->pipe[1], "x", 1), 1);
	assert_int_equal(pthread_create(&loop_thread, NULL, stepper, b), 0);
	while (!__atomic_load_n(&r.in_handler, __ATOMIC_ACQUIRE))
		usleep(100);
	remover(&r);
	pthread_join(loop_thread, NULL);
	assert_int_equal(b->calls, 1);
	step(b);
	assert_int_equal(b->calls, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_source_is_told_while_it_is_watched),
		TEST(a_handler_may_remove_its_source),
		TEST(what_cannot_be_waited_for_is_told_so),
		TEST(timers_run_in_the_order_of_their_deadlines),
		TEST(a_timer_moves_and_is_cancelled),
		TEST(a_timer_that_is_always_late_leaves_the_loop_alive),
		TEST(work_runs_once_for_many_posts),
		TEST(work_may_post_itself),
		TEST(a_sleeping_loop_is_woken),
		TEST(removal_waits_for_the_handler),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
