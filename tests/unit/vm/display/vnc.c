// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/display/vnc.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <rfb/keysym.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "unit.h"

#define PASSWORD "geheim12"
#define WAIT_MS  20000
#define RAW      0
#define NEW_SIZE (-223)
#define MAX_KEYS 64

/* The viewer's side: RFC 6143, as much of it as these tests want. */
struct viewer {
	int fd;
	u16 width, height;
	u32 *pixels; /* as the display's memory has them */
};

struct seen {
	u8 key;
	bool down;
};

struct bench {
	struct bus mmio, pio;
	struct mem mem;
	struct pci_host host;
	struct bochs bochs;
	struct input input;
	struct vnc vnc;
	char directory[40], path[60], password[9];
	pthread_mutex_t lock; /* of what follows */
	struct seen keys[MAX_KEYS];
	unsigned nr_keys;
	int x, y, wheel;
	u8 buttons;
};

static bool on_ready(struct input *input)
{
	return true;
}

static void on_key(struct input *input, u8 key, bool down)
{
	struct bench *b = container_of(input, struct bench, input);

	pthread_mutex_lock(&b->lock);
	if (b->nr_keys < MAX_KEYS)
		b->keys[b->nr_keys++] = (struct seen){ key, down };
	pthread_mutex_unlock(&b->lock);
}

static void on_pointer(struct input *input, int x, int y, int wheel, u8 buttons)
{
	struct bench *b = container_of(input, struct bench, input);

	pthread_mutex_lock(&b->lock);
	b->x += x;
	b->y += y;
	b->wheel += wheel;
	b->buttons = buttons;
	pthread_mutex_unlock(&b->lock);
}

static void set_mode(struct bench *b, u16 width, u16 height)
{
	pthread_mutex_lock(&b->bochs.lock);
	b->bochs.dispi[DISPI_XRES] = b->bochs.dispi[DISPI_VIRT_WIDTH] = width;
	b->bochs.dispi[DISPI_YRES] = height;
	b->bochs.dispi[DISPI_BPP] = 32;
	b->bochs.dispi[DISPI_ENABLE] = 0x41;
	pthread_mutex_unlock(&b->bochs.lock);
}

/* Between two looks of the server: a guest would not wait, and TSan would say so. */
static void hold(struct bench *b, bool on)
{
	if (!b->vnc.running)
		return;
	if (on)
		pthread_mutex_lock(&b->vnc.lock);
	else
		pthread_mutex_unlock(&b->vnc.lock);
}

static void draw(struct bench *b, unsigned count, u32 seed)
{
	hold(b, true);
	for (unsigned i = 0; i < count; i++) {
		seed = seed * 1664525 + 1013904223;
		put_le32(b->bochs.memory + 4 * i, seed >> 8);
	}
	hold(b, false);
}

static void start(struct bench *b, const char *address, const char *password)
{
	struct vnc_config config = {
		.name = "unit",
		.password = password,
		.display = &b->bochs,
		.input = &b->input,
	};
	struct err err = { 0 };

	assert_int_equal(vnc_address_parse(&config.address, address, &err), 0);
	assert_int_equal(vnc_open(&b->vnc, &config, &err), 0);
}

static void start_unix(struct bench *b, const char *password)
{
	char address[80];

	snprintf(address, sizeof(address), "unix:%s", b->path);
	start(b, address, password);
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct err err = { 0 };

	bus_open(&b->mmio);
	bus_open(&b->pio);
	mem_open(&b->mem, NULL, &err);
	pci_host_init(&b->host, &b->mmio, &b->pio, &b->mem, NULL);
	assert_int_equal(bochs_open(&b->bochs, &b->host, 0, NULL, 0, &err), 0);
	b->input = (struct input){ on_ready, on_key, on_pointer };
	pthread_mutex_init(&b->lock, NULL);
	strcpy(b->directory, "/tmp/tenon-unit-XXXXXX");
	assert_non_null(mkdtemp(b->directory));
	snprintf(b->path, sizeof(b->path), "%s/vnc", b->directory);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;
	struct stat st;

	vnc_close(&b->vnc);
	vnc_close(&b->vnc);
	/* Nothing is left of it. */
	assert_int_equal(stat(b->path, &st), -1);
	assert_int_equal(rmdir(b->directory), 0);
	bochs_close(&b->bochs);
	pci_host_close(&b->host);
	mem_close(&b->mem);
	bus_close(&b->mmio);
	bus_close(&b->pio);
	pthread_mutex_destroy(&b->lock);
	free(b);
	return 0;
}

static u64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / 1000000;
}

static void get(struct viewer *v, void *bytes, size_t size)
{
	struct pollfd readable = { .fd = v->fd, .events = POLLIN };

	for (size_t done = 0; done < size;) {
		ssize_t n;

		assert_int_equal(poll(&readable, 1, WAIT_MS), 1);
		n = read(v->fd, (char *)bytes + done, size - done);
		assert_true(n > 0);
		done += (size_t)n;
	}
}

static void put(struct viewer *v, const void *bytes, size_t size)
{
	assert_int_equal(send(v->fd, bytes, size, MSG_NOSIGNAL), size);
}

#define PUT(v, ...)                                    \
	do {                                           \
		const u8 message_[] = { __VA_ARGS__ }; \
		put(v, message_, sizeof(message_));    \
	} while (0)

/* Whether the other side ends the connection. */
static bool is_ended(struct viewer *v)
{
	struct pollfd readable = { .fd = v->fd, .events = POLLIN };
	u8 bytes[256];

	while (poll(&readable, 1, WAIT_MS) == 1)
		if (read(v->fd, bytes, sizeof(bytes)) <= 0)
			return true;
	return false;
}

static void dial(struct viewer *v, const struct vnc_address *address)
{
	*v = (struct viewer){ .fd = socket(address->any.sa_family, SOCK_STREAM, 0) };
	assert_true(v->fd >= 0);
	assert_int_equal(connect(v->fd, &address->any, address->size), 0);
}

/* As far as the server's list of ways to log in, which is one. */
static void greet(struct viewer *v, struct bench *b, u8 way)
{
	u8 bytes[12];

	dial(v, &b->vnc.config.address);
	get(v, bytes, 12);
	assert_memory_equal(bytes, "RFB 003.008\n", 12);
	put(v, "RFB 003.008\n", 12);
	get(v, bytes, 2);
	assert_int_equal(bytes[0], 1);
	assert_int_equal(bytes[1], way);
	put(v, &way, 1);
}

/* From the result of the login to the first request. */
static void begin(struct viewer *v)
{
	u8 init[24], name[64];
	u32 result;

	get(v, &result, 4);
	assert_int_equal(result, 0);
	PUT(v, 1);
	get(v, init, sizeof(init));
	v->width = get_be16(init);
	v->height = get_be16(init + 2);
	v->pixels = calloc(4096 * 1024, 4);
	get(v, name, get_be32(init + 20));
	assert_memory_equal(name, "unit", 4);
	/* 32 bits, blue first; raw, and changes of the size. */
	PUT(v, 0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0);
	PUT(v, 2, 0, 0, 2, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x21);
}

static void join(struct viewer *v, struct bench *b)
{
	greet(v, b, 1);
	begin(v);
}

static void leave(struct viewer *v)
{
	close(v->fd);
	free(v->pixels);
}

static void ask(struct viewer *v, bool incremental)
{
	PUT(v, 3, incremental, 0, 0, 0, 0, (u8)(v->width >> 8), (u8)v->width, (u8)(v->height >> 8),
		(u8)v->height);
}

/* Returns whether it was the size that changed. */
static bool take_rect(struct viewer *v)
{
	u8 head[12];
	u16 x, y, width, height;

	get(v, head, sizeof(head));
	x = get_be16(head);
	y = get_be16(head + 2);
	width = get_be16(head + 4);
	height = get_be16(head + 6);
	if ((int)get_be32(head + 8) == NEW_SIZE) {
		v->width = width;
		v->height = height;
		return true;
	}
	assert_int_equal(get_be32(head + 8), RAW);
	assert_true(x + width <= v->width && y + height <= v->height);
	for (unsigned row = 0; row < height; row++)
		get(v, v->pixels + (size_t)(y + row) * v->width + x, width * 4);
	return false;
}

/* One update; returns whether it changed the size. */
static bool take_update(struct viewer *v)
{
	bool resized = false;
	u8 head[4];

	get(v, head, sizeof(head));
	assert_int_equal(head[0], 0);
	for (unsigned n = get_be16(head + 2); n; n--)
		resized |= take_rect(v);
	return resized;
}

static bool shows(const struct viewer *v, const struct bench *b)
{
	for (size_t i = 0; i < (size_t)v->width * v->height; i++)
		if ((v->pixels[i] & 0xffffff) != get_le32(b->bochs.memory + 4 * i))
			return false;
	return true;
}

/* Asks for updates until the viewer has what the display has. */
static void catch_up(struct viewer *v, struct bench *b, u16 width, u16 height)
{
	u64 end = now_ms() + WAIT_MS;

	ask(v, false);
	take_update(v);
	while (v->width != width || v->height != height || !shows(v, b)) {
		assert_true(now_ms() < end);
		ask(v, false);
		take_update(v);
	}
}

static void a_picture_arrives_as_it_is(void **state)
{
	struct bench *b = *state;
	struct viewer v;

	set_mode(b, 800, 600);
	draw(b, 800 * 600, 1);
	start_unix(b, NULL);
	join(&v, b);
	assert_int_equal(v.width, 800);
	assert_int_equal(v.height, 600);
	ask(&v, false);
	take_update(&v);
	assert_true(shows(&v, b));
	/* Then one pixel of it. */
	hold(b, true);
	put_le32(b->bochs.memory + 4 * (300 * 800 + 700), 0x123456);
	hold(b, false);
	ask(&v, true);
	take_update(&v);
	assert_true(shows(&v, b));
	leave(&v);
}

static void a_new_mode_is_followed(void **state)
{
	struct bench *b = *state;
	struct viewer v;

	start_unix(b, NULL);
	join(&v, b);
	assert_int_equal(v.width, 640);
	assert_int_equal(v.height, 480);
	ask(&v, false);
	take_update(&v);
	assert_true(shows(&v, b));
	draw(b, 1024 * 768, 2);
	set_mode(b, 1024, 768);
	catch_up(&v, b, 1024, 768);
	set_mode(b, 320, 200);
	catch_up(&v, b, 320, 200);
	leave(&v);
}

/* Who cannot be told of a size is sent away, and gets it when he comes again. */
static void a_viewer_of_one_size_comes_again(void **state)
{
	struct bench *b = *state;
	struct viewer v;

	start_unix(b, NULL);
	join(&v, b);
	PUT(&v, 2, 0, 0, 1, 0, 0, 0, 0);
	ask(&v, false);
	take_update(&v);
	set_mode(b, 320, 200);
	ask(&v, true);
	assert_true(is_ended(&v));
	leave(&v);
	join(&v, b);
	assert_int_equal(v.width, 320);
	leave(&v);
}

static void encrypt(u8 challenge[16], char *password)
{
	void *library = dlopen("libvncserver.so.1", RTLD_NOW);
	void (*encrypt_bytes)(u8 * bytes, char *passwd);

	assert_non_null(library);
	*(void **)&encrypt_bytes = dlsym(library, "rfbEncryptBytes");
	assert_non_null(encrypt_bytes);
	encrypt_bytes(challenge, password);
}

static void the_right_password_opens(void **state)
{
	char password[] = PASSWORD;
	struct bench *b = *state;
	struct viewer v;
	u8 challenge[16];

	start_unix(b, PASSWORD);
	greet(&v, b, 2);
	get(&v, challenge, 16);
	encrypt(challenge, password);
	put(&v, challenge, 16);
	begin(&v);
	ask(&v, false);
	take_update(&v);
	leave(&v);
}

static void a_wrong_password_does_not(void **state)
{
	char wrong[] = "geheim13";
	struct bench *b = *state;
	struct viewer v;
	u8 challenge[16];
	u32 result;
	u64 begun;

	start_unix(b, PASSWORD);
	greet(&v, b, 2);
	get(&v, challenge, 16);
	encrypt(challenge, wrong);
	begun = now_ms();
	put(&v, challenge, 16);
	get(&v, &result, 4);
	assert_int_equal(ntohl(result), 1);
	/* Not as fast as one could guess. */
	assert_true(now_ms() - begun >= 900);
	assert_true(is_ended(&v));
	close(v.fd);
	/* Nor does asking for no password at all, */
	greet(&v, b, 2);
	close(v.fd);
	dial(&v, &b->vnc.config.address);
	get(&v, challenge, 12);
	put(&v, "RFB 003.008\n\1", 13);
	assert_true(is_ended(&v));
	close(v.fd);
	/* or an old version, which is not asked but told. */
	dial(&v, &b->vnc.config.address);
	get(&v, challenge, 12);
	put(&v, "RFB 003.003\n", 12);
	get(&v, &result, 4);
	assert_int_equal(ntohl(result), 2);
	close(v.fd);
	assert_int_equal(b->nr_keys, 0);
}

static void wait_for_keys(struct bench *b, unsigned count)
{
	u64 end = now_ms() + WAIT_MS;
	unsigned n;

	do {
		usleep(1000);
		pthread_mutex_lock(&b->lock);
		n = b->nr_keys;
		pthread_mutex_unlock(&b->lock);
		assert_true(now_ms() < end);
	} while (n < count);
	assert_int_equal(n, count);
}

static void press(struct viewer *v, u32 keysym, bool down)
{
	PUT(v, 4, down, 0, 0, (u8)(keysym >> 24), (u8)(keysym >> 16), (u8)(keysym >> 8),
		(u8)keysym);
}

static void keys_reach_the_keyboard(void **state)
{
	struct bench *b = *state;
	struct viewer v;

	start_unix(b, NULL);
	join(&v, b);
	press(&v, XK_Shift_L, true);
	press(&v, 'A', true);
	press(&v, 'A', false);
	press(&v, 0x010020ac, true); /* no key */
	press(&v, XK_Up, true);
	wait_for_keys(b, 4);
	assert_int_equal(b->keys[0].key, 0x2a);
	assert_int_equal(b->keys[1].key, 0x1e);
	assert_true(b->keys[1].down);
	assert_false(b->keys[2].down);
	assert_int_equal(b->keys[3].key, INPUT_KEY_EXTENDED | 0x48);
	/* What is held when the viewer goes is let go. */
	leave(&v);
	wait_for_keys(b, 6);
	assert_int_equal(b->keys[4].key, 0x2a);
	assert_int_equal(b->keys[5].key, INPUT_KEY_EXTENDED | 0x48);
	assert_false(b->keys[4].down || b->keys[5].down);
}

static bool is_never_ready(struct input *input)
{
	return false;
}

/* Viewers that leave a backlog of keys, for a guest that reads none, do not keep their places. */
static void a_backlog_goes_with_its_viewer(void **state)
{
	struct bench *b = *state;
	struct viewer v;
	u64 start_ms;

	b->input.ready = is_never_ready;
	start_unix(b, NULL);
	for (unsigned i = 0; i < VNC_CLIENTS; i++) {
		join(&v, b);
		for (unsigned n = 0; n < 150; n++)
			press(&v, 'A', !(n % 2));
		leave(&v);
	}
	start_ms = now_ms();
	usleep(500000);
	join(&v, b);
	leave(&v);
	assert_true(now_ms() - start_ms < 5000);
}

static void point(struct viewer *v, u8 mask, u16 x, u16 y)
{
	PUT(v, 5, mask, (u8)(x >> 8), (u8)x, (u8)(y >> 8), (u8)y);
}

static void the_pointer_moves_the_mouse(void **state)
{
	struct bench *b = *state;
	struct viewer v;

	start_unix(b, NULL);
	join(&v, b);
	/* The first place says nothing of a way. */
	point(&v, 0, 100, 100);
	point(&v, 1, 110, 95);
	point(&v, 1 | 16, 110, 95);
	point(&v, 1, 110, 95);
	point(&v, 1 | 16, 110, 95);
	point(&v, 4, 112, 95);
	point(&v, 4 | 8, 112, 95);
	press(&v, 'a', true);
	wait_for_keys(b, 1);
	pthread_mutex_lock(&b->lock);
	assert_int_equal(b->x, 12);
	assert_int_equal(b->y, -5);
	assert_int_equal(b->wheel, 1);
	assert_int_equal(b->buttons, INPUT_RIGHT);
	pthread_mutex_unlock(&b->lock);
	leave(&v);
	wait_for_keys(b, 2);
	vnc_close(&b->vnc);
	assert_int_equal(b->buttons, 0);
}

static void several_may_watch(void **state)
{
	struct bench *b = *state;
	struct viewer v[VNC_CLIENTS], more;

	set_mode(b, 320, 200);
	draw(b, 320 * 200, 3);
	start_unix(b, NULL);
	for (unsigned i = 0; i < VNC_CLIENTS; i++)
		join(&v[i], b);
	for (unsigned i = 0; i < VNC_CLIENTS; i++)
		catch_up(&v[i], b, 320, 200);
	/* One more has no room, until one goes. */
	dial(&more, &b->vnc.config.address);
	assert_true(is_ended(&more));
	close(more.fd);
	leave(&v[3]);
	for (u64 end = now_ms() + WAIT_MS;;) {
		struct pollfd readable;
		u8 byte;

		dial(&v[3], &b->vnc.config.address);
		readable = (struct pollfd){ .fd = v[3].fd, .events = POLLIN };
		if (poll(&readable, 1, WAIT_MS) == 1 && read(v[3].fd, &byte, 1) == 1)
			break;
		close(v[3].fd);
		assert_true(now_ms() < end);
	}
	close(v[3].fd);
	for (unsigned i = 0; i < VNC_CLIENTS; i++)
		if (i != 3)
			leave(&v[i]);
}

/* He keeps waiting neither another viewer nor the end. */
static void who_never_reads_waits_alone(void **state)
{
	struct bench *b = *state;
	struct viewer deaf, mute, half, v;
	u64 begun;

	set_mode(b, 1920, 1080);
	draw(b, 1920 * 1080, 4);
	start_unix(b, NULL);
	join(&deaf, b);
	for (unsigned i = 0; i < 100; i++)
		ask(&deaf, false);
	dial(&mute, &b->vnc.config.address);
	dial(&half, &b->vnc.config.address);
	put(&half, "RFB", 3);
	join(&v, b);
	for (unsigned i = 0; i < 3; i++) {
		draw(b, 1920 * 1080, 5 + i);
		catch_up(&v, b, 1920, 1080);
	}
	press(&v, 'a', true);
	wait_for_keys(b, 1);
	begun = now_ms();
	vnc_close(&b->vnc);
	assert_true(now_ms() - begun < 3000);
	close(mute.fd);
	close(half.fd);
	leave(&deaf);
	leave(&v);
}

/* A page in a browser can connect, but speaks HTTP first. */
static void browsers_are_sent_away(void **state)
{
	static const char hello[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
				    "Connection: Upgrade\r\nOrigin: http://example.com\r\n"
				    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
				    "Sec-WebSocket-Protocol: binary\r\n"
				    "Sec-WebSocket-Version: 13\r\n\r\n";
	struct bench *b = *state;
	struct viewer v;

	start_unix(b, NULL);
	dial(&v, &b->vnc.config.address);
	put(&v, hello, sizeof(hello) - 1);
	assert_true(is_ended(&v));
	close(v.fd);
}

static void nonsense_ends_the_connection(void **state)
{
	struct bench *b = *state;
	struct viewer v;

	start_unix(b, NULL);
	dial(&v, &b->vnc.config.address);
	put(&v, "nonsense here\n", 14);
	assert_true(is_ended(&v));
	close(v.fd);
	join(&v, b);
	PUT(&v, 0xee, 1, 2, 3);
	assert_true(is_ended(&v));
	leave(&v);
	/* Half a message, and gone. */
	join(&v, b);
	PUT(&v, 4, 1);
	leave(&v);
	join(&v, b);
	ask(&v, false);
	take_update(&v);
	leave(&v);
}

static void listens_at_a_port(void **state)
{
	struct bench *b = *state;
	struct vnc second = { 0 };
	struct err err = { 0 };
	char address[32];
	struct viewer v;
	u16 port = 20000 + (u16)(getpid() % 30000);
	struct vnc_config config = { .display = &b->bochs, .input = &b->input };

	snprintf(address, sizeof(address), "127.0.0.1:%u", port);
	start(b, address, NULL);
	join(&v, b);
	leave(&v);
	config.address = b->vnc.config.address;
	assert_int_equal(vnc_open(&second, &config, &err), -EADDRINUSE);
	assert_non_null(strstr(err.text, "cannot listen for VNC at 127.0.0.1::"));
	vnc_close(&b->vnc);
	/* At once again, though connections were open. */
	start(b, address, NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_picture_arrives_as_it_is),
		TEST(a_new_mode_is_followed),
		TEST(a_viewer_of_one_size_comes_again),
		TEST(the_right_password_opens),
		TEST(a_wrong_password_does_not),
		TEST(keys_reach_the_keyboard),
		TEST(a_backlog_goes_with_its_viewer),
		TEST(the_pointer_moves_the_mouse),
		TEST(several_may_watch),
		TEST(who_never_reads_waits_alone),
		TEST(browsers_are_sent_away),
		TEST(nonsense_ends_the_connection),
		TEST(listens_at_a_port),
	};

	/* As the machine has it. */
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
