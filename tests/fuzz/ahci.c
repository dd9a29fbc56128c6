// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A SATA controller with a disk and a CD-ROM drive under a hostile driver: any accesses to config
 * space and registers, any command lists, frames and descriptors. The ports work on this thread,
 * one round at a time. They run at the start, so that most inputs reach commands.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/own.h"
#include "fake_irq.h"
#include "fuzz.h"
#include "vm/ahci/ahci.h"
#include "vm/ahci/regs.h"
#include "vm/mem/ram.h"

#define MAX_STEPS 500
#define RAM_SIZE  (2 * MIB)
#define DISK_SIZE (64 * KIB)
#define DEVFN     PCI_DEVFN_OF(31, 2)
#define BAR       0xe0000000u
#define LISTS     0x1000u  /* a KiB for each port */
#define FRAMES    0x2000u  /* 256 bytes for each port */
#define TABLES    0x10000u /* 256 bytes for each slot of each port */
#define DATA      0x100000u

struct step {
	u8 kind;
	u8 size;
	u8 address[4];
	u8 value[4];
	u8 packet[12];
	u8 length[2];
};

enum { CONFIG_READ, CONFIG_WRITE, BAR_READ, BAR_WRITE, RAM_WRITE, ISSUE, RUN, RESET, NR_KINDS };

static struct {
	struct bus mmio, pio;
	struct mem mem;
	struct ram ram;
	struct irq irq;
	struct loop loop;
	struct pci_host host;
	struct ahci ahci;
} b;

static void write_port(unsigned port, u32 reg, u32 value)
{
	bus_write(&b.mmio, BAR + AHCI_PORT + port * AHCI_PORT_SIZE + reg, 4, value);
}

static void start(void)
{
	pci_host_config_write(&b.host, 0, DEVFN, PCI_BASE_ADDRESS_5, 4, BAR);
	pci_host_config_write(
		&b.host, 0, DEVFN, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	for (unsigned port = 0; port < 2; port++) {
		write_port(port, AHCI_PX_CLB, LISTS + port * 0x400);
		write_port(port, AHCI_PX_FB, FRAMES + port * 0x100);
		write_port(port, AHCI_PX_IE, ~0u);
		write_port(port, AHCI_PX_CMD, AHCI_CMD_FRE | AHCI_CMD_ST);
	}
	bus_write(&b.mmio, BAR + AHCI_GHC, 4, AHCI_GHC_AE | AHCI_GHC_IE);
}

static void open_bench(void)
{
	own_fd int disk = memfd_create("disk", MFD_CLOEXEC), cd = memfd_create("cd", MFD_CLOEXEC);
	char disk_path[32], cd_path[32];
	const struct ahci_drive_config drives[] = {
		{ .kind = AHCI_DISK, .path = disk_path },
		{ .kind = AHCI_CDROM, .path = cd_path },
	};
	struct err err = { 0 };

	log_set_level(LOG_ERROR);
	irq_fake_reset();
	CLAIM(!bus_open(&b.mmio) && !bus_open(&b.pio) && !mem_open(&b.mem, NULL, &err));
	CLAIM(!ram_open(&b.ram, &b.mem, RAM_SIZE, &err));
	CLAIM(!loop_open(&b.loop, &clock_system, &err));
	pci_host_init(&b.host, &b.mmio, &b.pio, &b.mem, &b.irq);
	CLAIM(!ftruncate(disk, DISK_SIZE) && !ftruncate(cd, DISK_SIZE));
	snprintf(disk_path, sizeof(disk_path), "/proc/self/fd/%d", disk);
	snprintf(cd_path, sizeof(cd_path), "/proc/self/fd/%d", cd);
	CLAIM(!ahci_open(&b.ahci, drives, 2, true, &err));
	CLAIM(!ahci_attach(&b.ahci, &b.host, DEVFN, &b.loop, &err));
	start();
}

static void close_bench(void)
{
	ahci_close(&b.ahci);
	pci_host_close(&b.host);
	loop_close(&b.loop);
	ram_close(&b.ram);
	mem_close(&b.mem);
	CLAIM(!b.mmio.nr_regions && !irq_fake_routes() && !irq_fake_attached());
	bus_close(&b.pio);
	bus_close(&b.mmio);
}

/* A command as a driver would put it, but for what is in it. */
static void issue(const struct step *s, u32 address)
{
	unsigned port = s->size & 1, slot = s->size >> 1 & 31;
	u32 table = TABLES + (port * 32 + slot) * 256;
	u8 *header = mem_ptr(&b.mem, LISTS + port * 0x400 + slot * 32, 32);
	u8 *at = mem_ptr(&b.mem, table, 256);

	put_le32(header, 5 | (port ? AHCI_HEADER_A : 0) | (1u + s->kind / NR_KINDS % 4) << 16);
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

static void run(void)
{
	struct err err = { 0 };

	for (unsigned port = 0; port < 2; port++)
		CLAIM(!block_worker_step(&b.ahci.ports[port].worker, false));
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
		bus_read(&b.mmio, BAR + address % AHCI_BAR_SIZE, size);
		break;
	case BAR_WRITE:
		bus_write(&b.mmio, BAR + (address % 0x200 & ~3u), size, value);
		break;
	case RAM_WRITE:
		at = mem_ptr(&b.mem, LISTS + address % (DATA - LISTS), 12);
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
		pci_bus_reset(&b.host.root);
		CLAIM(!b.ahci.ports[0].running && !b.ahci.ports[1].running);
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
	}
	close_bench();
	return 0;
}
