// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A client of the control socket: the first byte says in which pieces the others come. Whatever it
 * sends, it is answered or closed, and what it may make wait is bounded.
 */
#include "fuzz.h"

#include <sys/socket.h>
#include <unistd.h>

#include "vm/control/internal.h"
#include "vm/pci/pci_bus.h"

static void look(void *owner, struct control_facts *facts)
{
}

static struct pci_host *pci(void *owner)
{
	return NULL;
}

static const struct screen *screen(void *owner)
{
	return NULL;
}

static bool block(void *owner, unsigned n, struct control_block *block)
{
	*block = (struct control_block){ .file = "/cd", .removable = n };
	return n < 2;
}

static int tray(void *owner, unsigned n, bool open, bool force)
{
	return open && !force ? -16 : 0;
}

static bool is_paused(void *owner)
{
	return false;
}

static void nothing(void *owner)
{
}

static const struct control_ops ops = {
	.look = look,
	.pci = pci,
	.screen = screen,
	.block = block,
	.tray = tray,
	.is_paused = is_paused,
	.is_asleep = is_paused,
	.wake = nothing,
	.pause = nothing,
	.resume = nothing,
	.reset = nothing,
	.press_power = nothing,
	.quit = nothing,
};

static void turn(struct control *control, int fd)
{
	char bytes[65536];
	struct err err = { 0 };

	for (unsigned i = 0; i < 3; i++)
		CLAIM(!loop_step(control->loop, 0, &err));
	CLAIM(!control->clients[0] || control->clients[0]->out_len <= CLIENT_OUT_MAX);
	while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct loop loop;
	struct control control = { .loop = &loop, .ops = &ops };
	size_t piece = size ? 1 + data[0] : 1;
	struct err err = { 0 };
	int ends[2];

	CLAIM(!loop_open(&loop, &clock_system, &err));
	CLAIM(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends));
	CLAIM(client_open(&control, 0, ends[0]));
	control.clients[0]->negotiated = true;
	for (size_t at = 1; at < size && control.clients[0]; at += piece) {
		size_t n = size - at < piece ? size - at : piece;

		if (send(ends[1], data + at, n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
		turn(&control, ends[1]);
	}
	if (control.clients[0])
		client_close(control.clients[0]);
	close(ends[1]);
	loop_close(&loop);
	return 0;
}
