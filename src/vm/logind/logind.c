// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/logind/logind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/poll.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"

#define NAME      "org.freedesktop.login1"
#define PATH      "/org/freedesktop/login1"
#define INTERFACE "org.freedesktop.login1.Manager"

#define ANSWER_USEC 2000000
/* Messages that are handled at once; what the bus has besides waits for the loop's next turn. */
#define AT_ONCE 16

static const char *mode_of(const struct logind *l)
{
	return l->kind == LOGIND_BLOCK ? "block" : "delay";
}

/* The file belongs to the message. */
static int take_lock(struct logind *l, sd_bus_message *reply)
{
	int fd, copy, ret = l->library.read(reply, "h", &fd);

	if (ret < 0)
		return ret;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (copy < 0)
		return -errno;
	logind_let_sleep(l);
	l->lock = copy;
	return 0;
}

static int on_lock(sd_bus_message *reply, void *owner, sd_bus_error *error)
{
	struct logind *l = owner;
	const sd_bus_error *wrong = l->library.get_error(reply);
	int ret = wrong ? -EACCES : take_lock(l, reply);

	if (ret < 0)
		log_warn("the host's next sleep does not wait for this machine: %s",
			wrong && wrong->message ? wrong->message : strerror(-ret));
	return 0;
}

static int on_prepare_for_sleep(sd_bus_message *message, void *owner, sd_bus_error *error)
{
	struct logind *l = owner;
	int begins, ret = l->library.read(message, "b", &begins);

	if (ret < 0) {
		log_debug("logind: PrepareForSleep without its argument");
		return 0;
	}
	if (begins) {
		l->ops->sleeping(l->owner);
		return 0;
	}
	l->ops->awake(l->owner);
	if (l->lock < 0)
		l->library.call_async(l->bus, NULL, NAME, PATH, INTERFACE, "Inhibit", on_lock, l,
			"ssss", "sleep", "tenon", l->why, mode_of(l));
	return 0;
}

static void break_off(struct logind *l, int ret)
{
	log_warn("the system's D-Bus has broken off (%s): nothing is known of the host's sleep any "
		 "more",
		strerror(-ret));
	loop_remove(l->loop, &l->source);
	loop_unpost(l->loop, &l->rest);
	l->library.close(l->bus);
	l->bus = NULL;
	logind_let_sleep(l);
}

static void watch(struct logind *l)
{
	int events = l->library.get_events(l->bus);

	loop_watch(l->loop, &l->source,
		(events < 0 || events & POLLIN ? EPOLLIN : 0) |
			(events > 0 && events & POLLOUT ? EPOLLOUT : 0));
}

/*
 * While messages wait within the library, it asks for no events of its file, whose end nobody would
 * see then.
 */
static void handle(void *owner)
{
	struct logind *l = owner;
	int ret = 1;

	if (!l->bus)
		return;

	for (unsigned i = 0; i < AT_ONCE && ret > 0; i++)
		ret = l->library.process(l->bus, NULL);
	if (ret < 0) {
		break_off(l, ret);
		return;
	}
	watch(l);
	if (ret > 0)
		loop_post(l->loop, &l->rest);
}

static void on_ready(void *owner, u32 events)
{
	handle(owner);
}

/* The first lock, which is waited for, so that no sleep begins unseen. */
static int first_lock(struct logind *l, struct err *err)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	int ret = l->library.call(l->bus, NAME, PATH, INTERFACE, "Inhibit", &error, &reply, "ssss",
		"sleep", "tenon", l->why, mode_of(l));

	if (ret >= 0)
		ret = take_lock(l, reply);
	if (ret < 0)
		err_set(err, -ret, "logind gives no lock against the host's sleep: %s",
			error.message ? error.message : strerror(-ret));
	l->library.error_free(&error);
	l->library.unref(reply);
	return ret < 0 ? ret : 0;
}

static int begin(struct logind *l, struct err *err)
{
	int ret = l->library.set_timeout(l->bus, ANSWER_USEC);

	if (ret >= 0)
		ret = l->library.start(l->bus);
	if (ret >= 0)
		ret = l->library.match_signal(l->bus, NULL, l->direct ? NULL : NAME, PATH,
			INTERFACE, "PrepareForSleep", on_prepare_for_sleep, l);
	if (ret < 0)
		return err_sys(err, -ret, "cannot reach the system's D-Bus");
	ret = first_lock(l, err);
	if (ret)
		return ret;
	l->source = (struct loop_source){
		.fd = l->library.get_fd(l->bus),
		.events = EPOLLIN,
		.ready = on_ready,
		.owner = l,
	};
	l->rest = (struct loop_work){ .run = handle, .owner = l };
	ret = loop_add(l->loop, &l->source, err);
	if (!ret)
		loop_post(l->loop, &l->rest);
	return ret;
}

static int open_with(struct logind *l, int fd, const char *name, struct err *err)
{
	int ret = logind_library_load(&l->library, err);

	if (ret)
		return ret;
	snprintf(l->why, sizeof(l->why), "machine %s has devices of this host",
		name ? name : "without a name");
	ret = l->library.new(&l->bus);
	l->direct = fd >= 0;
	if (ret >= 0 && l->direct) {
		ret = l->library.set_fd(l->bus, fd, fd);
	} else if (ret >= 0) {
		ret = l->library.set_address(l->bus, LOGIND_BUS);
		if (ret >= 0)
			ret = l->library.set_bus_client(l->bus, 1);
	}
	return ret < 0 ? err_sys(err, -ret, "cannot reach the system's D-Bus") : begin(l, err);
}

int logind_open_fd(struct logind *l, int fd, enum logind_lock kind, const char *name,
	struct loop *loop, const struct logind_ops *ops, void *owner, struct err *err)
{
	int ret;

	*l = (struct logind){ .loop = loop, .ops = ops, .owner = owner, .kind = kind, .lock = -1 };
	ret = open_with(l, fd, name, err);
	if (ret)
		logind_close(l);
	return ret;
}

int logind_open(struct logind *l, enum logind_lock kind, const char *name, struct loop *loop,
	const struct logind_ops *ops, void *owner, struct err *err)
{
	return logind_open_fd(l, -1, kind, name, loop, ops, owner, err);
}

void logind_let_sleep(struct logind *l)
{
	close_fd(&l->lock);
}

void logind_close(struct logind *l)
{
	if (!l->loop)
		return;
	loop_remove(l->loop, &l->source);
	loop_unpost(l->loop, &l->rest);
	if (l->bus)
		l->library.close(l->bus);
	logind_let_sleep(l);
	*l = (struct logind){ .lock = -1 };
}
