// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An NVMe controller under a hostile driver: any accesses to config space and registers, any
 * commands, lists of pages and doorbells. The queues are served on this thread, one round at a
 * time. The controller is enabled at the start, so that most inputs reach commands.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/own.h"
#include "fake_irq.h"
#include "fuzz.h"
#include "vm/mem/ram.h"
#include "vm/nvme/nvme.h"

#define MAX_STEPS 500
#define RAM_SIZE  (2 * MIB)
#define DISK_SIZE (64 * KIB)
#define DEVFN     PCI_DEVFN_OF(16, 0)
#define BAR       0xe0000000u
#define QUEUES    0x10000u /* two pages for each pair */
#define LISTS     0x20000u /* of pages */
#define DATA      0x100000u
#define ENTRIES   16u
#define NR_QUEUES 3u

struct step {
	u8 kind;
	u8 size;
	u8 address[4]; /* of a command: opcode, namespace, how its pages are given, flags */
	u8 rest[2];
	u8 dwords[12];
	u8 value[4];
};

enum { CONFIG_READ, CONFIG_WRITE, BAR_READ, BAR_WRITE, RAM_WRITE, ISSUE, RUN, RESET, NR_KINDS };

static struct {
	struct bus mmio, pio;
	struct mem mem;
	struct ram ram;
	struct irq irq;
	struct loop loop;
	struct pci_host host;
	struct nvme nvme;
	u32 tails[NR_QUEUES];
} b;

static void write_register(u32 reg, u32 value)
{
	bus_write(&b.mmio, BAR + reg, 4, value);
}

static void start(void)
{
	memset(b.tails, 0, sizeof(b.tails));
	pci_host_config_write(&b.host, 0, DEVFN, PCI_BASE_ADDRESS_0, 4, BAR);
	pci_host_config_write(
		&b.host, 0, DEVFN, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	write_register(NVME_AQA, (ENTRIES - 1) | (ENTRIES - 1) << 16);
	write_register(NVME_ASQ, QUEUES);
	write_register(NVME_ACQ, QUEUES + 0x1000);
	write_register(NVME_CC, NVME_CC_EN | 6 << 16 | 4 << 20);
	/* Lists of pages, the last of which leads into the next. */
	for (u32 i = 0; i < 4 * 512; i++) {
		u8 *at = mem_ptr(&b.mem, LISTS + 8 * i, 8);
		bool last = i % 512 == 511;

		put_le64(at, last ? LISTS + (i / 512 + 1) % 4 * 0x1000 : DATA + i % 128 * 0x1000);
	}
}

static void open_bench(void)
{
	own_fd int fd = memfd_create("disk", MFD_CLOEXEC);
	char path[32];
	const struct nvme_config config = { .path = path, .queues = 2, .no_threads = true };
	struct err err = { 0 };

	log_set_level(LOG_ERROR);
	irq_fake_reset();
	CLAIM(!bus_open(&b.mmio) && !bus_open(&b.pio) && !mem_open(&b.mem, NULL, &err));
	CLAIM(!ram_open(&b.ram, &b.mem, RAM_SIZE, &err));
	CLAIM(!loop_open(&b.loop, &clock_system, &err));
	pci_host_init(&b.host, &b.mmio, &b.pio, &b.mem, &b.irq);
	CLAIM(!ftruncate(fd, DISK_SIZE));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CLAIM(!nvme_open(&b.nvme, &config, &err));
	CLAIM(!nvme_attach(&b.nvme, &b.host.root, DEVFN, &b.loop, &err));
	start();
}

static void close_bench(void)
{
	nvme_close(&b.nvme);
	pci_host_close(&b.host);
	loop_close(&b.loop);
	ram_close(&b.ram);
	mem_close(&b.mem);
	CLAIM(!b.mmio.nr_regions && !irq_fake_routes() && !irq_fake_attached());
	bus_close(&b.pio);
	bus_close(&b.mmio);
}

/* A command as a driver would put it, but for what is in it. */
static void issue(const struct step *s)
{
	unsigned queue = s->size % NR_QUEUES;
	u8 *at = mem_ptr(&b.mem, QUEUES + queue * 0x2000 + b.tails[queue] * NVME_SQE, NVME_SQE);
	u64 prp1 = DATA + (s->address[2] & 0x3f) * 0x1000u + (s->address[2] & 0x80 ? 0x200 : 0);

	memset(at, 0, NVME_SQE);
	at[0] = s->address[0];
	at[1] = s->address[3];
	at[2] = (u8)b.tails[queue];
	at[4] = s->address[1];
	/* A queue to make is where this driver looks for it. */
	if (!queue && (s->address[0] == NVME_CREATE_SQ || s->address[0] == NVME_CREATE_CQ))
		prp1 = QUEUES + s->dwords[0] % NR_QUEUES * 0x2000 +
		       (s->address[0] == NVME_CREATE_CQ ? 0x1000 : 0);
	put_le64(at + 24, prp1);
	put_le64(at + 32, s->address[2] & 0x40 ? LISTS + s->value[0] * 8u : DATA);
	memcpy(at + 40, s->dwords, sizeof(s->dwords));
	b.tails[queue] = (b.tails[queue] + 1) % ENTRIES;
	write_register(NVME_DOORBELLS + 8 * queue, b.tails[queue]);
}

/* And the driver takes what is done. */
static void run(void)
{
	struct err err = { 0 };

	for (unsigned i = 0; i < NR_QUEUES; i++)
		CLAIM(!block_worker_step(&b.nvme.sqs[i].worker, false));
	for (unsigned i = 0; i < NR_QUEUES; i++)
		write_register(NVME_DOORBELLS + 8 * i + 4, b.nvme.cqs[i].tail);
	CLAIM(!loop_step(&b.loop, 0, &err));
}

static void take_step(const struct step *s)
{
	unsigned size = 1u << s->size % 4, width = size > 4 ? 4 : size;
	u32 address = get_le32(s->address);
	u64 value = (u64)get_le32(s->value) * 0x100000001ull;
	u16 offset = (u16)(address & 0xff & ~(width - 1));
	u8 *at;

	switch (s->kind % NR_KINDS) {
	case CONFIG_READ:
		pci_host_config_read(&b.host, 0, DEVFN, offset, width);
		break;
	case CONFIG_WRITE:
		pci_host_config_write(&b.host, 0, DEVFN, offset, width, (u32)value);
		break;
	case BAR_READ:
		bus_read(&b.mmio, BAR + address % 0x4000, size);
		break;
	case BAR_WRITE:
		bus_write(&b.mmio, BAR + (address % 0x4000 & ~3u), size, value);
		break;
	case RAM_WRITE:
		at = mem_ptr(&b.mem, QUEUES + address % (DATA - QUEUES), sizeof(s->dwords));
		if (at)
			memcpy(at, s->dwords, sizeof(s->dwords));
		break;
	case ISSUE:
		issue(s);
		break;
	case RUN:
		run();
		break;
	case RESET:
		pci_bus_reset(&b.host.root);
		CLAIM(!b.nvme.running);
		start();
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
		CLAIM(b.nvme.running <= NR_QUEUES * NVME_DEPTH);
	}
	close_bench();
	return 0;
}
