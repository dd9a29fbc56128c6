// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/console.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/serial_reg.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "fake.h"
#include "unit.h"
#include "vm/dev/serial.h"

#define CTRL_A "\x01"

struct bench {
	struct loop loop;
	struct console console;
	/* The guest's end: takes @accepts bytes more. */
	struct stream guest;
	size_t accepts;
	char got[16384];
	size_t got_len;
	char screen[1024];
	size_t screen_len;
	unsigned resumed;
	unsigned quits, gone;
	struct err why;
	int master, slave; /* of the terminal */
	int in[2], out[2]; /* pipes: read end, write end */
};

static size_t guest_take(struct stream *end, const u8 *bytes, size_t len)
{
	struct bench *b = container_of(end, struct bench, guest);
	size_t n = len < b->accepts ? len : b->accepts;

	memcpy(b->got + b->got_len, bytes, n);
	b->got_len += n;
	b->accepts -= n;
	return n;
}

static void guest_resume(struct stream *end)
{
	container_of(end, struct bench, guest)->resumed++;
}

static void on_event(void *owner, enum console_event event, const struct err *why)
{
	struct bench *b = owner;

	if (event == CONSOLE_QUIT) {
		b->quits++;
		return;
	}
	b->gone++;
	b->why = *why;
}

static const struct console_ops ops = { on_event };

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct err err = { 0 };

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(loop_open(&b->loop, &clock_system, &err), 0);
	b->guest = (struct stream){ guest_take, guest_resume };
	b->accepts = sizeof(b->got);
	b->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	assert_true(b->master >= 0 && !grantpt(b->master) && !unlockpt(b->master));
	b->slave = open(ptsname(b->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(b->slave >= 0);
	assert_int_equal(pipe2(b->in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(b->out, O_CLOEXEC), 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	console_close(&b->console);
	loop_close(&b->loop);
	close_fd(&b->master);
	close_fd(&b->slave);
	for (int i = 0; i < 2; i++) {
		close_fd(&b->in[i]);
		close_fd(&b->out[i]);
	}
	free(b);
	return 0;
}

/*
 * Until nothing happens any more: what goes through a pseudo-terminal takes its time. That it
 * ends at all shows that the console does not spin.
 */
static void step(struct bench *b)
{
	struct pollfd pending = { .fd = b->loop.epoll_fd, .events = POLLIN };
	struct err err = { 0 };
	int rounds = 0;

	while (poll(&pending, 1, 30) == 1) {
		assert_int_equal(loop_step(&b->loop, 0, &err), 0);
		assert_true(rounds++ < 1000);
	}
}

static void open_on(struct bench *b, int in_fd, int out_fd)
{
	struct console_config config = { .kind = CONSOLE_STDIO, .in_fd = in_fd, .out_fd = out_fd };
	struct err err = { 0 };

	assert_int_equal(console_open(&b->console, &config, &b->loop, &ops, b, &err), 0);
	stream_connect(&b->console.stream, &b->guest);
	step(b);
}

/* On a busy machine what is typed may arrive later than step() waits. */
#define EVENTUALLY(b, what)                                 \
	do {                                                \
		for (int i_ = 0; !(what) && i_ < 200; i_++) \
			step(b);                            \
		assert_true(what);                          \
	} while (0)

static void type(struct bench *b, const char *keys)
{
	size_t len = strlen(keys);

	while (len) {
		ssize_t n = write(b->master, keys, len);

		if (n > 0) {
			keys += n;
			len -= (size_t)n;
		}
		step(b);
	}
}

static size_t print(struct bench *b, const char *text, size_t len)
{
	struct err err = { 0 };
	size_t n = b->console.stream.take(&b->console.stream, (const u8 *)text, len);

	assert_int_equal(loop_step(&b->loop, 0, &err), 0);
	return n;
}

static size_t on_screen(struct bench *b, char *text, size_t size)
{
	ssize_t n = read(b->master, text, size - 1);

	text[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

/* Whether @text is on the screen, among all that was printed so far. */
static bool shows(struct bench *b, const char *text)
{
	size_t room = sizeof(b->screen) - b->screen_len;

	b->screen_len += on_screen(b, b->screen + b->screen_len, room);
	return strstr(b->screen, text);
}

static void specs(void **state)
{
	static const struct {
		const char *spec;
		int ret;
		enum console_kind kind;
		const char *path;
	} cases[] = {
		{ "stdio", 0, CONSOLE_STDIO, NULL },
		{ "none", 0, CONSOLE_NONE, NULL },
		{ "file:/tmp/a:b", 0, CONSOLE_FILE, "/tmp/a:b" },
		{ "file:", -EINVAL },
		{ "", -EINVAL },
		{ "stdio2", -EINVAL },
		{ "pty", -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct console_config config;
		struct err err = { 0 };

		assert_int_equal(console_parse(cases[i].spec, &config, &err), cases[i].ret);
		assert_int_equal(err.code, -cases[i].ret);
		if (cases[i].ret)
			continue;
		assert_int_equal(config.kind, cases[i].kind);
		if (cases[i].path)
			assert_string_equal(config.path, cases[i].path);
	}
}

static void assert_same_modes(const struct termios *a, const struct termios *b)
{
	assert_int_equal(a->c_iflag, b->c_iflag);
	assert_int_equal(a->c_oflag, b->c_oflag);
	assert_int_equal(a->c_cflag, b->c_cflag);
	assert_int_equal(a->c_lflag, b->c_lflag);
	assert_memory_equal(a->c_cc, b->c_cc, sizeof(a->c_cc));
}

static void the_terminal_is_raw_while_it_is_the_guests(void **state)
{
	struct bench *b = *state;
	/* Cleared for the sake of the padding, which tcgetattr() leaves. */
	struct termios before = { 0 }, raw, after = { 0 };
	int flags = fcntl(b->slave, F_GETFL);

	assert_int_equal(tcgetattr(b->slave, &before), 0);
	open_on(b, b->slave, b->slave);
	assert_int_equal(tcgetattr(b->slave, &raw), 0);
	assert_int_equal(raw.c_lflag & (ICANON | ECHO | ISIG | IEXTEN), 0);
	assert_int_equal(raw.c_oflag, before.c_oflag);
	/* The shell's file stays blocking. */
	assert_int_equal(fcntl(b->slave, F_GETFL), flags);
	console_restore(&b->console);
	console_restore(&b->console);
	assert_int_equal(tcgetattr(b->slave, &after), 0);
	assert_same_modes(&after, &before);
	/* After a stop and SIGCONT. */
	console_continue(&b->console);
	assert_int_equal(tcgetattr(b->slave, &after), 0);
	assert_int_equal(after.c_lflag & ICANON, 0);
	console_close(&b->console);
	assert_int_equal(tcgetattr(b->slave, &after), 0);
	assert_same_modes(&after, &before);
}

static void keys_reach_the_guest(void **state)
{
	struct bench *b = *state;

	open_on(b, b->slave, b->slave);
	type(b, "ls\r\x03\x1a");
	EVENTUALLY(b, b->got_len == 5);
	assert_memory_equal(b->got, "ls\r\x03\x1a", 5);
}

static void the_escape(void **state)
{
	static const struct {
		const char *keys;
		const char *guest;
		unsigned quits;
		const char *screen;
	} cases[] = {
		{ CTRL_A "x", "", 1, "" },
		{ CTRL_A "a", CTRL_A, 0, "" },
		{ "a" CTRL_A "ab", "a" CTRL_A "b", 0, "" },
		{ CTRL_A "zx", "x", 0, "" },
		{ CTRL_A CTRL_A "x", "x", 0, "" },
		{ CTRL_A "h", "", 0, "Ctrl-A x" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench *b;

		assert_int_equal(setup((void **)&b), 0);
		open_on(b, b->slave, b->slave);
		type(b, cases[i].keys);
		EVENTUALLY(b, b->got_len == strlen(cases[i].guest) && b->quits == cases[i].quits);
		assert_memory_equal(b->got, cases[i].guest, b->got_len);
		EVENTUALLY(b, shows(b, cases[i].screen));
		teardown((void **)&b);
	}
}

static void the_escape_works_between_reads_and_while_the_guest_hangs(void **state)
{
	struct bench *b = *state;
	char keys[1025] = "";

	b->accepts = 0;
	open_on(b, b->slave, b->slave);
	memset(keys, 'k', 1024);
	for (int i = 0; i < 3 * CONSOLE_IN_SIZE / 1024; i++)
		type(b, keys);
	type(b, CTRL_A);
	type(b, "x");
	EVENTUALLY(b, b->quits == 1);
	/* What fitted is there once the guest reads again. */
	b->accepts = sizeof(b->got);
	b->console.stream.resume(&b->console.stream);
	step(b);
	assert_int_equal(b->got_len, CONSOLE_IN_SIZE);
}

static void output_reaches_the_screen(void **state)
{
	struct bench *b = *state;

	open_on(b, b->slave, b->slave);
	assert_int_equal(print(b, "login: ", 7), 7);
	EVENTUALLY(b, shows(b, "login: "));
}

static void a_stopped_terminal_pushes_back_and_nothing_is_lost(void **state)
{
	struct bench *b = *state;
	char chunk[1024], back[4096];
	size_t sent = 0, seen = 0, n;

	open_on(b, b->slave, b->slave);
	for (size_t i = 0; i < sizeof(chunk); i++)
		chunk[i] = (char)('!' + i % 64);
	do {
		n = print(b, chunk, sizeof(chunk));
		sent += n;
	} while (n == sizeof(chunk) && sent < 4 * CONSOLE_OUT_SIZE);
	assert_true(n < sizeof(chunk));
	assert_int_equal(b->resumed, 0);
	while (seen < sent) {
		n = on_screen(b, back, sizeof(back));
		for (size_t i = 0; i < n; i++)
			assert_int_equal(back[i], '!' + (seen + i) % sizeof(chunk) % 64);
		seen += n;
		if (!n)
			step(b);
	}
	assert_int_equal(b->resumed, 1);
}

static void a_terminal_that_hangs_up_is_told_once(void **state)
{
	struct bench *b = *state;

	open_on(b, b->slave, b->slave);
	close_fd(&b->master);
	EVENTUALLY(b, b->gone);
	step(b);
	assert_int_equal(b->gone, 1);
	assert_true(b->why.code > 0);
	/* The guest runs on, into nothing. */
	for (int i = 0; i < 200; i++)
		assert_int_equal(print(b, b->got, 1024), 1024);
}

static void pipes_have_no_escape_and_end_quietly(void **state)
{
	struct bench *b = *state;
	char back[16] = "";

	open_on(b, b->in[0], b->out[1]);
	assert_int_equal(write(b->in[1], "a" CTRL_A "x", 3), 3);
	step(b);
	assert_int_equal(b->got_len, 3);
	assert_int_equal(b->quits, 0);
	close_fd(&b->in[1]);
	step(b);
	assert_int_equal(b->gone, 0);
	print(b, "out", 3);
	assert_int_equal(read(b->out[0], back, sizeof(back)), 3);
	assert_string_equal(back, "out");
}

static void a_pipe_is_read_as_the_guest_takes_it(void **state)
{
	struct bench *b = *state;
	char block[4096];
	int left;

	b->accepts = 0;
	memset(block, 'p', sizeof(block));
	open_on(b, b->in[0], b->out[1]);
	for (int i = 0; i < 4; i++)
		assert_int_equal(write(b->in[1], block, sizeof(block)), sizeof(block));
	close_fd(&b->in[1]);
	step(b);
	assert_int_equal(ioctl(b->in[0], FIONREAD, &left), 0);
	assert_int_equal(left, 4 * sizeof(block) - CONSOLE_IN_SIZE);
	b->accepts = sizeof(b->got);
	b->console.stream.resume(&b->console.stream);
	step(b);
	assert_int_equal(b->got_len, 4 * sizeof(block));
}

static void a_reader_that_leaves_is_told(void **state)
{
	struct bench *b = *state;

	open_on(b, b->in[0], b->out[1]);
	close_fd(&b->out[0]);
	print(b, "x", 1);
	assert_int_equal(b->gone, 1);
}

static void files_stand_in_for_a_terminal(void **state)
{
	struct bench *b = *state;
	char in_path[] = "/tmp/unit-console-XXXXXX", out_path[] = "/tmp/unit-console-XXXXXX";
	own_fd int in = mkstemp(in_path);
	own_fd int out = mkstemp(out_path);
	char block[6000], back[32] = "";

	memset(block, 'f', sizeof(block));
	assert_int_equal(write(in, block, sizeof(block)), sizeof(block));
	assert_int_equal(lseek(in, 0, SEEK_SET), 0);
	/* As after `>>`: what is there stays. */
	assert_int_equal(write(out, "kept ", 5), 5);
	open_on(b, in, out);
	assert_int_equal(b->got_len, sizeof(block));
	print(b, "text", 4);
	assert_int_equal(pread(out, back, sizeof(back) - 1, 0), 9);
	assert_string_equal(back, "kept text");
	assert_int_equal(b->gone, 0);
	unlink(in_path);
	unlink(out_path);
}

static void dev_null_is_an_end_of_input(void **state)
{
	struct bench *b = *state;
	own_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	open_on(b, null, null);
	assert_int_equal(b->gone, 0);
	assert_int_equal(print(b, "x", 1), 1);
}

static void output_to_a_file_is_complete_at_the_end(void **state)
{
	struct bench *b = *state;
	char path[] = "/tmp/unit-console-XXXXXX";
	own_fd int fd = mkstemp(path);
	struct console_config config = { .kind = CONSOLE_FILE, .path = path };
	struct err err = { 0 };
	char back[16] = "";

	assert_int_equal(write(fd, "old content", 11), 11);
	assert_int_equal(console_open(&b->console, &config, &b->loop, &ops, b, &err), 0);
	/* Not one round of the loop passes before the end. */
	b->console.stream.take(&b->console.stream, (const u8 *)"last words", 10);
	console_close(&b->console);
	assert_int_equal(pread(fd, back, sizeof(back) - 1, 0), 10);
	assert_string_equal(back, "last words");
	unlink(path);
}

/* A guest that writes for ever fills no disk, and what it said last is there. */
static void output_to_a_file_has_a_size(void **state)
{
	struct bench *b = *state;
	char path[] = "/tmp/unit-console-XXXXXX";
	own_fd int fd = mkstemp(path);
	struct console_config config = { .kind = CONSOLE_FILE, .path = path, .max = 1000 };
	struct err err = { 0 };
	char back[2000] = "";
	struct stat st;

	assert_int_equal(console_open(&b->console, &config, &b->loop, &ops, b, &err), 0);
	for (unsigned i = 0; i < 1000; i++) {
		char line[16];

		snprintf(line, sizeof(line), "line %04u\n", i);
		b->console.stream.take(&b->console.stream, (const u8 *)line, 10);
		assert_int_equal(loop_step(&b->loop, 0, &err), 0);
		assert_int_equal(fstat(fd, &st), 0);
		assert_true(st.st_size <= 1000);
	}
	console_close(&b->console);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(st.st_size >= 500);
	assert_int_equal(pread(fd, back, sizeof(back) - 1, 0), st.st_size);
	assert_string_equal(back + st.st_size - 20, "line 0998\nline 0999\n");
	assert_int_equal(strncmp(back, "line 09", 7), 0);
	unlink(path);
}

/* Nobody else reads it, and a link that another user made leads nowhere. */
static void output_to_a_file_is_for_this_user_alone(void **state)
{
	struct bench *b = *state;
	char directory[] = "/tmp/unit-console-XXXXXX", path[64], link[64];
	struct console_config config = { .kind = CONSOLE_FILE, .path = path };
	struct err err = { 0 };
	struct stat st;

	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/log", directory);
	snprintf(link, sizeof(link), "%s/link", directory);
	assert_int_equal(console_open(&b->console, &config, &b->loop, &ops, b, &err), 0);
	console_close(&b->console);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(symlink(path, link), 0);
	config.path = link;
	assert_int_equal(console_open(&b->console, &config, &b->loop, &ops, b, &err), -ELOOP);
	assert_non_null(strstr(err.help, "symbolic link"));
	unlink(link);
	unlink(path);
	rmdir(directory);
}

static void a_full_disk_ends_the_log_and_not_the_machine(void **state)
{
	struct bench *b = *state;
	char path[] = "/tmp/unit-console-XXXXXX";
	own_fd int fd = mkstemp(path);
	struct console_config config = { .kind = CONSOLE_FILE, .path = "/dev/full" };
	struct rlimit before, limit = { 0 };
	struct err err = { 0 };

	assert_int_equal(console_open(&b->console, &config, &b->loop, &ops, b, &err), 0);
	stream_connect(&b->console.stream, &b->guest);
	print(b, "x", 1);
	/* A device that refuses is somebody who left; a file is not. */
	assert_int_equal(b->gone, 1);
	console_close(&b->console);

	config.path = path;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit.rlim_max = before.rlim_max;
	assert_int_equal(console_open(&b->console, &config, &b->loop, &ops, b, &err), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (int i = 0; i < 200; i++)
		assert_int_equal(print(b, b->got, 1024), 1024);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(b->gone, 1);
	unlink(path);
}

static void a_file_that_cannot_be_opened_is_named(void **state)
{
	struct bench *b = *state;
	struct console_config config = { .kind = CONSOLE_FILE, .path = "/nonexistent/log" };
	struct err err = { 0 };

	assert_int_equal(console_open(&b->console, &config, &b->loop, &ops, b, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent/log"));
}

static void none_swallows(void **state)
{
	struct bench *b = *state;
	struct console_config config = { .kind = CONSOLE_NONE };
	struct err err = { 0 };

	assert_int_equal(console_open(&b->console, &config, &b->loop, &ops, b, &err), 0);
	for (int i = 0; i < 200; i++)
		assert_int_equal(print(b, b->got, 1024), 1024);
}

/* A guest that sends back what it reads, polling the port on a thread of its own. */
struct echo {
	struct bus pio;
	pthread_mutex_t lock;
	struct fake_line irq;
	struct serial serial;
	size_t len;
};

static u8 in(struct echo *e, unsigned reg)
{
	return (u8)bus_read(&e->pio, SERIAL_COM1 + reg, 1);
}

static void *echo_guest(void *arg)
{
	struct echo *e = arg;

	for (size_t i = 0; i < e->len; i++) {
		while (!(in(e, UART_LSR) & UART_LSR_DR))
			sched_yield();
		while (!(in(e, UART_LSR) & UART_LSR_THRE))
			sched_yield();
		bus_write(&e->pio, SERIAL_COM1 + UART_TX, 1, in(e, UART_RX));
	}
	return NULL;
}

static void every_byte_comes_back_from_a_guest_in_order(void **state)
{
	struct bench *b = *state;
	struct echo *e = calloc(1, sizeof(*e));
	size_t sent = 0, seen = 0;
	struct err err = { 0 };
	char back[4096];
	pthread_t thread;

	e->len = 20000;
	bus_open(&e->pio);
	pthread_mutex_init(&e->lock, NULL);
	fake_line_init(&e->irq);
	assert_int_equal(serial_open(&e->serial, &e->pio, SERIAL_COM1, &e->irq.line, &e->lock), 0);
	/* Before anything arrives: it empties the FIFO. */
	bus_write(&e->pio, SERIAL_COM1 + UART_FCR, 1, UART_FCR_ENABLE_FIFO);
	open_on(b, b->in[0], b->out[1]);
	stream_connect(&b->console.stream, &e->serial.stream);
	fcntl(b->in[1], F_SETFL, O_NONBLOCK);
	fcntl(b->out[0], F_SETFL, O_NONBLOCK);
	assert_int_equal(pthread_create(&thread, NULL, echo_guest, e), 0);
	while (seen < e->len) {
		char next = (char)(sent * 7 + sent / 251);
		ssize_t n;

		if (sent < e->len && write(b->in[1], &next, 1) == 1)
			sent++;
		/* Now and then the reader falls behind, so that the guest has to wait. */
		n = sent % 3000 < 2000 || sent == e->len ? read(b->out[0], back, sizeof(back)) : 0;
		for (ssize_t i = 0; i < n; i++, seen++)
			assert_int_equal(back[i], (char)(seen * 7 + seen / 251));
		assert_int_equal(loop_step(&b->loop, 0, &err), 0);
	}
	pthread_join(thread, NULL);
	serial_close(&e->serial);
	bus_close(&e->pio);
	pthread_mutex_destroy(&e->lock);
	free(e);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(specs),
		TEST(the_terminal_is_raw_while_it_is_the_guests),
		TEST(keys_reach_the_guest),
		cmocka_unit_test(the_escape),
		TEST(the_escape_works_between_reads_and_while_the_guest_hangs),
		TEST(output_reaches_the_screen),
		TEST(a_stopped_terminal_pushes_back_and_nothing_is_lost),
		TEST(a_terminal_that_hangs_up_is_told_once),
		TEST(pipes_have_no_escape_and_end_quietly),
		TEST(a_pipe_is_read_as_the_guest_takes_it),
		TEST(a_reader_that_leaves_is_told),
		TEST(files_stand_in_for_a_terminal),
		TEST(dev_null_is_an_end_of_input),
		TEST(output_to_a_file_is_complete_at_the_end),
		TEST(output_to_a_file_has_a_size),
		TEST(output_to_a_file_is_for_this_user_alone),
		TEST(a_full_disk_ends_the_log_and_not_the_machine),
		TEST(a_file_that_cannot_be_opened_is_named),
		TEST(none_swallows),
		TEST(every_byte_comes_back_from_a_guest_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
