// SPDX-License-Identifier: GPL-2.0-or-later
/* Against a logind that this test plays, at the other end of a socket and in a thread of its own.
 */
#include "vm/logind/logind.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

#define PATH      "/org/freedesktop/login1"
#define INTERFACE "org.freedesktop.login1.Manager"

struct bench {
	struct loop loop;
	struct logind logind;
	unsigned sleeping, awake;
	pthread_t thread;
	sd_bus *bus;
	pthread_mutex_t lock; /* guards the members below */
	bool refuses, silent, stop, prepare, prepare_for;
	char asked[200]; /* the last request's arguments */
	int lock_file;   /* logind's end of the lock that was given last */
	unsigned locks;
};

static int give_lock(struct bench *b, sd_bus_message *request)
{
	const char *what, *who, *why, *mode;
	int ends[2], ret;

	assert_true(sd_bus_message_read(request, "ssss", &what, &who, &why, &mode) >= 0);
	snprintf(b->asked, sizeof(b->asked), "%s %s %s: %s", what, mode, who, why);
	if (b->silent)
		return 1;
	if (b->refuses)
		return sd_bus_reply_method_errorf(
			request, "org.freedesktop.DBus.Error.AccessDenied", "Permission denied");
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	/* As a bus sends NameAcquired: read while the answer is waited for, and handled later. */
	sd_bus_emit_signal(b->bus, PATH, INTERFACE, "UserNew", "u", 1000);
	ret = sd_bus_reply_method_return(request, "h", ends[1]);
	close(ends[1]);
	if (b->lock_file >= 0)
		close(b->lock_file);
	b->lock_file = ends[0];
	b->locks++;
	return ret;
}

static int on_message(sd_bus_message *message, void *owner, sd_bus_error *error)
{
	if (!sd_bus_message_is_method_call(message, INTERFACE, "Inhibit"))
		return 0;
	return give_lock(owner, message);
}

static void *play(void *owner)
{
	struct bench *b = owner;

	for (;;) {
		struct pollfd file = { .fd = sd_bus_get_fd(b->bus), .events = POLLIN };
		bool stop;
		int ret;

		pthread_mutex_lock(&b->lock);
		do
			ret = sd_bus_process(b->bus, NULL);
		while (ret > 0);
		if (ret >= 0 && b->prepare)
			sd_bus_emit_signal(b->bus, PATH, INTERFACE, "PrepareForSleep", "b",
				(int)b->prepare_for);
		b->prepare = false;
		stop = b->stop || ret < 0;
		pthread_mutex_unlock(&b->lock);
		if (stop)
			return NULL;
		poll(&file, 1, 5);
	}
}

static void on_sleeping(void *owner)
{
	((struct bench *)owner)->sleeping++;
}

static void on_awake(void *owner)
{
	((struct bench *)owner)->awake++;
}

static const struct logind_ops ops = { on_sleeping, on_awake };

static int open_it(struct bench *b, enum logind_lock kind, struct err *err)
{
	int ends[2];
	sd_id128_t id = { { 1 } };

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
	assert_true(sd_bus_new(&b->bus) >= 0);
	assert_true(sd_bus_set_fd(b->bus, ends[1], ends[1]) >= 0);
	assert_true(sd_bus_set_server(b->bus, 1, id) >= 0);
	assert_true(sd_bus_set_anonymous(b->bus, 1) >= 0);
	assert_true(sd_bus_negotiate_fds(b->bus, 1) >= 0);
	assert_true(sd_bus_add_filter(b->bus, NULL, on_message, b) >= 0);
	assert_true(sd_bus_start(b->bus) >= 0);
	assert_int_equal(pthread_create(&b->thread, NULL, play, b), 0);
	return logind_open_fd(&b->logind, ends[0], kind, "win", &b->loop, &ops, b, err);
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct err err = { 0 };

	b->lock_file = -1;
	pthread_mutex_init(&b->lock, NULL);
	assert_int_equal(loop_open(&b->loop, &clock_system, &err), 0);
	*state = b;
	return 0;
}

static void end_logind(struct bench *b)
{
	pthread_mutex_lock(&b->lock);
	b->stop = true;
	pthread_mutex_unlock(&b->lock);
	pthread_join(b->thread, NULL);
	sd_bus_close_unref(b->bus);
	b->bus = NULL;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	logind_close(&b->logind);
	if (b->bus)
		end_logind(b);
	if (b->lock_file >= 0)
		close(b->lock_file);
	loop_close(&b->loop);
	pthread_mutex_destroy(&b->lock);
	free(b);
	return 0;
}

/* Whether the lock that was given last is held: the other end of its pipe is open. */
static bool is_held(struct bench *b)
{
	struct pollfd file = { .events = POLLIN };

	pthread_mutex_lock(&b->lock);
	file.fd = b->lock_file;
	pthread_mutex_unlock(&b->lock);
	poll(&file, 1, 0);
	return !(file.revents & POLLHUP);
}

/* Turns the loop until *@value is @wanted. */
static void until(struct bench *b, const unsigned *value, unsigned wanted)
{
	struct err err = { 0 };

	for (unsigned i = 0; i < 500; i++) {
		unsigned now;

		pthread_mutex_lock(&b->lock);
		now = *value;
		pthread_mutex_unlock(&b->lock);
		if (now == wanted)
			return;
		assert_int_equal(loop_step(&b->loop, 10, &err), 0);
	}
	fail_msg("no %u after 5 s", wanted);
}

static void prepare(struct bench *b, bool begins)
{
	pthread_mutex_lock(&b->lock);
	b->prepare = true;
	b->prepare_for = begins;
	pthread_mutex_unlock(&b->lock);
}

static void a_night(void **state)
{
	struct bench *b = *state;
	struct err err = { 0 };

	assert_int_equal(open_it(b, LOGIND_DELAY, &err), 0);
	assert_string_equal(b->asked, "sleep delay tenon: machine win has devices of this host");
	assert_true(is_held(b));
	prepare(b, true);
	until(b, &b->sleeping, 1);
	assert_true(is_held(b));
	logind_let_sleep(&b->logind);
	assert_false(is_held(b));
	prepare(b, false);
	until(b, &b->awake, 1);
	until(b, &b->locks, 2);
	/* The answer has come when the lock is this side's alone. */
	for (unsigned i = 0; i < 100 && b->logind.lock < 0; i++)
		assert_int_equal(loop_step(&b->loop, 10, &err), 0);
	assert_true(b->logind.lock >= 0 && is_held(b));
	logind_close(&b->logind);
	assert_false(is_held(b));
}

static void the_host_is_kept_awake(void **state)
{
	struct bench *b = *state;
	struct err err = { 0 };

	assert_int_equal(open_it(b, LOGIND_BLOCK, &err), 0);
	assert_string_equal(b->asked, "sleep block tenon: machine win has devices of this host");
	/* Root's command goes over a lock; what was never let go is not taken again. */
	prepare(b, true);
	until(b, &b->sleeping, 1);
	prepare(b, false);
	until(b, &b->awake, 1);
	assert_int_equal(b->locks, 1);
	assert_true(is_held(b));
}

static void a_refusal_is_told(void **state)
{
	struct bench *b = *state;
	struct err err = { 0 };

	b->refuses = true;
	assert_int_equal(open_it(b, LOGIND_BLOCK, &err), -EACCES);
	assert_string_equal(
		err.text, "logind gives no lock against the host's sleep: Permission denied");
}

/* An answer that does not come is waited for 2 s. */
static void a_logind_that_says_nothing(void **state)
{
	struct bench *b = *state;
	struct err err = { 0 };
	u64 before = clock_monotonic(&clock_system);

	b->silent = true;
	assert_int_equal(open_it(b, LOGIND_BLOCK, &err), -ETIMEDOUT);
	assert_true(clock_monotonic(&clock_system) - before < 10 * NS_PER_S);
}

static void a_bus_that_breaks_off(void **state)
{
	struct bench *b = *state;
	struct err err = { 0 };

	assert_int_equal(open_it(b, LOGIND_DELAY, &err), 0);
	end_logind(b);
	for (unsigned i = 0; i < 100 && b->logind.bus; i++)
		assert_int_equal(loop_step(&b->loop, 10, &err), 0);
	assert_null(b->logind.bus);
	assert_false(is_held(b));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_night),
		TEST(the_host_is_kept_awake),
		TEST(a_refusal_is_told),
		TEST(a_logind_that_says_nothing),
		TEST(a_bus_that_breaks_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
