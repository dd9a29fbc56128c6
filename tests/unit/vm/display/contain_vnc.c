// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The process that talks to viewers: what the machine does if it is another's by now, and what that
 * process cannot do then.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "unit.h"
#include "vm/display/vnc_child.h"
#include "vm/display/vnc_link.h"
#include "vm/display/vnc_server.h"

struct world {
	struct loop loop;
	struct input input;
	struct vnc_child vnc;
	int theirs;
	bool full; /* the guest has no room for keys */
	unsigned nr_keys, nr_motions;
	u8 last_key;
	bool last_down;
	u8 buttons;
	struct input_place place;
};

static bool on_ready(struct input *input)
{
	return !container_of(input, struct world, input)->full;
}

static void on_key(struct input *input, u8 key, bool down)
{
	struct world *w = container_of(input, struct world, input);

	w->nr_keys++;
	w->last_key = key;
	w->last_down = down;
}

static void on_pointer(struct input *input, int x, int y, int wheel, u8 buttons)
{
	struct world *w = container_of(input, struct world, input);

	w->nr_motions++;
	w->buttons = buttons;
}

static void on_place(struct input *input, const struct input_place *place, int wheel, u8 buttons)
{
	struct world *w = container_of(input, struct world, input);

	w->nr_motions++;
	w->place = *place;
	w->buttons = buttons;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const struct vnc_child_config config = {
		.name = "unit", .password = "secret", .input = &w->input, .loop = &w->loop
	};
	const struct vnc_event ready = { .kind = VNC_READY };
	struct vnc_hello hello;
	struct err err = { 0 };
	int pair[2];

	w->input = (struct input){ on_ready, on_key, on_pointer };
	assert_int_equal(loop_open(&w->loop, &clock_system, &err), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	w->theirs = pair[1];
	assert_int_equal(send(w->theirs, &ready, sizeof(ready), 0), sizeof(ready));
	assert_int_equal(vnc_child_listen(&w->vnc, pair[0], &config, &err), 0);
	assert_int_equal(recv(w->theirs, &hello, sizeof(hello), 0), sizeof(hello));
	assert_int_equal(hello.kind, VNC_HELLO);
	assert_string_equal(hello.password, "secret");
	assert_string_equal(hello.name, "unit");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	vnc_child_close(&w->vnc);
	close(w->theirs);
	loop_close(&w->loop);
	free(w);
	return 0;
}

static bool say(struct world *w, const struct vnc_event *event)
{
	return send(w->theirs, event, sizeof(*event), MSG_DONTWAIT | MSG_NOSIGNAL) ==
	       sizeof(*event);
}

static void step(struct world *w)
{
	struct err err = { 0 };

	assert_int_equal(loop_step(&w->loop, 0, &err), 0);
}

static void keys_arrive_and_are_let_go(void **state)
{
	struct world *w = *state;

	assert_true(say(w, &(struct vnc_event){ .kind = VNC_KEY, .key = 0x1e, .down = 1 }));
	assert_true(say(w, &(struct vnc_event){ .kind = VNC_POINTER, .down = 0xff, .x = -3 }));
	assert_true(say(w, &(struct vnc_event){ .kind = 999 })); /* of a later version */
	step(w);
	assert_int_equal(w->nr_keys, 1);
	assert_int_equal(w->nr_motions, 1);
	assert_int_equal(w->buttons, INPUT_LEFT | INPUT_RIGHT | INPUT_MIDDLE);
	/* Its death releases what it held, and the loop goes on. */
	close(w->theirs);
	w->theirs = -1;
	step(w);
	assert_int_equal(w->nr_keys, 2);
	assert_int_equal(w->last_key, 0x1e);
	assert_false(w->last_down);
	assert_int_equal(w->buttons, 0);
	assert_null(w->loop.sources);
}

/* What is said of a place is cut off at the screen's edges; buttons are released where they are. */
static void places_are_on_the_screen(void **state)
{
	static const struct {
		s32 said;
		int is;
	} places[] = { { -1, 0 }, { 0, 0 }, { 5, 5 }, { INPUT_PLACE_MAX, INPUT_PLACE_MAX },
		{ INPUT_PLACE_MAX + 1, INPUT_PLACE_MAX }, { INT32_MIN, 0 },
		{ INT32_MAX, INPUT_PLACE_MAX } };
	struct world *w = *state;

	w->input.place = on_place;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		assert_true(say(w, &(struct vnc_event){ .kind = VNC_POINTER,
					   .down = 1,
					   .place_x = places[i].said,
					   .place_y = places[i].said,
					   .x = INT32_MAX }));
		step(w);
		assert_int_equal(w->place.x, places[i].is);
		assert_int_equal(w->place.y, places[i].is);
		assert_int_equal(w->place.dx, VNC_FARTHEST);
	}
	close(w->theirs);
	w->theirs = -1;
	step(w);
	assert_int_equal(w->buttons, 0);
	assert_int_equal(w->place.x, INPUT_PLACE_MAX);
	assert_int_equal(w->place.dx, 0);
}

static void nonsense_ends_it(void **state)
{
	static const u8 bytes[VNC_MESSAGE_MAX + 100] = { VNC_KEY };
	static const size_t sizes[] = { 1, 3, 4, sizeof(struct vnc_event) - 1,
		sizeof(struct vnc_event) + 1, VNC_MESSAGE_MAX, sizeof(bytes) };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		void *fresh;
		struct world *w;

		setup(&fresh);
		w = fresh;
		assert_int_equal(send(w->theirs, bytes, sizes[i], 0), sizes[i]);
		step(w);
		assert_int_equal(w->nr_keys, 0);
		assert_null(w->loop.sources);
		teardown(&fresh);
	}
}

/* However much it says, each turn of the loop is short, and a full keyboard stops the flow. */
static void floods_are_bounded(void **state)
{
	const struct vnc_event key = { .kind = VNC_KEY, .key = 2, .down = 1 };
	struct world *w = *state;
	unsigned sent = 0;

	for (unsigned turn = 0; turn < 100; turn++) {
		unsigned before = w->nr_keys;

		while (say(w, &key))
			sent++;
		step(w);
		assert_true(w->nr_keys - before <= 32);
	}
	assert_true(w->nr_keys > 0);
	w->full = true;
	step(w);
	for (unsigned turn = 0; turn < 100; turn++) {
		while (say(w, &key))
			sent++;
		step(w);
	}
	/* Then the socket is full, and what is in it is little. */
	assert_true(sent - w->nr_keys < 500);
	w->full = false;
	usleep(20000);
	step(w);
	step(w);
	assert_true(w->nr_keys > 0);
}

/* Runs @attempt in a process that is confined; its exit status. */
static int confined_so(enum confine_mode mode, int (*attempt)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		struct err err = { 0 };

		if (vnc_confine(mode, &err)) {
			fprintf(stderr, "%s\n", err.text);
			_exit(99);
		}
		_exit(attempt());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int confined(int (*attempt)(void))
{
	return confined_so(CONFINE_ON, attempt);
}

static int opens(void)
{
	return open("/etc/hostname", O_RDONLY) >= 0 ||
	       open("/tmp/x", O_CREAT | O_WRONLY, 0600) >= 0;
}

static int connects(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0 || socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}

static int kills(void)
{
	return !kill(1, 0);
}

static int forks(void)
{
	/* See try_fork() in unit-contain-sandbox. */
	long pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

	if (!pid)
		_exit(0);
	return pid > 0;
}

static int executes(void)
{
	static char name[] = "/bin/true";
	char *const argv[] = { name, NULL };

	execv(argv[0], argv);
	return 1;
}

static int traces(void)
{
	return !ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static int becomes_root(void)
{
	return !setuid(0);
}

static void *nothing(void *arg)
{
	return arg;
}

/* What it needs: connections, threads, memory. */
static int works(void)
{
	pthread_t thread;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || write(pair[0], "x", 1) != 1)
		return 1;
	if (pthread_create(&thread, NULL, nothing, NULL) || pthread_join(thread, NULL))
		return 2;
	return mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	       MAP_FAILED;
}

static void nothing_else_is_left(void **state)
{
	assert_int_equal(confined(works), 0);
	assert_int_equal(confined(opens), 0);
	assert_int_equal(confined(connects), 0);
	assert_int_equal(confined(kills), 0);
	assert_int_equal(confined(forks), 0);
	assert_int_equal(confined(executes), 128 + SIGSYS);
	assert_int_equal(confined(traces), 128 + SIGSYS);
	assert_int_equal(confined(becomes_root), 128 + SIGSYS);
}

static void modes_for_debugging(void **state)
{
	assert_int_equal(confined_so(CONFINE_LOG, works), 0);
	assert_int_equal(confined_so(CONFINE_LOG, connects), 1);
	assert_int_equal(confined_so(CONFINE_LOG, opens), 0); /* that is Landlock's */
	assert_int_equal(confined_so(CONFINE_OFF, opens), 1);
	assert_int_equal(confined_so(CONFINE_OFF, forks), 1);
	assert_int_equal(confined_so(CONFINE_OFF, executes), 0);
}

/* It cannot write the pixels, nor make the machine read beyond them. */
static void pixels_are_for_reading(void **state)
{
	struct screen ours, theirs;
	struct picture p = { .width = 640, .height = 480, .stride = 2560 };
	struct err err = { 0 };
	int fd;

	assert_int_equal(screen_make(&ours, 4 * MIB, &err), 0);
	assert_int_equal(screen_picture(&ours).width, 0);
	fd = screen_give(&ours);
	assert_true(fd >= 0);
	assert_ptr_equal(mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_int_equal(screen_open(&theirs, fd, 4 * MIB, &err), 0);
	screen_show(&ours, &p);
	ours.pixels[5] = 7;
	assert_int_equal(screen_picture(&theirs).width, 640);
	assert_int_equal(theirs.pixels[5], 7);
	/* A machine that says nonsense does not make it read beyond them either. */
	p.offset = 4 * MIB;
	screen_show(&ours, &p);
	assert_int_equal(screen_picture(&theirs).width, 0);
	p = (struct picture){ .width = 640, .height = 480, .stride = 16 };
	screen_show(&ours, &p);
	assert_int_equal(screen_picture(&theirs).width, 0);
	screen_close(&theirs);
	screen_close(&ours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keys_arrive_and_are_let_go, setup, teardown),
		cmocka_unit_test_setup_teardown(places_are_on_the_screen, setup, teardown),
		cmocka_unit_test(nonsense_ends_it),
		cmocka_unit_test_setup_teardown(floods_are_bounded, setup, teardown),
		cmocka_unit_test(nothing_else_is_left),
		cmocka_unit_test(modes_for_debugging),
		cmocka_unit_test(pixels_are_for_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
