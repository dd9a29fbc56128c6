// SPDX-License-Identifier: GPL-2.0-or-later
/* Seeds for cards: those of the host (vfio.c), and virtio's (virtio.c, rng.c, net.c). */
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <linux/virtio_ring.h>
#include <string.h>

#include "seeds.h"

/* Steps of tests/fuzz/vfio.c follow a config space and what the host says of the device. */
#define VFIO_HEAD (4096 + 14)

/* Steps of tests/fuzz/net.c: what to do, a size, an offset in the rings, a value. */
static u32 add_net_step(u32 at, u8 kind, u8 size, u16 offset, u64 value)
{
	seed_bytes[at] = kind;
	seed_bytes[at + 1] = size;
	put_le16(seed_bytes + at + 2, offset);
	put_le64(seed_bytes + at + 4, value);
	return at + 12;
}

/* Frames that are longer than what the link takes, and then too many of them. */
static void save_full_net(const char *directory, const char *name, u8 form, u32 length)
{
	u32 at = 1;

	seed_bytes[0] = form;
	at = add_net_step(at, 0, 7, 0x800, 0x5000);
	at = add_net_step(at, 0, 7, 0x808, length);
	at = add_net_step(at, 0, 3, 0xa02, 4);
	for (unsigned i = 0; i < 12; i++) {
		at = add_net_step(at, i % 4 == 3 ? 6 : 4, 0, 0, 0);
		if (i > 4)
			at = add_net_step(at, 2, 0, 0, 0);
	}
	/* The other end hangs up. */
	at = add_net_step(at, 5, 0xff, 0, 0);
	at = add_net_step(at, 4, 0, 0, 0);
	seed_save(directory, "net", name, at);
}

/* A packed ring that is gone through, with a table, and with an event where it is to stop. */
static void save_packed_net(const char *directory)
{
	u32 at = 1;

	seed_bytes[0] = 0x1e;
	at = add_net_step(at, 0, 3, 0xa00, 0x00028003);
	for (unsigned i = 0; i < 2; i++) {
		at = add_net_step(at, 0, 7, (u16)(0x400 + 16 * i), 0x5000 + 64 * i);
		at = add_net_step(at, 0, 7, (u16)(0x408 + 16 * i), 60);
	}
	for (unsigned i = 0; i < 20; i++) {
		u64 flags = (i / 8 % 2 ? 0x8000 : 0x80) | (i % 5 == 2 ? 4 : i % 7 == 3 ? 1 : 0);

		at = add_net_step(
			at, 0, 7, (u16)(0x800 + 16 * (i % 8)), flags & 4 ? 0x1400 : 0x5000);
		at = add_net_step(at, 0, 7, (u16)(0x808 + 16 * (i % 8)),
			flags << 48 | (flags & 4 ? 32 : 100));
		if (!(flags & 1))
			at = add_net_step(at, 4, 0, 0, 0);
		at = add_net_step(at, 2, 0, 0, 0);
	}
	seed_save(directory, "net", "packed", at);
}

/* A buffer received into and a frame sent, on split rings; both in one descriptor each. */
static void save_net(const char *directory)
{
	static const struct {
		u16 ring;
		u32 length, flags;
	} queues[] = { { 0, 2048, VRING_DESC_F_WRITE }, { 0x800, 100, 0 } };
	u32 at = 1;

	seed_bytes[0] = 0x10;
	for (size_t i = 0; i < ARRAY_SIZE(queues); i++) {
		at = add_net_step(at, 0, 7, queues[i].ring, 0x4000 + 0x1000 * i);
		at = add_net_step(at, 0, 7, queues[i].ring + 8,
			queues[i].length | (u64)queues[i].flags << 32);
		at = add_net_step(at, 0, 3, queues[i].ring + 0x202, 1);
	}
	at = add_net_step(at, 1, 8, 0, 0x3c000000);
	at = add_net_step(at, 5, 0, 0, 0);
	at = add_net_step(at, 4, 0, 0, 0);
	at = add_net_step(at, 2, 0, 0, 0);
	at = add_net_step(at, 3, 0, 0, 0);
	seed_save(directory, "net", "both", at);
}

/* As tests/fuzz/vfio.c reads it: a card with MSI, MSI-X and PCIe, then a driver at work. */
static void save_vfio(const char *directory)
{
	u32 at = VFIO_HEAD;

	seed_config(PCI_EXP_TYPE_ENDPOINT, PCI_EXT_CAP_ID_SRIOV);
	seed_bytes[PCI_HEADER_TYPE] = 0;
	seed_bytes[PCI_INTERRUPT_PIN] = 1;
	put_le32(seed_bytes + PCI_BASE_ADDRESS_2, PCI_BASE_ADDRESS_SPACE_IO);
	seed_bytes[0x51] = 0x90;
	put_le32(seed_bytes + 0x90, PCI_CAP_ID_MSI | 0xb0 << 8 |
					    (u32)(PCI_MSI_FLAGS_64BIT | PCI_MSI_FLAGS_MASKBIT | 6)
						    << 16);
	put_le32(seed_bytes + 0xb0, PCI_CAP_ID_MSIX | 99u << 16);
	put_le32(seed_bytes + 0xb4, 0x4000);
	put_le32(seed_bytes + 0xb8, 0x8000);
	seed_bytes[4096] = 16;     /* BAR 0, 64 KiB */
	seed_bytes[4096 + 2] = 7;  /* BAR 2, 128 ports */
	seed_bytes[4096 + 6] = 15; /* the ROM */
	seed_bytes[4096 + 9] = VFIO_IRQ_INFO_NORESIZE;
	seed_bytes[4096 + 10] = 31;
	at = seed_step(at, 1, 3, PCI_BASE_ADDRESS_0, 0xd0000000);
	at = seed_step(at, 1, 3, PCI_BASE_ADDRESS_2, 0xc000);
	at = seed_step(at, 1, 3, PCI_ROM_ADDRESS, 0xe0000001);
	at = seed_step(at, 1, 2, PCI_COMMAND, 7);
	at = seed_step(at, 2, 3, 0xe0000000, 0);
	at = seed_step(at, 1, 3, 0x94, 0xfee00000);
	at = seed_step(at, 1, 2, 0x92, 0x31);
	at = seed_step(at, 6, 2, 0, 0);
	at = seed_step(at, 1, 2, 0x92, 0);
	at = seed_step(at, 3, 3, 0xd0004000, 0xfee00000);
	at = seed_step(at, 3, 3, 0xd000400c, 0);
	at = seed_step(at, 1, 2, 0xb2, 0x8000);
	at = seed_step(at, 6, 3, 0, 0);
	at = seed_step(at, 3, 3, 0xd000464c, 0);
	at = seed_step(at, 2, 3, 0xd0008000, 0);
	at = seed_step(at, 1, 2, 0x44, 3);
	at = seed_step(at, 1, 2, 0x44, 0);
	at = seed_step(at, 7, 1, 0, 0);
	seed_save(directory, "vfio", "card", at);
}

/* The queue by which a network card sends, with a frame. */
static u32 add_sends(u32 at, u32 bar, bool packed)
{
	at = seed_step(at, 3, 2, bar + 0x16, 1);
	at = seed_step(at, 3, 3, bar + 0x20, 0x8000);
	at = seed_step(at, 3, 3, bar + 0x28, 0x9000);
	at = seed_step(at, 3, 3, bar + 0x30, 0xa000);
	at = seed_step(at, 3, 2, bar + 0x1c, 1);
	at = seed_step(at, 5, 3, 0x8000, 0x4000);
	at = seed_step(at, 5, 3, 0x8008, 100);
	at = seed_step(at, 5, 3, 0x800c, packed ? 0x800000 : 0);
	at = packed ? at : seed_step(at, 5, 3, 0x9000, 1 << 16);
	at = seed_step(at, 3, 2, bar + 0x2004, 1);
	at = seed_step(at, 6, 1, 0, 100);
	at = seed_step(at, 6, 1, 0, 100);
	return at;
}

/* The other registers, the window of config space to them, MSI-X, and one queue is reset. */
static u32 add_others(u32 at, u32 bar)
{
	for (u32 i = 0; i < 0x40; i += 4)
		at = seed_step(at, 2, 3, bar + i, 0);
	at = seed_step(at, 2, 1, bar + 0x800, 0);
	for (u32 i = 0; i < 3; i++) {
		at = seed_step(at, 2, 3, bar + 0x1000 + 8 * i, 0);
		at = seed_step(at, 3, 2, bar + 0x2000 + 4 * i, i);
		at = seed_step(at, 3, 3, bar + 0x3000 + 16 * i, 0xfee00000);
		at = seed_step(at, 2, 3, bar + 0x3000 + 16 * i, 0);
		at = seed_step(at, 3, 3, bar + 0x300c + 16 * i, 0);
		at = seed_step(at, 2, 3, bar + 0x3800, 0);
	}
	at = seed_step(at, 2, 3, bar + 0x1ffe, 0);
	at = seed_step(at, 3, 2, bar + 0x1a, 1);
	for (u32 i = 0x40; i < 0x100; i += 4)
		at = seed_step(at, 1, 3, i, i % 8 ? 4 : 0x80000014);
	for (u32 i = 0x40; i < 0x100; i += 4)
		at = seed_step(at, 0, 3, i, 0);
	at = seed_step(at, 6, 1, 0, 100);
	at = seed_step(at, 3, 2, bar + 0x16, 0);
	at = seed_step(at, 3, 2, bar + 0x3a, 1);
	at = seed_step(at, 3, 1, bar + 0x14, 0);
	at = seed_step(at, 6, 1, 0, 0xffff);
	at = seed_step(at, 7, 1, 0, 0);
	return at;
}

/* As tests/fuzz/virtio.c reads it: a driver that sets up a queue and reads a sector. */
static void save_virtio(const char *directory, const char *name, bool packed, u8 form)
{
	const bool net = form & 0x40;
	static const struct {
		u32 address;
		u8 size;
		u32 split, packed;
	} registers[] = {
		{ 0x14, 1, 3, 3 },
		{ 0x08, 3, 0, 0 },
		{ 0x0c, 3, 0x30006a00, 0x30006a00 },
		{ 0x08, 3, 1, 1 },
		{ 0x0c, 3, 1, 5 },
		{ 0x14, 1, 11, 11 },
		{ 0x18, 2, 8, 8 },
		{ 0x20, 3, 0x1000, 0x1000 },
		{ 0x28, 3, 0x2000, 0x2000 },
		{ 0x30, 3, 0x3000, 0x3000 },
		{ 0x1c, 2, 1, 1 },
		{ 0x14, 1, 15, 15 },
	};
	static const u32 buffers[] = { 0x4000, 0x5000, 0x6000 }, sizes[] = { 16, 512, 1 };
	const u32 bar = 0xe0000000;
	u32 at = 0;

	at = seed_step(at, 1, 3, PCI_BASE_ADDRESS_0, bar);
	at = seed_step(at, 1, 2, PCI_COMMAND, 6);
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++)
		at = seed_step(at, 3, registers[i].size, bar + registers[i].address,
			net && registers[i].split == 0x30006a00 ? 0x30008020
			: packed                                ? registers[i].packed
								: registers[i].split);
	for (u32 i = 0; i < ARRAY_SIZE(buffers); i++) {
		u32 flags = (i < 2 ? 1 : 0) | (i ? 2 : 0);

		at = seed_step(at, 5, 3, 0x1000 + 16 * i, buffers[i]);
		at = seed_step(at, 5, 3, 0x1008 + 16 * i, sizes[i]);
		at = seed_step(at, 5, 3, 0x100c + 16 * i,
			packed ? (flags | 0x80) << 16 : flags | (i + 1) << 16);
	}
	at = packed ? at : seed_step(at, 5, 3, 0x2000, 1 << 16);
	/* A disk whose cache the driver turns off; and what is no choice. */
	for (u32 i = 0; i < 3; i++)
		at = seed_step(at, 3, 1, bar + 0x1020, i);
	if (net)
		at = add_sends(at, bar, packed);
	for (unsigned i = 0; i < 2; i++)
		at = seed_step(at, 6, 1, 0, 0);
	at = seed_step(at, 2, 3, bar + 0x14, 0);
	at = add_others(at, bar);
	seed_bytes[0] |= form;
	seed_save(directory, "virtio", name, at);
}

/* A card with a quirk: its BARs, and writes that its drivers make to reach config space. */
struct quirky {
	const char *name;
	u8 card, more;
	u8 regions[6]; /* sizes, as powers of two */
	struct {
		u8 kind; /* of a step */
		u8 size;
		u32 address, value;
	} steps[24];
	u8 vectors, options;
};

enum { MEMORY_READ = 2, MEMORY_WRITE, PORT_READ, PORT_WRITE, RAISE, RESET, PASS_GATE, LEAVES };

static const struct quirky quirky[] = {
	{ "radeon", 1, 0x02, { 16, 0, 16, 0, 8, 16 },
		{ { PORT_READ, 1, 0x3c3 }, { PORT_WRITE, 1, 0x3c3, 1 },
			{ PORT_WRITE, 3, 0xc400, 0x4004 }, { PORT_READ, 3, 0xc404 },
			{ PORT_WRITE, 3, 0xc404, 7 }, { PORT_WRITE, 3, 0xc400, 0x10 },
			{ PORT_READ, 3, 0xc404 }, { MEMORY_READ, 3, 0xd2004000 },
			{ MEMORY_WRITE, 3, 0xd2004004, 7 }, { RESET, 1 }, { LEAVES, 2 },
			{ RESET, 1 } } },
	{ "geforce", 2, 0x05, { 20, 16, 0, 0, 0, 7 },
		{ { PORT_WRITE, 2, 0x3d4, 0x338 }, { PORT_WRITE, 3, 0x3d0, 0x1804 },
			{ PORT_WRITE, 2, 0x3d4, 0x538 }, { PORT_READ, 3, 0x3d0 },
			{ PORT_WRITE, 2, 0x3d4, 0x338 }, { PORT_WRITE, 3, 0x3d0, 0x1804 },
			{ PORT_WRITE, 2, 0x3d4, 0x738 }, { PORT_WRITE, 3, 0x3d0, 7 },
			{ PORT_READ, 2, 0x3d4 }, { PORT_WRITE, 3, 0xc500, 1 },
			{ PORT_WRITE, 3, 0xc504, 1 }, { PORT_WRITE, 3, 0xc508, 0x88004 },
			{ PORT_READ, 3, 0xc50c }, { PORT_WRITE, 3, 0xc50c, 7 },
			{ PORT_READ, 3, 0xc500 }, { MEMORY_READ, 3, 0xd0088000 },
			{ MEMORY_WRITE, 3, 0xd0088004, 7 }, { MEMORY_READ, 3, 0xd0001800 },
			{ MEMORY_WRITE, 2, 0xd0001804, 7 }, { MEMORY_WRITE, 3, 0xd0088090, 0 },
			{ MEMORY_WRITE, 3, 0xd0088704, 0 }, { MEMORY_READ, 4, 0xd0088002 },
			{ RESET, 1 }, { MEMORY_READ, 4, 0xd0088ffc } } },
	{ "intel-12", 3, 0x48, { 21, 0, 0, 0, 6, 0 },
		{ { 1, 3, 0xfc, 0x1000 }, { 1, 3, 0xc0, 0x8000 }, { 0, 2, 0x50, 0 },
			{ MEMORY_READ, 2, 0xd0108040 }, { MEMORY_WRITE, 2, 0xd0108040, 1 },
			{ MEMORY_READ, 4, 0xd01080c0 }, { MEMORY_WRITE, 4, 0xd01080c0, 1 },
			{ RAISE, 4 }, { RAISE, 5 }, { PASS_GATE, 1 }, { RESET, 1 } } },
	{ "intel-6", 4, 0x10, { 20, 0, 0, 0, 6, 0 },
		{ { 1, 3, 0x5c, 0x1000 }, { 0, 2, 0x50, 0 }, { RAISE, 4 }, { RAISE, 5 },
			{ RESET, 1 } } },
	/* Interrupts that the machine has to unmask itself. */
	{ "intel-unmasks", 3, 0x40, { 21, 0, 0, 0, 6, 0 },
		{ { RAISE, 6 }, { MEMORY_READ, 2, 0xd0108040 }, { RAISE, 6 },
			{ MEMORY_WRITE, 2, 0xd0108040, 1 }, { RAISE, 6 },
			{ MEMORY_READ, 4, 0xd01080c0 }, { MEMORY_WRITE, 4, 0xd01080c0, 1 },
			{ MEMORY_READ, 2, 0xd0000000 }, { RAISE, 6 }, { RESET, 1 } },
		.options = 8 },
	{ "intel-lacks", 3, 0x40, { 21, 0, 0, 0, 6, 0 },
		{ { RAISE, 6 }, { MEMORY_READ, 2, 0xd0000000 }, { RESET, 1 } }, .vectors = 0x20 },
	{ "realtek", 5, 0x20, { 8, 0, 14, 0, 0, 0 },
		{ { MEMORY_WRITE, 3, 0xd2000074, 0x10000 }, { MEMORY_READ, 3, 0xd2000074 },
			{ MEMORY_READ, 3, 0xd2000070 }, { MEMORY_WRITE, 3, 0xd2000070, 0xfee00000 },
			{ MEMORY_WRITE, 3, 0xd2000074, 0x80010000 }, { MEMORY_READ, 1, 0xd2000071 },
			{ MEMORY_WRITE, 3, 0xd2000074, 0x80000 }, { MEMORY_READ, 4, 0xd2000070 },
			{ RESET, 1 } } },
	{ "broken", 2, 0xc3, { 20, 16, 0, 0, 0, 7 },
		{ { MEMORY_READ, 3, 0xd0000000 }, { MEMORY_WRITE, 3, 0xd0000000, 7 },
			{ MEMORY_READ, 4, 0xd0000004 }, { MEMORY_WRITE, 4, 0xd0000004, 7 },
			{ PORT_READ, 1, 0x3c0 }, { PORT_WRITE, 1, 0x3c0 },
			{ MEMORY_READ, 3, 0xa0000 }, { MEMORY_WRITE, 3, 0xa0000, 1 },
			{ PORT_READ, 2, 0xc510 }, { PORT_WRITE, 2, 0xc510, 1 },
			{ MEMORY_READ, 3, 0xa0004 }, { MEMORY_READ, 3, 0xa0008 }, { RESET, 1 },
			{ RESET, 1 } } },
};

/* MSI with masks, more vectors than the host has, MSI-X that grows, and one kind after the other.
 */
static void save_interrupts(const char *directory, u8 vectors, u8 flags)
{
	u32 at = VFIO_HEAD;

	seed_config(PCI_EXP_TYPE_ENDPOINT, PCI_EXT_CAP_ID_ACS);
	seed_bytes[PCI_HEADER_TYPE] = 0;
	seed_bytes[PCI_INTERRUPT_PIN] = 1;
	seed_bytes[0x51] = 0x90;
	put_le32(seed_bytes + 0x90, PCI_CAP_ID_MSI | 0xb0 << 8 | 0x186u << 16);
	put_le32(seed_bytes + 0xb0, PCI_CAP_ID_MSIX | 15u << 16);
	put_le32(seed_bytes + 0xb8, 0x800);
	seed_bytes[4096] = 14;
	seed_bytes[4096 + 9] = flags;
	seed_bytes[4096 + 10] = vectors;
	at = seed_step(at, 1, 3, PCI_BASE_ADDRESS_0, 0xd0000000);
	at = seed_step(at, 1, 2, PCI_COMMAND, 7);
	at = seed_step(at, 1, 3, 0x94, 0xfee00000);
	at = seed_step(at, 1, 2, 0x9c, 0x41);
	for (unsigned i = 0; i < 4; i++) {
		at = seed_step(at, 1, 2, 0x92, 0x31);
		at = seed_step(at, 1, 3, 0xa0, i % 2 ? 0 : 5);
		at = seed_step(at, RAISE, 2, i, 0);
		at = seed_step(at, 0, 3, 0xa4, 0);
		at = seed_step(at, 1, 3, 0x94, 0xfee01000);
		at = seed_step(at, 1, 2, 0x92, i % 2 ? 0x30 : 0x11);
	}
	at = seed_step(at, 1, 2, 0x92, 0);
	at = seed_step(at, 1, 2, 0xb2, 0x8000);
	for (u32 i = 0; i < 16; i += 3) {
		at = seed_step(at, MEMORY_WRITE, 3, 0xd0000000 + 16 * i, 0xfee00000);
		at = seed_step(at, MEMORY_WRITE, 3, 0xd000000c + 16 * i, 0);
		at = seed_step(at, MEMORY_READ, 3, 0xd0000000 + 16 * i, 0);
		at = seed_step(at, RAISE, 3, i, 0);
		at = seed_step(at, MEMORY_WRITE, 3, 0xd000000c + 16 * i, i % 2);
		at = seed_step(at, MEMORY_READ, 3, 0xd0000800, 0);
	}
	at = seed_step(at, 1, 2, 0xb2, 0xc000);
	at = seed_step(at, 1, 2, 0xb2, 0);
	at = seed_step(at, RAISE, 1, 0, 0);
	at = seed_step(at, 1, 2, PCI_COMMAND, 0x407);
	seed_save(directory, "vfio", flags ? "msix-grows" : vectors ? "msi" : "msi-few", at);
}

/* Each is enabled with legacy VGA, is reset, and has MSI-X in its BAR 2. */
static void save_quirk(const char *directory, const struct quirky *q)
{
	u32 at = VFIO_HEAD;

	seed_config(PCI_EXP_TYPE_ENDPOINT, PCI_EXT_CAP_ID_REBAR);
	seed_bytes[PCI_HEADER_TYPE] = 0;
	seed_bytes[PCI_INTERRUPT_PIN] = 1;
	put_le32(seed_bytes + PCI_BASE_ADDRESS_2, PCI_BASE_ADDRESS_MEM_TYPE_64);
	put_le32(seed_bytes + 0x208, 1 << 5); /* of REBAR: one BAR, of 1 MiB */
	put_le32(seed_bytes + 0x54, PCI_EXP_DEVCAP_FLR);
	seed_bytes[0x51] = 0x90;
	/* Intel's graphics have registers there. */
	if (q->card == 3 || q->card == 4)
		seed_bytes[PCI_CAPABILITY_LIST] = 0x90;
	put_le32(seed_bytes + 0x90, PCI_CAP_ID_MSI | 0xb0 << 8 | 0x80u << 16);
	put_le32(seed_bytes + 0xb0, PCI_CAP_ID_MSIX | 3u << 16);
	/* MSI-X is in BAR 2, or in BAR 0 if the card has no BAR 2. */
	put_le32(seed_bytes + 0xb4, q->regions[2] ? 2 : 0);
	put_le32(seed_bytes + 0xb8, q->regions[2] ? 0x802 : 0x800);
	memcpy(seed_bytes + 4096, q->regions, sizeof(q->regions));
	seed_bytes[4096 + 6] = 15;
	seed_bytes[4096 + 10] = q->vectors;
	seed_bytes[4096 + 11] = 32 | q->options; /* vga=on */
	seed_bytes[4096 + 12] = q->card;
	seed_bytes[4096 + 13] = q->more;
	for (u32 i = 0; i < 6; i++)
		at = seed_step(at, 1, 3, PCI_BASE_ADDRESS_0 + 4 * i,
			(i == 4 && q->card != 5          ? 0xc400
				: i == 5 && q->card == 2 ? 0xc500
							 : 0xd0000000 + i * 0x1000000) *
				(i != 3));
	at = seed_step(at, 1, 2, PCI_COMMAND, 7);
	for (size_t i = 0; i < sizeof(q->steps) / sizeof(*q->steps) && q->steps[i].size; i++)
		at = seed_step(at, q->steps[i].kind, q->steps[i].size, q->steps[i].address,
			q->steps[i].value);
	at = seed_step(at, 1, 2, PCI_COMMAND, 0);
	at = seed_step(at, 1, 2, PCI_COMMAND, 7);
	at = seed_step(at, 1, 2, 0x58, PCI_EXP_DEVCTL_BCR_FLR);
	seed_save(directory, "vfio", q->name, at);
}

void seeds_of_cards(const char *directory)
{
	save_net(directory);
	save_full_net(directory, "rest", 0x10, 20000);
	save_full_net(directory, "packets", 0x11, 3000);
	save_packed_net(directory);
	save_vfio(directory);
	for (size_t i = 0; i < sizeof(quirky) / sizeof(*quirky); i++)
		save_quirk(directory, &quirky[i]);
	save_interrupts(directory, 31, 0);
	save_interrupts(directory, 0, 0);
	save_interrupts(directory, 31, VFIO_IRQ_INFO_NORESIZE);
	save_virtio(directory, "split", false, 0);
	save_virtio(directory, "packed", true, 0);
	save_virtio(directory, "threads", false, 0x80);
	save_virtio(directory, "net", false, 0x40);
	save_virtio(directory, "net-packed", true, 0x40);
}
