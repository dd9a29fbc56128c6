// SPDX-License-Identifier: GPL-2.0-or-later
/* The serial console and its clients, which come, go, flood and sleep. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "vm/control/serial_share.h"

/* The two ends that the share stands between. */
struct end {
	struct stream stream;
	char got[4096];
	size_t nr, room;
	unsigned resumed;
};

struct bench {
	struct loop loop;
	struct serial_share share;
	struct end guest, console;
	char file[64];
};

static size_t end_take(struct stream *stream, const u8 *bytes, size_t len)
{
	struct end *end = container_of(stream, struct end, stream);
	size_t n = len < end->room ? len : end->room;

	/* The test knows what it has written: a window of it is kept. */
	for (size_t i = 0; i < n; i++)
		end->got[end->nr++ % sizeof(end->got)] = (char)bytes[i];
	end->room -= n;
	return n;
}

static void end_resume(struct stream *stream)
{
	container_of(stream, struct end, stream)->resumed++;
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct err err = { 0 };

	snprintf(bench->file, sizeof(bench->file), "/tmp/tenon-serial-%d", getpid());
	bench->guest = bench->console =
		(struct end){ .stream = { .take = end_take, .resume = end_resume },
			.room = SIZE_MAX };
	assert_int_equal(loop_open(&bench->loop, &clock_system, &err), 0);
	assert_int_equal(serial_share_open(&bench->share, bench->file, &bench->loop,
				 &bench->console.stream, &err),
		0);
	stream_connect(&bench->guest.stream, &bench->share.device);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	serial_share_close(&bench->share);
	assert_int_equal(access(bench->file, F_OK), -1);
	loop_close(&bench->loop);
	free(bench);
	return 0;
}

static void turn(struct bench *bench)
{
	struct err err = { 0 };

	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(loop_step(&bench->loop, 0, &err), 0);
}

static int attach(struct bench *bench)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, bench->file);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	turn(bench);
	return fd;
}

static void print(struct bench *bench, const char *text)
{
	size_t size = strlen(text);

	assert_int_equal(stream_put(&bench->guest.stream, (const u8 *)text, size), size);
}

static void assert_shown(struct bench *bench, int fd, const char *text)
{
	char got[256] = "";

	turn(bench);
	recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);
	assert_string_equal(got, text);
}

/* Also what was written before a client came; both directions; and the process's own console. */
static void clients_come_and_go(void **state)
{
	struct bench *bench = *state;
	struct stat st;
	int one, two;

	assert_int_equal(stat(bench->file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	print(bench, "login: ");
	one = attach(bench);
	assert_shown(bench, one, "login: ");
	two = attach(bench);
	assert_shown(bench, two, "login: ");
	assert_int_equal(send(one, "root\r", 5, 0), 5);
	turn(bench);
	assert_memory_equal(bench->guest.got, "root\r", 5);
	print(bench, "# ");
	assert_shown(bench, one, "# ");
	assert_shown(bench, two, "# ");
	close(one);
	turn(bench);
	print(bench, "x");
	assert_shown(bench, two, "x");
	close(two);
	turn(bench);
	assert_int_equal(bench->share.nr_clients, 0);
	one = attach(bench);
	assert_shown(bench, one, "login: # x");
	close(one);
	assert_memory_equal(bench->console.got, "login: # x", 10);
	/* What is typed on the console of the process. */
	stream_put(&bench->console.stream, (const u8 *)"k", 1);
	assert_int_equal(bench->guest.got[5], 'k');
	stream_resume(&bench->console.stream);
	assert_int_equal(bench->guest.resumed, 1);
	/* The last words of a client that has gone at once. */
	one = attach(bench);
	assert_int_equal(send(one, "off\r", 4, 0), 4);
	close(one);
	turn(bench);
	assert_memory_equal(bench->guest.got + 6, "off\r", 4);
}

/* A guest that does not read makes clients wait, and gets all of it later, in order. */
static void a_guest_that_does_not_read(void **state)
{
	struct bench *bench = *state;
	own_fd int fd = attach(bench);
	char bytes[1000];

	bench->guest.room = 3;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)('a' + i % 26);
	assert_int_equal(send(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
	turn(bench);
	assert_int_equal(bench->guest.nr, 3);
	assert_in_range(bench->share.clients[0].nr_typed, 1, SERIAL_TYPED);
	for (unsigned i = 0; i < 20; i++) {
		bench->guest.room = 100;
		stream_resume(&bench->guest.stream);
		turn(bench);
	}
	assert_int_equal(bench->guest.nr, sizeof(bytes));
	assert_memory_equal(bench->guest.got, bytes, sizeof(bytes));
	assert_int_equal(bench->console.resumed, 20);
}

/* One that sleeps misses what has become old; the guest and the others do not notice. */
static void a_client_that_sleeps(void **state)
{
	struct bench *bench = *state;
	own_fd int asleep = attach(bench), awake = attach(bench);
	static char bytes[65536], last[32];
	u64 heard = 0;

	for (unsigned i = 0; i < 40; i++) {
		memset(bytes, 'a' + i % 26, sizeof(bytes));
		assert_int_equal(stream_put(&bench->guest.stream, (u8 *)bytes, sizeof(bytes)),
			sizeof(bytes));
		for (ssize_t n = 1; n > 0;) {
			turn(bench);
			n = recv(awake, bytes, sizeof(bytes), MSG_DONTWAIT);
			heard += n > 0 ? (u64)n : 0;
		}
	}
	assert_int_equal(heard, 40 * sizeof(bytes));
	print(bench, "the end");
	heard = 0;
	for (ssize_t n = 1; n > 0;) {
		turn(bench);
		n = recv(asleep, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (n >= 7)
			memcpy(last, bytes + n - 7, 7);
		heard += n > 0 ? (u64)n : 0;
	}
	assert_string_equal(last, "the end");
	assert_in_range(heard, SERIAL_HISTORY, SERIAL_HISTORY + 4 * MIB);
	assert_true(heard < 40 * sizeof(bytes));
}

static void too_many_clients(void **state)
{
	struct bench *bench = *state;
	int fds[SERIAL_CLIENTS + 1];
	char byte;

	for (unsigned i = 0; i <= SERIAL_CLIENTS; i++)
		fds[i] = attach(bench);
	assert_int_equal(recv(fds[SERIAL_CLIENTS], &byte, 1, MSG_DONTWAIT), 0);
	close(fds[0]);
	turn(bench);
	close(fds[SERIAL_CLIENTS]);
	fds[0] = attach(bench);
	print(bench, "x");
	assert_shown(bench, fds[0], "x");
	for (unsigned i = 0; i < SERIAL_CLIENTS; i++)
		close(fds[i]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(clients_come_and_go),
		TEST(a_guest_that_does_not_read),
		TEST(a_client_that_sleeps),
		TEST(too_many_clients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
