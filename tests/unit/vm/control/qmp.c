// SPDX-License-Identifier: GPL-2.0-or-later
/* The control socket, as its clients see it: QEMU's protocol, and clients that flood or sleep. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "vm/control/internal.h"

#define HELLO "{\"execute\":\"qmp_capabilities\"}\n"

struct bench {
	struct loop loop;
	struct control control;
	char directory[64], file[80];
	bool paused, asleep;
	unsigned resets, presses, quits;
};

static void look(void *owner, struct control_facts *facts)
{
	facts->memory = 512 * MIB;
	facts->uptime = 90 * NS_PER_S;
	facts->mapped = 64 * MIB;
	facts->total = 512 * MIB;
	facts->nr_devices = 1;
	facts->devices[0] = (struct pci_addr){ .bus = 1 };
}

static bool is_paused(void *owner)
{
	return ((struct bench *)owner)->paused;
}

static bool is_asleep(void *owner)
{
	return ((struct bench *)owner)->asleep;
}

static void wake_it(void *owner)
{
	((struct bench *)owner)->asleep = false;
}

static void set_paused(struct bench *bench, bool paused)
{
	if (bench->paused != paused)
		control_event(&bench->control, paused ? CONTROL_STOP : CONTROL_RESUME, false, NULL);
	bench->paused = paused;
}

static void pause_it(void *owner)
{
	set_paused(owner, true);
}

static void resume_it(void *owner)
{
	set_paused(owner, false);
}

static void reset_it(void *owner)
{
	struct bench *bench = owner;

	bench->resets++;
	control_event(&bench->control, CONTROL_RESET, false, "host-qmp-system-reset");
}

static void press_it(void *owner)
{
	((struct bench *)owner)->presses++;
}

static void quit_it(void *owner)
{
	((struct bench *)owner)->quits++;
}

static const struct control_ops ops = {
	.look = look,
	.is_paused = is_paused,
	.is_asleep = is_asleep,
	.wake = wake_it,
	.pause = pause_it,
	.resume = resume_it,
	.reset = reset_it,
	.press_power = press_it,
	.quit = quit_it,
};

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct err err = { 0 };

	strcpy(bench->directory, "/tmp/tenon-control-XXXXXX");
	assert_non_null(mkdtemp(bench->directory));
	snprintf(bench->file, sizeof(bench->file), "%s/qmp", bench->directory);
	assert_int_equal(loop_open(&bench->loop, &clock_system, &err), 0);
	assert_int_equal(
		control_open_at(&bench->control, bench->file, &bench->loop, &ops, bench, &err), 0);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	control_close(&bench->control);
	assert_int_equal(access(bench->file, F_OK), -1);
	loop_close(&bench->loop);
	rmdir(bench->directory);
	free(bench);
	return 0;
}

static void turn(struct bench *bench, unsigned times)
{
	struct err err = { 0 };

	while (times--)
		assert_int_equal(loop_step(&bench->loop, 0, &err), 0);
}

static int connect_to(struct bench *bench)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, bench->file);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	turn(bench, 2);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* All that the machine has sent; "" if it has closed the connection, or sent nothing. */
static const char *heard(struct bench *bench, int fd)
{
	static char text[16384];
	ssize_t n;

	turn(bench, 4);
	n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void assert_heard(struct bench *bench, int fd, const char *words)
{
	const char *text = heard(bench, fd);

	if (!strstr(text, words))
		fail_msg("not '%s' in '%s'", words, text);
}

static int greeted(struct bench *bench)
{
	int fd = connect_to(bench);

	assert_heard(bench, fd, "{\"QMP\":{\"version\":{\"qemu\":{\"micro\":0,\"minor\":");
	say(fd, HELLO);
	assert_string_equal(heard(bench, fd), "{\"return\":{}}\r\n");
	return fd;
}

static void a_conversation(void **state)
{
	struct bench *bench = *state;
	own_fd int fd = connect_to(bench);
	struct stat st;

	assert_int_equal(stat(bench->file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_heard(bench, fd, "\"capabilities\":[]");
	say(fd, "{\"execute\":\"query-status\"}");
	assert_heard(bench, fd, "Expecting capabilities negotiation");
	say(fd, HELLO);
	assert_string_equal(heard(bench, fd), "{\"return\":{}}\r\n");
	say(fd, HELLO);
	assert_heard(bench, fd, "already complete");
	bench->asleep = true;
	say(fd, "{\"execute\":\"query-status\"}");
	turn(bench, 4);
	assert_heard(bench, fd, "\"status\":\"suspended\",\"singlestep\":false,\"running\":false");
	say(fd, "{\"execute\":\"system_wakeup\"}");
	turn(bench, 4);
	assert_heard(bench, fd, "\"return\":{}");
	assert_false(bench->asleep);
	say(fd, "{\"execute\":\"query-status\",\"id\":{\"n\":7}}");
	assert_string_equal(heard(bench, fd),
		"{\"return\":{\"status\":\"running\",\"singlestep\":false,\"running\":true},"
		"\"id\":{\"n\":7}}\r\n");
	say(fd, "{\"execute\":\"stop\"}");
	assert_heard(bench, fd, "\"event\":\"STOP\"}\r\n{\"return\":{}}\r\n");
	say(fd, "{\"execute\":\"query-status\"}");
	assert_heard(bench, fd, "\"status\":\"paused\"");
	say(fd, "{\"execute\":\"cont\"}");
	assert_heard(bench, fd, "\"event\":\"RESUME\"");
	say(fd, "{\"execute\":\"system_reset\"}{\"execute\":\"system_powerdown\"}");
	assert_heard(bench, fd, "\"data\":{\"guest\":false,\"reason\":\"host-qmp-system-reset\"}");
	say(fd, "{\"execute\":\"quit\"}");
	heard(bench, fd);
	assert_int_equal(bench->resets, 1);
	assert_int_equal(bench->presses, 1);
	assert_int_equal(bench->quits, 1);
	say(fd, "{\"execute\":\"query-commands\"}");
	assert_heard(bench, fd, "{\"name\":\"query-cpus-fast\"}");
	say(fd, "{\"execute\":\"query-cpus-fast\"}");
	assert_string_equal(heard(bench, fd), "{\"return\":[]}\r\n");
	say(fd, "{\"execute\":\"x-tenon-query-machine\"}");
	assert_string_equal(heard(bench, fd),
		"{\"return\":{\"memory\":536870912,\"uptime\":90,\"mapped\":67108864,"
		"\"to-map\":536870912,\"devices\":[\"0000:01:00.0\"]}}\r\n");
}

static void what_is_wrong_is_told(void **state)
{
	struct bench *bench = *state;
	own_fd int fd = greeted(bench);

	say(fd, "{\"execute\":\"migrate\",\"id\":1}");
	assert_string_equal(heard(bench, fd),
		"{\"error\":{\"class\":\"CommandNotFound\",\"desc\":\"The command migrate has not "
		"been found\"},\"id\":1}\r\n");
	say(fd, "[1, 2]");
	assert_heard(bench, fd, "must be a JSON object");
	say(fd, "{\"run\":\"stop\"}");
	assert_heard(bench, fd, "lacks member 'execute'");
	say(fd, "{\"execute\":7}");
	assert_heard(bench, fd, "lacks member 'execute'");
	/* The rest of the line is skipped, and the next one is heard. */
	say(fd, "}}} stop\n{\"execute\":\"query-version\"}\n");
	assert_heard(bench, fd, "JSON parse error");
	say(fd, "{\"execute\":\"query-version\"}\n");
	assert_heard(bench, fd, "\"package\":\"tenon ");
	/* In pieces. */
	say(fd, "{\"exec");
	assert_string_equal(heard(bench, fd), "");
	say(fd, "ute\":\"stop\"}");
	assert_heard(bench, fd, "\"return\":{}");
	assert_true(bench->paused);
}

/* Whether the machine has closed the connection. */
static bool is_closed(int fd)
{
	char bytes[4096];
	ssize_t n;

	while ((n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
		;
	return n == 0 || errno == ECONNRESET;
}

static unsigned nr_clients(const struct bench *bench)
{
	unsigned nr = 0;

	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		nr += bench->control.clients[i] != NULL;
	return nr;
}

static void clients_that_flood(void **state)
{
	struct bench *bench = *state;
	own_fd int endless = greeted(bench), deep = greeted(bench), other = greeted(bench);
	char bytes[4096];

	/* An object without an end. */
	say(endless, "{\"execute\":\"");
	memset(bytes, 'a', sizeof(bytes));
	for (unsigned i = 0; i < 64 && nr_clients(bench) == 3; i++) {
		send(endless, bytes, sizeof(bytes), MSG_NOSIGNAL | MSG_DONTWAIT);
		turn(bench, 2);
	}
	assert_true(is_closed(endless));
	/* One that is too deep is no JSON for us. */
	memset(bytes, '[', 1000);
	bytes[1000] = '\0';
	say(deep, bytes);
	assert_heard(bench, deep, "JSON parse error");
	say(other, "{\"execute\":\"query-status\"}");
	assert_heard(bench, other, "\"running\":true");
}

/* A client that sends and never reads is closed once much waits for it; the others go on. */
static void clients_that_sleep(void **state)
{
	static const char ask[] = "{\"execute\":\"query-commands\"}";
	struct bench *bench = *state;
	own_fd int asleep = greeted(bench), listener = greeted(bench), other = greeted(bench);

	for (unsigned i = 0; i < 20000 && nr_clients(bench) == 3; i++) {
		assert_in_range(bench->control.clients[0]->out_len, 0, CLIENT_OUT_MAX);
		assert_in_range(bench->control.clients[0]->out_size, 0, CLIENT_OUT_MAX);
		if (send(asleep, ask, sizeof(ask) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
		turn(bench, 2);
	}
	assert_int_equal(nr_clients(bench), 2);
	/* One that only listens, and sleeps through many events. */
	for (unsigned i = 0; i < 20000 && nr_clients(bench) == 2; i++) {
		set_paused(bench, !bench->paused);
		recv(other, (char[4096]){ 0 }, 4096, MSG_DONTWAIT);
		turn(bench, 1);
	}
	assert_int_equal(nr_clients(bench), 1);
	assert_true(is_closed(asleep));
	assert_true(is_closed(listener));
	say(other, "{\"execute\":\"query-status\"}");
	assert_heard(bench, other, "\"status\"");
}

static void too_many_clients(void **state)
{
	struct bench *bench = *state;
	int fds[CONTROL_CLIENTS + 1];

	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		fds[i] = greeted(bench);
	fds[CONTROL_CLIENTS] = connect_to(bench);
	assert_true(is_closed(fds[CONTROL_CLIENTS]));
	/* When one has gone, there is room again. */
	close(fds[0]);
	turn(bench, 2);
	fds[0] = greeted(bench);
	for (unsigned i = 0; i <= CONTROL_CLIENTS; i++)
		close(fds[i]);
	turn(bench, 4);
	assert_int_equal(nr_clients(bench), 0);
}

/* A name belongs to one machine at a time; what a killed one has left is no obstacle. */
static void names(void **state)
{
	struct bench *bench = *state;
	struct control one = { 0 }, two = { 0 };
	struct err err = { 0 };
	char base[80], path[300];

	snprintf(base, sizeof(base), "%s/tenon", bench->directory);
	assert_int_equal(control_open_in(&one, base, "win", &bench->loop, &ops, bench, &err), 0);
	assert_int_equal(
		control_open_in(&two, base, "win", &bench->loop, &ops, bench, &err), -EEXIST);
	assert_non_null(strstr(err.text, "runs already"));
	/* Nobody cleans behind a machine that runs. */
	control_clean(base, "win");
	snprintf(path, sizeof(path), "%s/win/qmp", base);
	assert_int_equal(access(path, F_OK), 0);
	control_close(&one);
	assert_int_equal(access(path, F_OK), -1);
	snprintf(path, sizeof(path), "%s/win/lock", base);
	assert_int_equal(access(path, F_OK), -1);
	/* One that was killed leaves its files: they are no obstacle, and are removed. */
	for (unsigned i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "touch %s/win/qmp %s/win/console %s/win/lock", base,
			base, base);
		assert_int_equal(system(path), 0);
		err_clear(&err);
		if (i)
			control_clean(base, "win");
		assert_int_equal(
			control_open_in(&one, base, "win", &bench->loop, &ops, bench, &err), 0);
		control_close(&one);
	}
	control_clean(base, "win");
	assert_int_equal(rmdir(base), 0);
	/* What is somebody else's is not used. */
	fclose(fopen(base, "w"));
	assert_int_equal(
		control_open_in(&one, base, "win", &bench->loop, &ops, bench, &err), -EACCES);
	assert_non_null(strstr(err.text, "is no directory"));
	unlink(base);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_conversation),
		TEST(what_is_wrong_is_told),
		TEST(clients_that_flood),
		TEST(clients_that_sleep),
		TEST(too_many_clients),
		TEST(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
