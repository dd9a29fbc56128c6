// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A device whose back end is another process, between a hostile driver and a hostile back end. The
 * input begins with what the back end answers after it has been taken; then it hangs up. Steps of
 * the driver follow, and some of the back end, which has the queues' eventfds as well.
 */
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/eventfd.h"
#include "bench.h"
#include "vm/virtio/vhost_user_dev.h"
#include "vm/virtio/vhost_user_message.h"
#include "vm/virtio/virtio_pci.h"

#define DEVFN   PCI_DEVFN_OF(16, 0)
#define QUEUES  2
#define MAX_SAY 16384

struct step {
	u8 kind;
	u8 size;
	u8 address[4];
	u8 value[4];
};

enum { RAM_WRITE = BENCH_KINDS, RUN, RESET, CALL, PAUSE, NR_KINDS };

static struct {
	struct bench m;
	struct vhost_user_dev dev;
	struct virtio_pci pci;
	int theirs;
} b;

/* In the place of the log: the device says that its back end has gone, once for each input. */
void __wrap_log_at(enum log_level level, const char *fmt, ...);

void __wrap_log_at(enum log_level level, const char *fmt, ...)
{
}

static void answer(u32 request, u32 size, u64 value)
{
	struct vhost_user_message m = { .header = { request, VHOST_USER_VERSION | VHOST_USER_REPLY,
						size } };

	m.body.value = value;
	CLAIM(send(b.theirs, &m, sizeof(m.header) + size, 0) == (ssize_t)(sizeof(m.header) + size));
}

/* What makes it a device at all, with the features that the input chooses. */
static void be_taken(u8 form)
{
	u64 features = BIT_ULL(VIRTIO_F_VERSION_1) | VHOST_USER_F_PROTOCOL_FEATURES |
		       (form & 1 ? BIT_ULL(VIRTIO_F_RING_PACKED) : 0);

	answer(VHOST_USER_GET_FEATURES, 8, features);
	answer(VHOST_USER_GET_PROTOCOL_FEATURES, 8,
		VHOST_USER_PROTOCOL_MQ | VHOST_USER_PROTOCOL_CONFIG |
			(form & 2 ? VHOST_USER_PROTOCOL_REPLY_ACK : 0));
	answer(VHOST_USER_GET_QUEUE_NUM, 8, QUEUES);
	if (form & 2)
		answer(VHOST_USER_SET_OWNER, 8, 0);
	answer(VHOST_USER_GET_CONFIG, VHOST_USER_CONFIG_HEADER + 8, 8ull << 32);
}

static bool open_device(const u8 **data, size_t *size)
{
	const struct vhost_user_dev_config config = {
		.name = "disk",
		.id = VIRTIO_ID_BLOCK,
		.loop = &b.m.loop,
		.nr_queues = QUEUES,
		.min_queues = 1,
		.queue_size = 8,
		.config_size = 8,
	};
	struct err err = { 0 };
	int pair[2];
	u8 head[3];
	size_t says;

	if (!bench_next(data, size, head, sizeof(head)))
		return false;
	says = get_le16(head + 1) % MAX_SAY;
	says = says < *size ? says : *size;
	CLAIM(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	b.theirs = pair[1];
	be_taken(head[0]);
	CLAIM(send(b.theirs, *data, says, 0) == (ssize_t)says);
	shutdown(b.theirs, SHUT_WR);
	*data += says;
	*size -= says;
	return !vhost_user_dev_open(&b.dev, pair[0], &config, &err) &&
	       !virtio_pci_open(&b.pci, &b.dev.dev, &b.m.host, DEVFN, 0x018000, &b.m.loop, &err);
}

static void take_step(const struct step *s)
{
	u32 address = get_le32(s->address);
	u8 *at;

	bench_access(
		&b.m, DEVFN, s->kind % NR_KINDS, s->size, address, address, get_le32(s->value));
	switch (s->kind % NR_KINDS) {
	case RAM_WRITE:
		at = mem_ptr(&b.m.mem, address % BENCH_RAM, 4);
		if (at)
			memcpy(at, s->value, 4);
		break;
	case RUN:
		bench_step(&b.m);
		break;
	case RESET:
		pci_bus_reset(&b.m.host.root);
		CLAIM(!b.dev.dev.started);
		break;
	case CALL:
		eventfd_signal(b.dev.dev.queues[address % b.dev.dev.nr_queues].call);
		break;
	case PAUSE:
		if (s->value[0] & 1)
			virtio_dev_pause(&b.dev.dev);
		else
			virtio_dev_resume(&b.dev.dev);
		break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct step step;

	memset(&b, 0, sizeof(b));
	b.theirs = -1;
	bench_open(&b.m, true);
	if (open_device(&data, &size))
		for (unsigned n = 0;
			n < BENCH_STEPS && bench_next(&data, &size, &step, sizeof(step)); n++)
			take_step(&step);
	virtio_pci_close(&b.pci);
	vhost_user_dev_close(&b.dev);
	if (b.theirs >= 0)
		close(b.theirs);
	bench_close(&b.m);
	return 0;
}
