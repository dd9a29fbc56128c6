// SPDX-License-Identifier: GPL-2.0-or-later
/* The messages of sd_notify(3), to a listener as systemd and `tenon start` are. */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "kernel/notify.h"

static void a_message(void **state)
{
	char name[NOTIFY_NAME_SIZE], text[64];
	struct err err = { 0 };
	own_fd int listener = notify_listen(name, &err), fd = -1;

	assert_true(listener >= 0);
	assert_int_equal(name[0], '@');
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	fd = notify_open();
	assert_true(fd >= 0);
	assert_null(getenv("NOTIFY_SOCKET"));
	assert_int_equal(notify_receive(listener, getsid(0), text, sizeof(text)), -EAGAIN);
	notify_say(fd, "READY=1\nSTATUS=%d vCPUs", 4);
	assert_int_equal(notify_receive(listener, getsid(0), text, sizeof(text)), 22);
	assert_string_equal(text, "READY=1\nSTATUS=4 vCPUs");
	/* Cut to what there is room for. */
	notify_say(fd, "STATUS=abcdefgh");
	assert_int_equal(notify_receive(listener, getsid(0), text, 8), 7);
	assert_string_equal(text, "STATUS=");
}

/* Another process cannot say that the machine runs. */
static void another_process(void **state)
{
	char name[NOTIFY_NAME_SIZE], text[64];
	struct err err = { 0 };
	own_fd int listener = notify_listen(name, &err);
	pid_t child;
	ssize_t ret;

	setenv("NOTIFY_SOCKET", name, 1);
	child = fork();
	if (!child) {
		setsid();
		notify_say(notify_open(), "READY=1");
		pause();
	}
	do
		ret = notify_receive(listener, getsid(0), text, sizeof(text));
	while (ret == -EAGAIN);
	assert_int_equal(ret, -EPERM);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	unsetenv("NOTIFY_SOCKET");
}

/* Without a listener, or with one that is gone or does not read, nothing happens. */
static void nobody_listens(void **state)
{
	static const char *const wrong[] = { "@tenon-no-such-listener", "relative", "", "@", "/" };
	char name[NOTIFY_NAME_SIZE];
	struct err err = { 0 };
	int listener = notify_listen(name, &err), fd;

	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(notify_open(), -1);
	notify_say(-1, "READY=1");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		setenv("NOTIFY_SOCKET", wrong[i], 1);
		assert_int_equal(notify_open(), -1);
		assert_null(getenv("NOTIFY_SOCKET"));
	}
	setenv("NOTIFY_SOCKET", name, 1);
	fd = notify_open();
	for (unsigned i = 0; i < 10000; i++)
		notify_say(fd, "STATUS=nobody reads %u", i);
	close(listener);
	notify_say(fd, "READY=1");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message),
		cmocka_unit_test(another_process),
		cmocka_unit_test(nobody_listens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
