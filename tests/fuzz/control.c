// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The control socket under hostile clients, up to three at a time: any bytes, cut anywhere, answers
 * that nobody reads, and events meanwhile. What a client gets is whole lines of JSON.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "fuzz.h"
#include "vm/control/internal.h"
#include "vm/pci/pci_bus.h"
#include "vm/vcpu/vcpu.h"

#define MAX_STEPS 300
#define CLIENTS   3

/* What to do for which client, and how many bytes of the input it is about. */
struct step {
	u8 kind;
	u8 size[2];
};

enum { SENDS, READS, EVENT, LEAVES, HELLO, NR_KINDS };

static char base[] = "/dev/shm/tenon-fuzz-control-XXXXXX";

static struct {
	struct loop loop;
	struct control control;
	struct vcpus vcpus;
	struct vcpu vcpu[2];
	struct pci_host host;
	bool paused, asleep, open;
	int clients[CLIENTS]; /* -1: not there */
} b;

static bool is_paused(void *owner)
{
	return b.paused;
}

static void set_paused(bool paused)
{
	if (b.paused != paused)
		control_event(&b.control, paused ? CONTROL_STOP : CONTROL_RESUME, false, NULL);
	b.paused = paused;
}

static void on_pause(void *owner)
{
	set_paused(true);
}

static void on_resume(void *owner)
{
	set_paused(false);
}

static void on_reset(void *owner)
{
	control_event(&b.control, CONTROL_RESET, false, "host-qmp-system-reset");
}

static void on_press(void *owner)
{
	control_event(&b.control, CONTROL_POWERDOWN, false, NULL);
}

static void on_quit(void *owner)
{
	control_event(&b.control, CONTROL_SHUTDOWN, false, "host-qmp-quit");
}

static bool is_asleep(void *owner)
{
	return b.asleep;
}

static void on_wake(void *owner)
{
	b.asleep = false;
}

static void look(void *owner, struct control_facts *facts)
{
	*facts = (struct control_facts){ .memory = GIB, .mapped = 1, .total = 2 };
}

static struct pci_host *pci(void *owner)
{
	return &b.host;
}

static const struct screen *screen(void *owner)
{
	return NULL;
}

static bool block(void *owner, unsigned n, struct control_block *block)
{
	*block = (struct control_block){ .file = "/\"d", .removable = n, .tray_open = b.open };
	return n < 2;
}

static int tray(void *owner, unsigned n, bool open, bool force)
{
	CLAIM(n == 1);
	b.open = open;
	return force ? -EBUSY : 0;
}

static const struct control_ops ops = {
	.look = look,
	.pci = pci,
	.screen = screen,
	.block = block,
	.tray = tray,
	.is_paused = is_paused,
	.is_asleep = is_asleep,
	.pause = on_pause,
	.resume = on_resume,
	.reset = on_reset,
	.press_power = on_press,
	.wake = on_wake,
	.quit = on_quit,
};

static void clean(void)
{
	char path[sizeof(base) + 16];

	snprintf(path, sizeof(path), "%s/vm/lock", base);
	unlink(path);
	snprintf(path, sizeof(path), "%s/vm/" CONTROL_SOCKET, base);
	unlink(path);
	snprintf(path, sizeof(path), "%s/vm", base);
	rmdir(path);
	rmdir(base);
}

static void step_loop(void)
{
	struct err err = { 0 };

	for (unsigned n = 0; n < 3; n++)
		CLAIM(!loop_step(&b.loop, 0, &err));
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
		const struct control_client *client = b.control.clients[i];

		CLAIM(!client || client->out_len <= CLIENT_OUT_MAX);
		CLAIM(!client || client->object_size <= CLIENT_OBJECT_MAX || client->closing);
	}
}

static int connect_client(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, b.control.file);
	CLAIM(fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof(address)));
	step_loop();
	return fd;
}

static void open_all(void)
{
	struct err err = { 0 };

	memset(&b, 0, sizeof(b));
	b.vcpus = (struct vcpus){ .vcpu = b.vcpu, .nr = 2 };
	CLAIM(!loop_open(&b.loop, &clock_system, &err));
	CLAIM(!control_open_in(&b.control, base, "vm", &b.loop, &ops, NULL, &err));
	b.control.vcpus = &b.vcpus;
	b.asleep = true;
	b.host.root.host = &b.host;
	pthread_mutex_init(&b.host.lock, NULL);
	for (unsigned i = 0; i < CLIENTS; i++)
		b.clients[i] = -1;
}

static void send_all(int fd, const void *bytes, size_t size)
{
	ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);

	CLAIM(n <= (ssize_t)size);
}

/* All that there is for it. Each line is an object. */
static void read_answers(int fd)
{
	static char bytes[CLIENT_OUT_MAX * 4];
	size_t size = 0;
	ssize_t n;

	while (size < sizeof(bytes) &&
		(n = recv(fd, bytes + size, sizeof(bytes) - size, MSG_DONTWAIT)) > 0) {
		size += (size_t)n;
		step_loop();
	}
	for (const char *line = bytes; line < bytes + size;) {
		const char *end = memchr(line, '\n', (size_t)(bytes + size - line));

		if (!end)
			break;
		CLAIM(end > line && end[-1] == '\r' && end[-2] == '}' && *line == '{');
		line = end + 1;
	}
}

static void take_step(const struct step *s, const u8 **data, size_t *left)
{
	static const char hello[] = "{\"execute\":\"qmp_capabilities\"}\n";
	size_t size = s->size[0] | s->size[1] << 8, n = size < *left ? size : *left;
	int *fd = &b.clients[s->kind / NR_KINDS % CLIENTS];

	if (*fd < 0)
		*fd = connect_client();
	switch (s->kind % NR_KINDS) {
	case SENDS:
		send_all(*fd, *data, n);
		*data += n;
		*left -= n;
		break;
	case READS:
		read_answers(*fd);
		break;
	case EVENT:
		control_event(&b.control, s->size[0] % (CONTROL_SHUTDOWN + 1), s->size[1] & 1,
			"guest-reset");
		break;
	case LEAVES:
		close_fd(fd);
		break;
	case HELLO:
		send_all(*fd, hello, sizeof(hello) - 1);
		break;
	}
	step_loop();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static bool made;
	struct step step;

	if (!made) {
		CLAIM(mkdtemp(base));
		atexit(clean);
		log_set_level(LOG_ERROR);
		made = true;
	}
	open_all();
	for (unsigned n = 0; n < MAX_STEPS && size >= sizeof(step); n++) {
		memcpy(&step, data, sizeof(step));
		data += sizeof(step);
		size -= sizeof(step);
		take_step(&step, &data, &size);
	}
	for (unsigned i = 0; i < CLIENTS; i++)
		if (b.clients[i] >= 0)
			close_fd(&b.clients[i]);
	step_loop();
	control_close(&b.control);
	loop_close(&b.loop);
	return 0;
}
