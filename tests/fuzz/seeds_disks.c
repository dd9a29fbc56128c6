// SPDX-License-Identifier: GPL-2.0-or-later
/* Seeds for SATA and NVMe controllers: ahci.c and nvme.c. */
#include <string.h>

#include "seeds.h"

/* As tests/fuzz/ahci.c reads it: some commands of a disk and of a CD-ROM drive. */
static void save_ahci(const char *directory)
{
	static const struct {
		u8 port, command, features, count, packet[12];
	} commands[] = {
		{ 0, 0xec, 0, 0, { 0 } },
		{ 0, 0x25, 0, 2, { 0 } },
		{ 0, 0x35, 0, 2, { 0 } },
		{ 0, 0x60, 1, 0, { 0 } },
		{ 0, 0x61, 1, 8, { 0 } },
		{ 0, 0x06, 1, 1, { 0 } },
		{ 0, 0xef, 3, 0x45, { 0 } },
		{ 0, 0xea, 0, 0, { 0 } },
		{ 0, 0x2f, 0, 1, { 0 } },
		{ 1, 0xa1, 0, 0, { 0 } },
		{ 1, 0xa0, 1, 0, { 0x12, 0, 0, 0, 36 } },
		{ 1, 0xa0, 1, 0, { 0x28, 0, 0, 0, 0, 1, 0, 0, 1 } },
		{ 1, 0xa0, 1, 0, { 0x43, 2, 0, 0, 0, 0, 0, 0, 64 } },
		{ 1, 0xa0, 1, 0, { 0x46, 0, 0, 0, 0, 0, 0, 0, 64 } },
		{ 1, 0xa0, 1, 0, { 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8 } },
		{ 1, 0xa0, 1, 0, { 0x5a, 0, 0x3f, 0, 0, 0, 0, 0, 64 } },
		{ 1, 0xa0, 1, 0, { 0x1b, 0, 0, 0, 2 } },
		{ 1, 0xa0, 1, 0, { 0x03, 0, 0, 0, 18 } },
	};
	enum { STEP = 24, ISSUE = 5, RUN = 6, RESET = 7 };
	u8 *at = seed_bytes;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++, at += 2 * STEP) {
		at[0] = ISSUE;
		at[1] = (u8)(commands[i].port | (i % 32) << 1);
		at[6] = commands[i].command;
		at[7] = commands[i].features;
		at[9] = commands[i].count;
		memcpy(at + 10, commands[i].packet, 12);
		put_le16(at + 22, 4095);
		at[STEP] = RUN;
	}
	at[0] = RESET;
	seed_save(directory, "ahci", "commands", (size_t)(at - seed_bytes) + STEP);
}

/* As tests/fuzz/nvme.c reads it: queues are made, and commands put into them. */
static void save_nvme(const char *directory)
{
	static const struct {
		u8 queue, opcode;
		u32 dw10, dw11, dw12;
	} commands[] = {
		{ 0, 0x06, 0, 0, 0 },
		{ 0, 0x06, 1, 0, 0 },
		{ 0, 0x06, 2, 0, 0 },
		{ 0, 0x06, 3, 0, 0 },
		{ 0, 0x02, 2 | 127 << 16, 0, 0 },
		{ 0, 0x09, 7, 0x10001, 0 },
		{ 0, 0x0a, 6, 0, 0 },
		{ 0, 0x0c, 0, 0, 0 },
		{ 0, 0x05, 1 | 15 << 16, 3 | 1 << 16, 0 },
		{ 0, 0x01, 1 | 15 << 16, 1 | 1 << 16, 0 },
		{ 1, 0x02, 0, 0, 7 },
		{ 1, 0x01, 8, 0, 15 },
		{ 1, 0x08, 8, 0, 7 },
		{ 1, 0x09, 0, 4, 0 },
		{ 1, 0x00, 0, 0, 0 },
		{ 0, 0x00, 1, 0, 0 },
		{ 0, 0x04, 1, 0, 0 },
	};
	enum { STEP = 24, ISSUE = 5, RUN = 6, RESET = 7 };
	u8 *at = seed_bytes;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++, at += 2 * STEP) {
		at[0] = ISSUE;
		at[1] = commands[i].queue;
		at[2] = commands[i].opcode;
		at[3] = 1;
		put_le32(at + 8, commands[i].dw10);
		put_le32(at + 12, commands[i].dw11);
		put_le32(at + 16, commands[i].dw12);
		at[STEP] = RUN;
	}
	at[0] = RESET;
	seed_save(directory, "nvme", "commands", (size_t)(at - seed_bytes) + STEP);
}

enum { CONFIG_WRITE = 1, BAR_READ, BAR_WRITE, RAM_WRITE, ISSUE, RUN, RESET, FAIL };
#define STEP 24

/* A step that is an access; the targets have its value at different places. */
static u8 *add_access(u8 *at, u8 kind, u8 size_bits, u32 address, u32 value)
{
	at[0] = kind;
	at[1] = size_bits;
	put_le32(at + 2, address);
	put_le32(at + 6, value);
	put_le32(at + 20, value);
	return at + STEP;
}

static u8 *add_kind(u8 *at, u8 kind, u8 size)
{
	at[0] = kind;
	at[1] = size;
	return at + STEP;
}

static u8 *add_ata(u8 *at, u8 port, u8 command, u8 features, u8 count, u8 lba)
{
	at[0] = ISSUE;
	at[1] = port;
	at[2] = lba;
	at[6] = command;
	at[7] = features;
	at[9] = count;
	put_le16(at + 22, 4095);
	return add_kind(at + STEP, RUN, 0);
}

/* As drivers go on after an error: the port is stopped, and started. */
static u8 *add_recovery(u8 *at, unsigned port)
{
	at = add_access(at, BAR_WRITE, 2, 0x118 + 0x80 * port, 0x10);
	return add_access(at, BAR_WRITE, 2, 0x118 + 0x80 * port, 0x11);
}

/* Every command of a disk, with @threads by threads of its own; each failure ends with a reset. */
static void save_ata(const char *directory, const char *name, bool threads, u8 lba)
{
	static const u8 commands[] = { 0x10, 0x20, 0x21, 0x24, 0x25, 0x27, 0x29, 0x2f, 0x30, 0x31,
		0x34, 0x35, 0x39, 0x3d, 0x40, 0x41, 0x42, 0x47, 0x60, 0x61, 0x90, 0x91, 0xc4, 0xc5,
		0xc6, 0xc8, 0xc9, 0xca, 0xcb, 0xce, 0xe0, 0xe1, 0xe2, 0xe3, 0xe5, 0xe6, 0xe7, 0xea,
		0xec, 0xf8, 0x00 };
	static const u8 features[][2] = { { 2, 0 }, { 0x82, 0 }, { 2, 0 }, { 3, 0x46 }, { 3, 0 },
		{ 3, 0xff }, { 0x55, 0 }, { 0xaa, 0 }, { 0x66, 0 }, { 0xcc, 0 }, { 1, 0 } };
	u8 *at = seed_bytes;

	for (size_t i = 0; i < sizeof(commands); i++) {
		at = add_ata(at, 0, commands[i], 1, 1, lba);
		if (threads && !i)
			seed_bytes[0] |= 0x40;
		at = add_recovery(at, 0);
	}
	for (size_t i = 0; i < sizeof(features) / 2; i++) {
		at = add_ata(at, 0, 0xef, features[i][0], features[i][1], 0);
		at = add_ata(at, 1, 0xef, features[i][0], features[i][1], 0);
		at = add_kind(at, RESET, 0);
	}
	at = add_kind(at, FAIL, lba ? 2 : 1);
	for (size_t i = 0; i < 24; i++) {
		at = add_ata(at, 0, commands[i], 1, 1, 0);
		at = add_kind(at, RESET, 0);
	}
	at = add_ata(at, 0, 0x60, 1, 0, 0xff);
	at = add_recovery(at, 0);
	at = add_ata(at, 0, 0x2f, 0, 1, 0x10);
	seed_save(directory, "ahci", name, (size_t)(at - seed_bytes));
}

/* Every packet of a drive, with fields that have each a bit, and without a medium. */
static void save_packets(const char *directory, const char *name, u8 field, bool open)
{
	static const u8 packets[] = { 0x00, 0x03, 0x12, 0x1b, 0x1e, 0x25, 0x28, 0x2b, 0x43, 0x46,
		0x4a, 0x51, 0x52, 0x5a, 0xa8, 0xad, 0xbb, 0xbd, 0xbe, 0xff };
	u8 *at = seed_bytes;

	at = add_ata(at, 1, 0xa1, 0, 0, 0);
	at = add_ata(at, 1, 0xec, 0, 0, 0);
	at = add_kind(at, RESET, 0);
	/* The guest locks the tray, and the operator asks for it. */
	at[10] = 0x1e;
	at[14] = 1;
	at = add_ata(at, 1, 0xa0, 1, 0, 0);
	at = add_kind(at, FAIL, 8 | 16);
	for (unsigned round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof(packets); i++) {
			u8 *packet = at + 10;

			packet[0] = packets[i];
			packet[1] = packets[i] == 0x4a ? 1 : field;
			packet[2] = packets[i] == 0x5a   ? 0x2a | field << 5
				    : packets[i] == 0x43 ? field
							 : 0;
			packet[4] = packets[i] == 0x1b ? (open ? 2 : 3) : 0x10;
			packet[8] = packets[i] == 0x28 ? 1 : 64;
			packet[9] = packets[i] == 0xa8 ? 1 : packets[i] == 0xad ? 64 : field << 4;
			at = add_ata(at, 1, 0xa0, 1, 0, 0);
			at = add_recovery(at, 1);
		}
		at = add_kind(at, FAIL, (u8)(1 | 8 | field << 4));
	}
	at = add_ata(at, 1, 0x08, 0, 0, 0);
	seed_save(directory, "ahci", name, (size_t)(at - seed_bytes));
}

/* What drivers do with the registers of both ports: reading all, a soft reset, a lost link. */
static void save_ahci_registers(const char *directory)
{
	u8 *at = seed_bytes;

	for (u32 reg = 0; reg < 0x200; reg += 4)
		at = add_access(at, BAR_READ, 2, reg, 0);
	for (u32 port = 0x100; port < 0x200; port += 0x80) {
		at = add_access(at, BAR_WRITE, 2, port + 0x18, 0x10);
		at = add_access(at, BAR_WRITE, 2, port + 0x18, 0x18);
		at = add_access(at, BAR_WRITE, 2, port + 0x2c, 1);
		at = add_access(at, BAR_WRITE, 2, port + 0x2c, 0);
		at = add_access(at, BAR_WRITE, 2, port + 0x30, ~0u);
		at = add_access(at, BAR_WRITE, 2, port + 0x10, ~0u);
		at = add_access(at, BAR_WRITE, 2, port + 0x04, 0);
		at = add_access(at, BAR_WRITE, 2, port + 0x0c, 0);
		at = add_access(at, BAR_WRITE, 2, port + 0x38, 3);
		at = add_access(at, BAR_WRITE, 2, port + 0x18, 0x11);
		at = add_access(at, BAR_WRITE, 2, port + 0x38, 0xff);
		at = add_kind(at, RUN, 0);
	}
	at = add_access(at, BAR_WRITE, 2, 8, ~0u);
	at[0] = ISSUE | 0x80; /* a frame that is no command: reset, then not */
	at[21] = 4;
	at = add_kind(at + STEP, RUN, 0);
	at = add_kind(at, ISSUE | 0x80, 0);
	at = add_kind(at, RUN, 0);
	for (u32 reg = 0x40; reg < 0x100; reg += 4)
		at = add_access(at, CONFIG_WRITE, 2, reg, 0x80010000);
	at = add_ata(at, 0, 0xec, 0, 0, 0);
	at = add_access(at, BAR_WRITE, 2, 4, 1);
	at = add_access(at, BAR_READ, 3, 0x10, 0);
	seed_save(directory, "ahci", "registers", (size_t)(at - seed_bytes));
}

static u8 *add_nvme(u8 *at, u8 queue, u8 opcode, u8 ns, const u32 *dwords)
{
	at[0] = ISSUE;
	at[1] = queue;
	at[2] = opcode;
	at[3] = ns;
	for (unsigned i = 0; i < 3; i++)
		put_le32(at + 8 + 4 * i, dwords[i]);
	return add_kind(at + STEP, RUN, 0);
}

/* Every admin command with what it takes and what it refuses. */
static void save_admin(const char *directory)
{
	static const struct {
		u8 opcode, ns;
		u32 dwords[3];
	} commands[] = {
		{ 0x08, 0, { 1 } },
		{ 0x00, 0, { 9 } },
		{ 0x04, 0, { 9 } },
		{ 0x05, 0, { 0, 1 } },
		{ 0x05, 0, { 1, 1 } },
		{ 0x05, 0, { 1 | 7 << 16, 0 } },
		{ 0x05, 0, { 1 | 7 << 16, 1 | 9 << 16 } },
		{ 0x05, 0, { 1 | 7 << 16, 3 | 1 << 16 } },
		{ 0x05, 0, { 1 | 7 << 16, 3 | 1 << 16 } },
		{ 0x01, 0, { 1 | 7 << 16, 0 | 1 << 16 } },
		{ 0x01, 0, { 1 | 7 << 16, 1 | 9 << 16 } },
		{ 0x01, 0, { 1 | 7 << 16, 1 | 1 << 16 } },
		{ 0x04, 0, { 1 } },
		{ 0x02, 1, { 1 | 127 << 16, 0, 0 } },
		{ 0x02, 1, { 2 | 127 << 16, 0, 4 } },
		{ 0x02, 1, { 3 | 127 << 16, 0, 0 } },
		{ 0x02, 1, { 4 | 127 << 16, 0, 0 } },
		{ 0x02, 1, { 2 | 127 << 16, 0, 3 } },
		{ 0x06, 9, { 0 } },
		{ 0x06, 0xff, { 2 } },
		{ 0x06, 9, { 3 } },
		{ 0x06, 1, { 9 } },
		{ 0x09, 0, { 7 | 1u << 31, 0 } },
		{ 0x09, 0, { 9, 1 } },
		{ 0x09, 0, { 9, 7 } },
		{ 0x09, 0, { 0x7f, 1 } },
		{ 0x09, 0, { 7, 0xffff } },
		{ 0x0a, 0, { 9 | 3 << 8 } },
		{ 0x0a, 0, { 9 | 1 << 8 } },
		{ 0x0a, 0, { 9, 7 } },
		{ 0x0a, 0, { 9 | 7 << 8 } },
		{ 0x0a, 0, { 7 } },
		{ 0x0a, 0, { 0x7f } },
		{ 0x7f, 0, { 0 } },
	};
	u8 *at = seed_bytes;

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		at = add_nvme(at, 0, commands[i].opcode, commands[i].ns, commands[i].dwords);
	for (unsigned i = 0; i < 6; i++)
		at = add_nvme(at, 0, 0x0c, 0, commands[0].dwords);
	at[5] = 0x41; /* as if the command were in two, and with another list */
	at = add_nvme(at, 0, 0x06, 0, commands[0].dwords);
	at[4] = 0x02; /* and memory that is no RAM, or not at a multiple of four */
	at = add_nvme(at, 0, 0x06, 0, commands[0].dwords);
	at = add_access(at, BAR_WRITE, 2, 0x14, 0x464001);
	at = add_kind(at, RUN, 0);
	at = add_access(at, BAR_READ, 2, 0x1c, 0);
	at = add_access(at, BAR_WRITE, 2, 0x14, 0x460000);
	at = add_access(at, BAR_WRITE, 2, 0x24, 0);
	at = add_access(at, BAR_WRITE, 2, 0x14, 0x460001);
	seed_save(directory, "nvme", "admin", (size_t)(at - seed_bytes));
}

/*
 * Queues that are watched in memory: commands of which some ring no doorbell, and more of them than
 * the completion queue has room for, which the driver takes late.
 */
static void save_nvme_shadow(const char *directory)
{
	static const u32 cq[] = { 1 | 3 << 16, 3 | 1 << 16, 0 },
			 sq[] = { 1 | 15 << 16, 1 | 1 << 16, 0 }, none[] = { 0, 0, 0 };
	u8 *at = seed_bytes;

	at = add_nvme(at, 0, 0x05, 0, cq);
	at = add_nvme(at, 0, 0x01, 0, sq);
	for (unsigned again = 0; again < 2; again++) {
		at[4] = 0x41;
		at = add_nvme(at, 0, 0x7c, 0, none);
		for (unsigned i = 0; i < 12; i++) {
			/* It forgets one doorbell, then one place in the shadow is nonsense. */
			at[21] = i == 10 ? 0xff : i % 3 == 1;
			at = add_nvme(at, 1, 0x00, 1, none);
			at[-STEP + 1] = i % 6 != 5;
		}
		at = add_kind(at, RESET, 0);
		at = add_nvme(at, 0, 0x05, 0, cq);
		at = add_nvme(at, 0, 0x01, 0, sq);
	}
	seed_save(directory, "nvme", "shadow", (size_t)(at - seed_bytes));
}

/* Reads, writes and the rest on a queue, of each size, at each place, and when the disk fails. */
static void save_nvme_io(const char *directory, const char *name, bool threads)
{
	static const u32 cq[] = { 1 | 3 << 16, 3 | 1 << 16, 0 },
			 sq[] = { 1 | 15 << 16, 1 | 1 << 16, 0 };
	static const u32 sizes[] = { 0, 7, 15, 31, 127, 0xffff };
	static const u8 opcodes[] = { 0x02, 0x01, 0x08, 0x09, 0x00, 0x04, 0x0c };
	static const u32 far[] = { ~0u, ~0u, 7 }, gone[] = { 1, 0, 0 };
	u8 *at = seed_bytes;

	for (u32 reg = 0x40; reg < 0x100; reg += 4)
		at = add_access(at, CONFIG_WRITE, 2, reg, 0x80010000);
	for (u32 i = 0; i < 3; i++)
		at = add_access(at, BAR_WRITE, 3, 0x2000 + 16 * i, 0xfee00000);
	for (u32 i = 0; i < 3; i++)
		at = add_access(at, BAR_WRITE, 2, 0x200c + 16 * i, 0);
	at = add_access(at, BAR_READ, 2, 0x2000, 0);
	at = add_access(at, BAR_READ, 2, 0x3000, 0);
	at = add_nvme(at, 0, 0x05, 0, cq);
	at = add_nvme(at, 0, 0x01, 0, sq);
	if (threads)
		seed_bytes[0] |= 0x40;
	for (unsigned fails = 0; fails < 3; fails++) {
		for (size_t i = 0; i < sizeof(opcodes); i++) {
			for (size_t n = 0; n < 6; n++) {
				u32 dwords[] = { n, 0, opcodes[i] == 9 ? 0 : sizes[n] };

				dwords[1] = opcodes[i] == 9 ? n % 2 * 4 : 0;
				at[4] = n % 3 == 1 ? 0xc0 : 0x40;
				at[20] = n == 4 ? 0xff : (u8)n;
				at = add_nvme(at, 1, opcodes[i], n == 5 ? 2 : 1, dwords);
			}
			at = add_nvme(at, 1, opcodes[i], 1, far);
		}
		if (fails < 2)
			at = add_kind(at, FAIL, (u8)(fails + 1));
	}
	/* More than the completion queue holds, while the driver takes none; then it does. */
	for (unsigned i = 0; i < 8; i++)
		at = add_nvme(at, 1, 0x00, 1, far) - STEP;
	for (unsigned i = 0; i < 8; i++) {
		at = add_kind(at, RUN, 1);
		at = add_nvme(at, 1, 0x00, 1, far);
		at[-STEP + 1] = 1;
	}
	at = add_kind(at, RUN, 0);
	at = add_kind(at, RUN, 0);
	at = add_nvme(at, 0, 0x00, 0, gone);
	at = add_nvme(at, 0, 0x04, 0, gone);
	seed_save(directory, "nvme", name, (size_t)(at - seed_bytes));
}

static void save_nvme_registers(const char *directory)
{
	u8 *at = seed_bytes;

	for (u32 reg = 0; reg < 0x40; reg += 4)
		at = add_access(at, BAR_READ, reg % 8 ? 2 : 3, reg, 0);
	at = add_access(at, BAR_WRITE, 2, 0x0c, 3);
	at = add_access(at, BAR_WRITE, 2, 0x10, 1);
	at = add_access(at, BAR_WRITE, 3, 0x28, 0x10000);
	at = add_access(at, BAR_WRITE, 2, 0x1000, 0xff);
	at = add_access(at, BAR_WRITE, 2, 0x1004, 0xff);
	at = add_access(at, BAR_WRITE, 2, 0x1100, 1);
	at = add_access(at, BAR_WRITE, 2, 0x14, 0);
	at = add_access(at, BAR_WRITE, 2, 0x28, 0xfffff000);
	at = add_access(at, BAR_WRITE, 2, 0x14, 0x460001);
	at = add_access(at, BAR_READ, 2, 0x1c, 0);
	seed_save(directory, "nvme", "registers", (size_t)(at - seed_bytes));
}

void seeds_of_disks(const char *directory)
{
	save_ahci(directory);
	save_ata(directory, "ata", false, 0);
	save_ata(directory, "ata-far", false, 0xff);
	save_ata(directory, "ata-threads", true, 0);
	save_packets(directory, "packets", 0, false);
	save_packets(directory, "packets-1", 1, false);
	save_packets(directory, "packets-2", 2, true);
	save_packets(directory, "packets-6", 6, false);
	save_ahci_registers(directory);
	save_nvme(directory);
	save_nvme_shadow(directory);
	save_admin(directory);
	save_nvme_io(directory, "io", false);
	save_nvme_io(directory, "io-threads", true);
	save_nvme_registers(directory);
}
