// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a viewer of VNC sends, to the process that parses it: before and after the handshake, and
 * what it does to the keyboard and the mouse; with a password and without, and while the picture
 * changes. The threads of the server do not run.
 */
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/log.h"
#include "fuzz.h"
#include "vm/display/bochs.h"
#include "vm/display/vnc_internal.h"

#define MOST       16384
#define MAX_ROUNDS 2000

static struct {
	struct screen screen;
	struct vnc vnc, locked; /* the other has a password */
	struct input input;
	unsigned events;
	bool open;
} b;

static bool on_ready(struct input *input)
{
	return b.events % 7;
}

static void on_key(struct input *input, u8 key, bool down)
{
	b.events++;
}

static void on_pointer(struct input *input, int x, int y, int wheel, u8 buttons)
{
	CLAIM(x > -70000 && x < 70000 && y > -70000 && y < 70000 && wheel >= -1 && wheel <= 1);
	CLAIM(!(buttons & ~(INPUT_LEFT | INPUT_MIDDLE | INPUT_RIGHT)));
	b.events++;
}

/* Once: libvncserver takes a moment, and keeps much. */
static void open_server(void)
{
	const struct picture picture = { .width = 64, .height = 64, .stride = 256 };
	struct vnc_config config = {
		.listener = -1, .name = "fuzz", .screen = &b.screen, .input = &b.input
	};
	struct err err = { 0 };

	log_set_level(LOG_ERROR);
	b.input = (struct input){ on_ready, on_key, on_pointer };
	CLAIM(!screen_make(&b.screen, BOCHS_MEMORY, &err));
	screen_show(&b.screen, &picture);
	CLAIM(!vnc_open(&b.vnc, &config, &err));
	config.password = "password";
	CLAIM(!vnc_open(&b.locked, &config, &err));
	/* A wrong password costs no time. */
	CLAIM(!eventfd_write(b.locked.stop, 1));
	b.open = true;
}

static void *drain(void *arg)
{
	static u8 bytes[1 << 16];
	int fd = *(int *)arg;

	while (recv(fd, bytes, sizeof(bytes), 0) > 0)
		;
	return NULL;
}

static bool unread(const struct vnc_client *client)
{
	int n = 0;

	return !ioctl(client->socket, FIONREAD, &n) && n > 0;
}

/* Each time another size, and other pixels. */
static void change_picture(void)
{
	static unsigned turn;
	const u16 side = 32 * (1 + turn % 5);
	const struct picture picture = { .width = side, .height = side, .stride = side * 4u };

	memset(b.screen.pixels, (int)turn++, side * 64u);
	screen_show(&b.screen, &picture);
}

/* As vnc_client_serve(), but for the waits. */
static void serve(struct vnc_client *client)
{
	client->since = vnc_now_ms();
	client->pointed = client->unfit = false;
	client->mask = 0;
	memset(client->keys, 0, sizeof(client->keys));
	if (vnc_client_handshake(client))
		for (unsigned n = 0; n < MAX_ROUNDS && client->screen->clientHead && unread(client);
			n++)
			client->vnc->library.process_events(client->screen, 0);
	vnc_client_part(client);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const char hello[] = "RFB 003.008\n\1\1";
	struct vnc_client *client;
	pthread_t thread;
	int pair[2];

	if (!b.open)
		open_server();
	if (!size)
		return 0;
	if (size > MOST)
		size = MOST;
	client = data[0] & 4 ? &b.locked.clients[0] : &b.vnc.clients[0];
	CLAIM(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	client->socket = pair[0];
	if (data[0] & 1)
		CLAIM(send(pair[1], hello, sizeof(hello) - 1, 0) == sizeof(hello) - 1);
	CLAIM(send(pair[1], data + 1, size - 1, 0) == (ssize_t)size - 1);
	shutdown(pair[1], SHUT_WR);
	CLAIM(!pthread_create(&thread, NULL, drain, &pair[1]));
	change_picture();
	if (data[0] & 2)
		vnc_client_serve(client);
	else
		serve(client);
	shutdown(pair[0], SHUT_RDWR);
	close(pair[0]);
	client->socket = -1;
	pthread_join(thread, NULL);
	close(pair[1]);
	return 0;
}
