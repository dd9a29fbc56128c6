// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An NVMe controller under a hostile driver: any accesses to config space and registers, any
 * commands, lists of pages and doorbells. The queues are served on this thread, one round at a
 * time, or on threads of their own if the first step says so. The controller is enabled at the
 * start, so that most inputs reach commands.
 */
#include "vm/nvme/nvme.h"
#include "base/own.h"
#include "bench.h"

#define DISK_SIZE (64 * KIB)
#define DEVFN     PCI_DEVFN_OF(16, 0)
#define BAR       0xe0000000u
#define QUEUES    0x10000u /* two pages for each pair */
#define LISTS     0x20000u /* of pages */
#define DATA      0x100000u
#define ENTRIES   16u
#define NR_QUEUES 3u
#define THREADS   0x40 /* in the kind of the first step */

struct step {
	u8 kind;
	u8 size;
	u8 address[4]; /* of a command: opcode, namespace, how its pages are given, flags */
	u8 rest[2];
	u8 dwords[12];
	u8 value[4];
};

enum { RAM_WRITE = BENCH_KINDS, ISSUE, RUN, RESET, FAIL, NR_KINDS };

static struct {
	struct bench m;
	struct nvme nvme;
	u32 tails[NR_QUEUES];
	int disk; /* its file */
	bool threads;
} b;

static void write_register(u32 reg, u32 value)
{
	bus_write(&b.m.mmio, BAR + reg, 4, value);
}

static void start(void)
{
	memset(b.tails, 0, sizeof(b.tails));
	pci_host_config_write(&b.m.host, 0, DEVFN, PCI_BASE_ADDRESS_0, 4, BAR);
	pci_host_config_write(
		&b.m.host, 0, DEVFN, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	write_register(NVME_AQA, (ENTRIES - 1) | (ENTRIES - 1) << 16);
	write_register(NVME_ASQ, QUEUES);
	write_register(NVME_ACQ, QUEUES + 0x1000);
	write_register(NVME_CC, NVME_CC_EN | 6 << 16 | 4 << 20);
	/* Lists of pages, the last of which leads into the next. */
	for (u32 i = 0; i < 4 * 512; i++) {
		u8 *at = mem_ptr(&b.m.mem, LISTS + 8 * i, 8);
		bool last = i % 512 == 511;

		put_le64(at, last ? LISTS + (i / 512 + 1) % 4 * 0x1000 : DATA + i % 128 * 0x1000);
	}
}

static void open_bench(void)
{
	char path[32];
	const struct nvme_config config = { .path = path, .queues = 2, .no_threads = !b.threads };
	struct err err = { 0 };

	bench_open(&b.m, false);
	b.disk = bench_file(path, DISK_SIZE);
	CLAIM(b.disk >= 0);
	CLAIM(!nvme_open(&b.nvme, &config, &err));
	CLAIM(!nvme_attach(&b.nvme, &b.m.host.root, DEVFN, &b.m.loop, &err));
	start();
}

static void close_bench(void)
{
	nvme_close(&b.nvme);
	close_fd(&b.disk);
	bench_close(&b.m);
}

/* A command as a driver would put it, but for what is in it. */
static void issue(const struct step *s)
{
	unsigned queue = s->size % NR_QUEUES;
	u8 *at = mem_ptr(&b.m.mem, QUEUES + queue * 0x2000 + b.tails[queue] * NVME_SQE, NVME_SQE);
	u64 prp1 = DATA + (s->address[2] & 0x3f) * 0x1000u + (s->address[2] & 0x80 ? 0x200 : 0);
	bool shadowed;

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
	put_le64(at + 32, s->address[2] & 0x40 ? LISTS + s->value[0] * 16u : DATA);
	memcpy(at + 40, s->dwords, sizeof(s->dwords));
	b.tails[queue] = (b.tails[queue] + 1) % ENTRIES;
	/* The driver writes to the shadow, if there is one, and at times forgets the doorbell. */
	pthread_mutex_lock(&b.nvme.lock);
	shadowed = b.nvme.shadow;
	if (shadowed)
		put_le32(b.nvme.shadow + 8 * queue, b.tails[queue] | (s->value[1] == 0xff) << 15);
	pthread_mutex_unlock(&b.nvme.lock);
	if (shadowed && s->value[1] & 1)
		return;
	write_register(NVME_DOORBELLS + 8 * queue, b.tails[queue]);
}

/* Until no command is in progress, or for a while. */
static void wait_for_threads(void)
{
	bool busy = true;

	for (unsigned n = 0; n < 100 && busy; n++) {
		usleep(10);
		pthread_mutex_lock(&b.nvme.lock);
		busy = b.nvme.running;
		pthread_mutex_unlock(&b.nvme.lock);
	}
}

/* And the driver takes what is done, if it @takes. */
static void run(bool takes)
{
	if (b.threads)
		wait_for_threads();
	for (unsigned i = 0; i < NR_QUEUES && !b.threads; i++)
		CLAIM(!block_worker_step(&b.nvme.sqs[i].worker, false));
	pthread_mutex_lock(&b.nvme.lock);
	for (unsigned i = 0; i < NR_QUEUES && takes && b.nvme.shadow; i++)
		put_le32(b.nvme.shadow + 8 * i + 4, b.nvme.cqs[i].tail);
	pthread_mutex_unlock(&b.nvme.lock);
	for (unsigned i = 0; i < NR_QUEUES && takes; i++)
		write_register(NVME_DOORBELLS + 8 * i + 4, b.nvme.cqs[i].tail);
	bench_step(&b.m);
}

static void take_step(const struct step *s)
{
	unsigned kind = (s->kind & ~THREADS) % NR_KINDS;
	u32 address = get_le32(s->address);
	u32 at_bar = kind == BENCH_BAR_READ ? address % 0x4000 : (address % 0x4000 & ~3u);
	u8 *at;

	bench_access(&b.m, DEVFN, kind, s->size, address, BAR + at_bar, get_le32(s->value));
	switch (kind) {
	case RAM_WRITE:
		at = mem_ptr(&b.m.mem, QUEUES + address % (DATA - QUEUES), sizeof(s->dwords));
		if (at)
			memcpy(at, s->dwords, sizeof(s->dwords));
		break;
	case ISSUE:
		issue(s);
		break;
	case RUN:
		run(!(s->size & 1));
		break;
	case RESET:
		pci_bus_reset(&b.m.host.root);
		CLAIM(!b.nvme.running);
		start();
		break;
	case FAIL:
		bench_file_fails(b.disk, s->size % 4, DISK_SIZE);
		break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct step step;

	memset(&b, 0, sizeof(b));
	b.threads = size && data[0] & THREADS;
	open_bench();
	for (unsigned n = 0; n < BENCH_STEPS && bench_next(&data, &size, &step, sizeof(step));
		n++) {
		take_step(&step);
		CLAIM(b.threads || b.nvme.running <= NR_QUEUES * NVME_DEPTH);
	}
	close_bench();
	return 0;
}
