// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A SATA controller with a disk and a CD-ROM drive under a hostile driver: any accesses to config
 * space and registers, any command lists, frames and descriptors. The ports work on this thread,
 * one round at a time, or on threads of their own if the first step says so. They run at the start,
 * so that most inputs reach commands.
 */
#include "vm/ahci/ahci.h"
#include "base/own.h"
#include "bench.h"
#include "vm/ahci/regs.h"

#define DISK_SIZE (64 * KIB)
#define DEVFN     PCI_DEVFN_OF(31, 2)
#define BAR       0xe0000000u
#define LISTS     0x1000u  /* a KiB for each port */
#define FRAMES    0x2000u  /* 256 bytes for each port */
#define TABLES    0x10000u /* 256 bytes for each slot of each port */
#define DATA      0x100000u
#define THREADS   0x40 /* in the kind of the first step */

struct step {
	u8 kind;
	u8 size;
	u8 address[4];
	u8 value[4];
	u8 packet[12];
	u8 length[2];
};

enum { RAM_WRITE = BENCH_KINDS, ISSUE, RUN, RESET, FAIL, NR_KINDS };

static struct {
	struct bench m;
	struct ahci ahci;
	int disk, cd; /* their files */
	bool threads;
} b;

static void write_port(unsigned port, u32 reg, u32 value)
{
	bus_write(&b.m.mmio, BAR + AHCI_PORT + port * AHCI_PORT_SIZE + reg, 4, value);
}

static void start(void)
{
	pci_host_config_write(&b.m.host, 0, DEVFN, PCI_BASE_ADDRESS_5, 4, BAR);
	pci_host_config_write(
		&b.m.host, 0, DEVFN, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	for (unsigned port = 0; port < 2; port++) {
		write_port(port, AHCI_PX_CLB, LISTS + port * 0x400);
		write_port(port, AHCI_PX_FB, FRAMES + port * 0x100);
		write_port(port, AHCI_PX_IE, ~0u);
		write_port(port, AHCI_PX_CMD, AHCI_CMD_FRE | AHCI_CMD_ST);
	}
	bus_write(&b.m.mmio, BAR + AHCI_GHC, 4, AHCI_GHC_AE | AHCI_GHC_IE);
}

static void open_bench(void)
{
	char disk_path[32], cd_path[32];
	const struct ahci_drive_config drives[] = {
		{ .kind = AHCI_DISK, .path = disk_path },
		{ .kind = AHCI_CDROM, .path = cd_path },
	};
	struct err err = { 0 };

	bench_open(&b.m, false);
	b.disk = bench_file(disk_path, DISK_SIZE);
	b.cd = bench_file(cd_path, DISK_SIZE);
	CLAIM(b.disk >= 0 && b.cd >= 0);
	CLAIM(!ahci_open(&b.ahci, drives, 2, !b.threads, &err));
	CLAIM(!ahci_attach(&b.ahci, &b.m.host, DEVFN, &b.m.loop, &err));
	start();
}

static void close_bench(void)
{
	ahci_close(&b.ahci);
	close_fd(&b.disk);
	close_fd(&b.cd);
	bench_close(&b.m);
}

/* A command as a driver would put it, but for what is in it. */
static void issue(const struct step *s, u32 address)
{
	unsigned port = s->size & 1, slot = s->size >> 1 & 31;
	u32 table = TABLES + (port * 32 + slot) * 256;
	u8 *header = mem_ptr(&b.m.mem, LISTS + port * 0x400 + slot * 32, 32);
	u8 *at = mem_ptr(&b.m.mem, table, 256);

	put_le32(header,
		5 | (port ? AHCI_HEADER_A : 0) | (1u + (s->kind & 0x3f) / NR_KINDS % 4) << 16);
	put_le64(header + 8, table);
	at[0] = FIS_H2D;
	at[1] = s->kind & 0x80 ? 0 : FIS_COMMAND;
	memcpy(at + 2, s->value, 2);
	memcpy(at + 4, s->address, 3);
	at[7] = s->value[2] | ATA_DEVICE_LBA;
	at[12] = s->value[3];
	at[15] = s->packet[11];
	memcpy(at + AHCI_TABLE_ACMD, s->packet, sizeof(s->packet));
	if (port && s->value[1] & 1)
		at[2] = ATA_PACKET;
	for (unsigned i = 0; i < 4; i++) {
		put_le64(at + AHCI_TABLE_PRDT + 16 * i, DATA + i * 4096 + (address >> 24));
		put_le32(at + AHCI_TABLE_PRDT + 16 * i + 12, get_le16(s->length));
	}
	if (at[2] == ATA_READ_QUEUED || at[2] == ATA_WRITE_QUEUED)
		write_port(port, AHCI_PX_SACT, BIT(slot));
	write_port(port, AHCI_PX_CI, BIT(slot));
}

/* Until no port has a command that it could go on with, or for a while. */
static void wait_for_threads(void)
{
	for (unsigned n = 0; n < 100; n++) {
		bool busy = false;

		pthread_mutex_lock(&b.ahci.lock);
		for (unsigned port = 0; port < 2; port++)
			busy |= b.ahci.ports[port].running ||
				(b.ahci.ports[port].ci && !b.ahci.ports[port].halted);
		pthread_mutex_unlock(&b.ahci.lock);
		if (!busy)
			return;
		usleep(10);
	}
}

static void run(void)
{
	if (b.threads)
		wait_for_threads();
	for (unsigned port = 0; port < 2 && !b.threads; port++)
		CLAIM(!block_worker_step(&b.ahci.ports[port].worker, false));
	bench_step(&b.m);
}

/* The operator opens the tray, or closes it. */
static void use_tray(u8 how)
{
	bool open, locked;
	int ret = ahci_tray(&b.ahci, 1, how & 16, how & 32);

	CLAIM(!ret || ret == -EBUSY || ret == -EAGAIN);
	CLAIM(!ahci_tray_look(&b.ahci, 1, &open, &locked) || ret || b.threads ||
		open == !!(how & 16));
	CLAIM(ahci_tray(&b.ahci, 0, true, true) == -ENODEV);
	CLAIM(!ahci_tray_look(&b.ahci, b.ahci.nr_ports, &open, &locked));
}

static void take_step(const struct step *s)
{
	unsigned kind = (s->kind & ~THREADS & 0x7f) % NR_KINDS;
	u32 address = get_le32(s->address);
	u32 at_bar = kind == BENCH_BAR_READ ? address % AHCI_BAR_SIZE : (address % 0x200 & ~3u);
	u8 *at;

	bench_access(&b.m, DEVFN, kind, s->size, address, BAR + at_bar, get_le32(s->value));
	switch (kind) {
	case RAM_WRITE:
		at = mem_ptr(&b.m.mem, LISTS + address % (DATA - LISTS), 12);
		if (at)
			memcpy(at, s->packet, 12);
		break;
	case ISSUE:
		issue(s, address);
		break;
	case RUN:
		run();
		break;
	case RESET:
		pci_bus_reset(&b.m.host.root);
		CLAIM(!b.ahci.ports[0].running && !b.ahci.ports[1].running);
		start();
		break;
	case FAIL:
		bench_file_fails(b.disk, s->size % 4, DISK_SIZE);
		bench_file_fails(b.cd, s->size % 4, DISK_SIZE);
		if (s->size & 8 && !b.ahci.ports[1].running)
			use_tray(s->size);
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
	}
	close_bench();
	return 0;
}
