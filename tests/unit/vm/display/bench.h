/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What these tests have in common. */
#ifndef UNIT_VM_DISPLAY_BENCH_H
#define UNIT_VM_DISPLAY_BENCH_H

#include "vm/display/bochs.h"
#include "vm/display/vnc.h"
#include "vm/display/vnc_address.h"

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
	struct vnc_address address;
	char directory[40], path[60], password[9];
	pthread_mutex_t lock; /* of what follows */
	struct seen keys[MAX_KEYS];
	unsigned nr_keys;
	int x, y, wheel;
	u8 buttons;
};

static inline bool on_ready(struct input *input)
{
	return true;
}

static inline void on_key(struct input *input, u8 key, bool down)
{
	struct bench *b = container_of(input, struct bench, input);

	pthread_mutex_lock(&b->lock);
	if (b->nr_keys < MAX_KEYS)
		b->keys[b->nr_keys++] = (struct seen){ key, down };
	pthread_mutex_unlock(&b->lock);
}

static inline void on_pointer(struct input *input, int x, int y, int wheel, u8 buttons)
{
	struct bench *b = container_of(input, struct bench, input);

	pthread_mutex_lock(&b->lock);
	b->x += x;
	b->y += y;
	b->wheel += wheel;
	b->buttons = buttons;
	pthread_mutex_unlock(&b->lock);
}

static inline void set_mode(struct bench *b, u16 width, u16 height)
{
	const struct {
		enum bochs_dispi index;
		u16 value;
	} writes[] = { { DISPI_XRES, width }, { DISPI_VIRT_WIDTH, width }, { DISPI_YRES, height },
		{ DISPI_BPP, 32 }, { DISPI_ENABLE, 0x41 } };
	const struct pci_dev_bar *bar = &b->bochs.pci.bars[BOCHS_MMIO_BAR];

	pthread_mutex_lock(&b->bochs.lock);
	for (size_t i = 0; i < ARRAY_SIZE(writes); i++)
		bar->ops->write(bar->owner, BOCHS_DISPI + 2 * writes[i].index, 2, writes[i].value);
	pthread_mutex_unlock(&b->bochs.lock);
}

/* Between two looks of the server: a guest would not wait, and TSan would say so. */
static inline void hold(struct bench *b, bool on)
{
	if (!b->vnc.running)
		return;
	if (on)
		pthread_mutex_lock(&b->vnc.lock);
	else
		pthread_mutex_unlock(&b->vnc.lock);
}

static inline void draw(struct bench *b, unsigned count, u32 seed)
{
	hold(b, true);
	for (unsigned i = 0; i < count; i++) {
		seed = seed * 1664525 + 1013904223;
		put_le32(b->bochs.memory + 4 * i, seed >> 8);
	}
	hold(b, false);
}

static inline void start(struct bench *b, const char *address, const char *password)
{
	struct vnc_config config = {
		.name = "unit",
		.password = password,
		.screen = &b->bochs.screen,
		.input = &b->input,
	};
	struct err err = { 0 };

	assert_int_equal(vnc_address_parse(&b->address, address, &err), 0);
	config.listener = vnc_address_listen(&b->address, &err);
	assert_true(config.listener >= 0);
	assert_int_equal(vnc_open(&b->vnc, &config, &err), 0);
	assert_int_equal(vnc_start(&b->vnc, &err), 0);
}

static inline void start_unix(struct bench *b, const char *password)
{
	char address[80];

	snprintf(address, sizeof(address), "unix:%s", b->path);
	start(b, address, password);
}

static inline int setup(void **state)
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

static inline int teardown(void **state)
{
	struct bench *b = *state;
	struct stat st;

	vnc_close(&b->vnc);
	vnc_close(&b->vnc);
	vnc_address_unlink(&b->address);
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

static inline u64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / 1000000;
}

static inline void get(struct viewer *v, void *bytes, size_t size)
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

static inline void put(struct viewer *v, const void *bytes, size_t size)
{
	assert_int_equal(send(v->fd, bytes, size, MSG_NOSIGNAL), size);
}

#define PUT(v, ...)                                    \
	do {                                           \
		const u8 message_[] = { __VA_ARGS__ }; \
		put(v, message_, sizeof(message_));    \
	} while (0)

/* Whether the other side ends the connection. */
static inline bool is_ended(struct viewer *v)
{
	struct pollfd readable = { .fd = v->fd, .events = POLLIN };
	u8 bytes[256];

	while (poll(&readable, 1, WAIT_MS) == 1)
		if (read(v->fd, bytes, sizeof(bytes)) <= 0)
			return true;
	return false;
}

static inline void dial(struct viewer *v, const struct vnc_address *address)
{
	*v = (struct viewer){ .fd = socket(address->any.sa_family, SOCK_STREAM, 0) };
	assert_true(v->fd >= 0);
	assert_int_equal(connect(v->fd, &address->any, address->size), 0);
}

/* As far as the server's list of ways to log in, which is one. */
static inline void greet(struct viewer *v, struct bench *b, u8 way)
{
	u8 bytes[12];

	dial(v, &b->address);
	get(v, bytes, 12);
	assert_memory_equal(bytes, "RFB 003.008\n", 12);
	put(v, "RFB 003.008\n", 12);
	get(v, bytes, 2);
	assert_int_equal(bytes[0], 1);
	assert_int_equal(bytes[1], way);
	put(v, &way, 1);
}

/* From the result of the login to the first request. */
static inline void begin(struct viewer *v)
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

static inline void join(struct viewer *v, struct bench *b)
{
	greet(v, b, 1);
	begin(v);
}

static inline void leave(struct viewer *v)
{
	close(v->fd);
	free(v->pixels);
}

static inline void ask(struct viewer *v, bool incremental)
{
	PUT(v, 3, incremental, 0, 0, 0, 0, (u8)(v->width >> 8), (u8)v->width, (u8)(v->height >> 8),
		(u8)v->height);
}

/* Returns whether it was the size that changed. */
static inline bool take_rect(struct viewer *v)
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
static inline bool take_update(struct viewer *v)
{
	bool resized = false;
	u8 head[4];

	get(v, head, sizeof(head));
	assert_int_equal(head[0], 0);
	for (unsigned n = get_be16(head + 2); n; n--)
		resized |= take_rect(v);
	return resized;
}

static inline bool shows(const struct viewer *v, const struct bench *b)
{
	for (size_t i = 0; i < (size_t)v->width * v->height; i++)
		if ((v->pixels[i] & 0xffffff) != get_le32(b->bochs.memory + 4 * i))
			return false;
	return true;
}

/* Asks for updates until the viewer has what the display has. */
static inline void catch_up(struct viewer *v, struct bench *b, u16 width, u16 height)
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

static inline void wait_for_keys(struct bench *b, unsigned count)
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

static inline void press(struct viewer *v, u32 keysym, bool down)
{
	PUT(v, 4, down, 0, 0, (u8)(keysym >> 24), (u8)(keysym >> 16), (u8)(keysym >> 8),
		(u8)keysym);
}

#endif
