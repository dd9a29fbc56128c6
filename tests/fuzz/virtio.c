// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A virtio disk under a hostile driver: any accesses to its config space, its registers and the
 * memory in which its rings and requests lie. The queue is served on this thread, one round at a
 * time, with a file that is served without io_uring.
 */
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/own.h"
#include "fake_irq.h"
#include "fuzz.h"
#include "vm/mem/ram.h"
#include "vm/virtio/blk_queue.h"
#include "vm/virtio/virtio_pci.h"

#define MAX_STEPS 500
#define RAM_SIZE  (2 * MIB)
#define DISK_SIZE (64 * KIB)
#define DEVFN     PCI_DEVFN_OF(16, 0)

struct step {
	u8 kind;
	u8 size;
	u8 address[4];
	u8 value[4];
};

enum { CONFIG_READ, CONFIG_WRITE, BAR_READ, BAR_WRITE, RAM_READ, RAM_WRITE, RUN, RESET };

struct bench {
	struct bus mmio, pio;
	struct mem mem;
	struct ram ram;
	struct irq irq;
	struct loop loop;
	struct pci_host host;
	struct blk blk;
	struct blk_queue *queue;
	struct block_io io; /* the queue's own, while it has another */
	struct virtio_pci pci;
	bool running;
};

static struct bench b;

static int on_queue_start(struct virtio_dev *dev, unsigned index, struct err *err)
{
	int ret = virtq_open(&b.queue->vq, dev, &dev->queues[index], err);

	b.running = !ret;
	b.queue->broken = false;
	return ret;
}

static void on_queue_stop(struct virtio_dev *dev, unsigned index)
{
	while (b.queue->in_flight)
		CLAIM(!block_io_wait(&b.queue->block.io, false));
	virtq_close(&b.queue->vq);
	b.running = false;
}

static struct virtio_dev_ops ops;

static void open_disk(void)
{
	own_fd int fd = memfd_create("disk", MFD_CLOEXEC);
	struct blk_config config = { .packed = true, .queues = 1 };
	struct err err = { 0 };
	char path[32];

	CLAIM(fd >= 0 && !ftruncate(fd, DISK_SIZE));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	config.path = path;
	CLAIM(!blk_open(&b.blk, &config, &err));
	ops = *b.blk.dev.ops;
	ops.queue_start = on_queue_start;
	ops.queue_stop = on_queue_stop;
	b.blk.dev.ops = &ops;
	b.queue = b.blk.queues[0];
	b.io = b.queue->block.io;
	b.queue->block.io.ops = &block_io_plain;
	CLAIM(!b.queue->block.io.ops->open(&b.queue->block.io));
}

static void open_bench(void)
{
	struct err err = { 0 };

	log_set_level(LOG_ERROR);
	irq_fake_reset();
	CLAIM(!bus_open(&b.mmio) && !bus_open(&b.pio) && !mem_open(&b.mem, NULL, &err));
	CLAIM(!ram_open(&b.ram, &b.mem, RAM_SIZE, &err));
	CLAIM(!loop_open(&b.loop, &clock_system, &err));
	pci_host_init(&b.host, &b.mmio, &b.pio, &b.mem, &b.irq);
	open_disk();
	CLAIM(!virtio_pci_open(&b.pci, &b.blk.dev, &b.host, DEVFN, BLK_CLASS, &b.loop, &err));
}

static void close_bench(void)
{
	virtio_pci_close(&b.pci);
	CLAIM(!b.running && !b.queue->in_flight);
	block_io_close(&b.queue->block.io);
	b.queue->block.io = b.io;
	blk_close(&b.blk);
	pci_host_close(&b.host);
	loop_close(&b.loop);
	ram_close(&b.ram);
	mem_close(&b.mem);
	CLAIM(!b.mmio.nr_regions && !irq_fake_routes() && !irq_fake_attached());
	bus_close(&b.pio);
	bus_close(&b.mmio);
}

static void touch_ram(const struct step *s, u32 address, unsigned size)
{
	u8 *at = mem_ptr(&b.mem, address % RAM_SIZE, size);

	if (at && s->kind % 8 == RAM_WRITE)
		memcpy(at, s->value, size > 4 ? 4 : size);
}

static void take_step(const struct step *s)
{
	unsigned size = 1u << s->size % 4, width = size > 4 ? 4 : size;
	u32 address = get_le32(s->address);
	u64 value = (u64)get_le32(s->value) * 0x100000001ull;
	u16 offset = (u16)(address & 0xff & ~(width - 1));
	struct err err = { 0 };

	switch (s->kind % 8) {
	case CONFIG_READ:
		pci_host_config_read(&b.host, 0, DEVFN, offset, width);
		break;
	case CONFIG_WRITE:
		pci_host_config_write(&b.host, 0, DEVFN, offset, width, (u32)value);
		break;
	case BAR_READ:
		bus_read(&b.mmio, address, size);
		break;
	case BAR_WRITE:
		bus_write(&b.mmio, address, size, value);
		break;
	case RAM_READ:
	case RAM_WRITE:
		touch_ram(s, address, size);
		break;
	case RUN:
		if (b.running)
			CLAIM(!blk_queue_step(b.queue, false));
		CLAIM(!loop_step(&b.loop, 0, &err));
		break;
	case RESET:
		pci_bus_reset(&b.host.root);
		CLAIM(!b.running && !b.queue->in_flight);
		break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct step step;

	memset(&b, 0, sizeof(b));
	open_bench();
	for (unsigned n = 0; size >= sizeof(step) && n < MAX_STEPS; n++) {
		memcpy(&step, data, sizeof(step));
		data += sizeof(step);
		size -= sizeof(step);
		take_step(&step);
		CLAIM(b.queue->vq.in_flight <= BLK_QUEUE_SIZE);
	}
	close_bench();
	return 0;
}
