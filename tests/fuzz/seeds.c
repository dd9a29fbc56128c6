// SPDX-License-Identifier: GPL-2.0-or-later
/* fuzz-seeds DIRECTORY: writes seeds for the targets, into a directory of each target's name. */
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <linux/virtio_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "acpi_builder.h"
#include "base/bytes.h"
#include "base/own.h"
#include "bzimage_builder.h"
#include "pci/rom/uefi_compress.h"
#include "rom_builder.h"
#include "vm/virtio/vhost_user_message.h"
#include "volume_builder.h"

static u8 bytes[64 * 1024];

static void save(const char *directory, const char *target, const char *name, size_t size)
{
	own_file FILE *f = NULL;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", directory, target);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/%s/%s", directory, target, name);
	f = fopen(path, "wb");
	if (!f || fwrite(bytes, 1, size, f) != size) {
		perror(path);
		exit(1);
	}
	memset(bytes, 0, sizeof(bytes));
}

static u32 make_card(u32 at)
{
	at = make_image(bytes, at, &(struct make_image){ .vendor = 0x10de, .device = 0x1280 });
	return make_image(bytes, at, &(struct make_image){ .code = 3, .last = true });
}

static void save_roms(const char *directory)
{
	static const u16 devices[] = { 0x1281, 0x1282, 0 };
	u32 end;

	save(directory, "rom", "combined", make_card(0));
	for (unsigned version = 1; version <= 3; version++) {
		char name[16];

		make_nvgi(bytes, version, 0x1400);
		snprintf(name, sizeof(name), "nvgi%u", version);
		save(directory, "rom", name, make_card(0x1400));
	}
	save(directory, "rom", "headerless", make_card(0x600));
	end = make_image(
		bytes, 0, &(struct make_image){ .revision = 3, .devices = devices, .last = true });
	save(directory, "rom", "devices", end);
	end = make_image(bytes, 0, &(struct make_image){ .last = true, .npde_blocks = 2 });
	end = make_image(bytes, end,
		&(struct make_image){ .signature = 0x4e56,
			.pcir_signature = "NPDS",
			.code = 0xe0,
			.npde_blocks = 2,
			.npde_last = true });
	save(directory, "rom", "npde", end);
	end = make_image(bytes, 0, &(struct make_image){ .code = 3, .machine = 0xaa64 });
	end = make_image(bytes, end, &(struct make_image){ .code = 3, .compression = 1 });
	save(directory, "rom", "efi", end);
	memcpy(bytes, "\x55\xaa\x01\xe9", 4);
	make_sum(bytes, 0, 512);
	save(directory, "rom", "isa", 512);
}

/* Text that spells a small ROM, in the shapes that each reader takes. */
static void save_text(const char *directory)
{
	u8 rom[64];
	char *text = (char *)bytes;
	size_t at = 0;

	make_card(0);
	memcpy(rom, bytes, sizeof(rom));
	memset(bytes, 0, sizeof(bytes));
	for (unsigned i = 0; i < sizeof(rom); i++)
		at += sprintf(text + at, "%s0x%02x", i ? "," : "u8 rom[] = {", rom[i]);
	at += sprintf(text + at, "};\n");
	save(directory, "rom_text", "array", at);
	for (unsigned i = at = 0; i < sizeof(rom); i++) {
		if (i % 16 == 0)
			at += sprintf(text + at, "%s%08x ", i ? "\n" : "", i);
		at += sprintf(text + at, " %02x", rom[i]);
	}
	at += sprintf(text + at, "\n*\n00000080\n");
	save(directory, "rom_text", "dump", at);
	for (unsigned i = at = 0; i < sizeof(rom); i += 2)
		at += sprintf(text + at, i % 16 ? " %06o" : "\n%07o %06o",
			i % 16 ? get_le16(rom + i) : i, get_le16(rom + i));
	save(directory, "rom_text", "octal", at);
	at = sprintf(text, "REGEDIT4\n\n[A]\n\"B\"=hex:");
	for (unsigned i = 0; i < sizeof(rom); i++)
		at += sprintf(text + at, "%02x,%s", rom[i], i % 16 == 15 ? "\\\n  " : "");
	save(directory, "rom_text", "registry", at);
	at = sprintf(
		text, ":0400000055aa8000%02x\n:00000001ff\n", -(4 + 0x55 + 0xaa + 0x80) & 0xff);
	save(directory, "rom_text", "intel-hex", at);
	at = sprintf(text, "S107000055aa8000%02x\n", ~(7 + 0x55 + 0xaa + 0x80) & 0xff);
	save(directory, "rom_text", "srecord", at);
	at = sprintf(text, "VaqAAOlAAQAAAAAAAAAAAAAAAAAAAAAAHAA=\n");
	save(directory, "rom_text", "base64", at);
}

/* Streams, and files of several ROMs. */
static void save_sets(const char *directory)
{
	u8 *compressed = NULL;
	u32 size = 0, end;

	make_driver(bytes, 0x8664, 0x0b);
	if (!uefi_compress(bytes, MAKE_DRIVER_SIZE, &compressed, &size))
		memcpy(bytes, compressed, size);
	free(compressed);
	save(directory, "uefi_compression", "driver", size);
	make_driver(bytes, 0x8664, 0x0b);
	save(directory, "rom_set", "driver", MAKE_DRIVER_SIZE);
	end = make_card(0);
	end = make_image(bytes, end, &(struct make_image){ .vendor = 0x1002, .last = true });
	save(directory, "rom_set", "two", end);
	put_le32(bytes + 0x34, 0x4c);
	end = make_vfct_record(bytes, 0x4c, 3, 0x1638, 1024, 1);
	make_image(bytes, 0x4c + 28, &(struct make_image){ .vendor = 0x1002, .last = true });
	make_acpi_header(bytes, "VFCT", end);
	save(directory, "rom_set", "vfct", end);
	end = make_volume(bytes, VOLUME_PLAIN);
	save(directory, "rom_set", "volume", end);
	end = make_volume(bytes, VOLUME_UEFI);
	save(directory, "rom_set", "volume-uefi", end);
	end = make_volume(bytes, VOLUME_LZMA);
	save(directory, "rom_set", "volume-lzma", end);
}

static void save_tables(const char *directory)
{
	u32 end = make_dmar(bytes);

	make_acpi_header(bytes, "DMAR", end);
	save(directory, "acpi", "dmar", end);
	end = make_ivrs(bytes);
	make_acpi_header(bytes, "IVRS", end);
	save(directory, "acpi", "ivrs", end);
	put_le32(bytes + 0x34, 0x4c);
	end = make_vfct_record(bytes, 0x4c, 3, 0x1638, 64, 1);
	end = make_vfct_record(bytes, end, 4, 0x73ff, 64, 2);
	make_acpi_header(bytes, "VFCT", end);
	save(directory, "acpi", "vfct", end);
}

static void save_kernels(const char *directory)
{
	make_bzimage(bytes);
	save(directory, "bzimage", "relocatable", BZIMAGE_SIZE);
	/* As memtest86+: fixed at 1 MiB, with a small setup part. */
	make_bzimage(bytes);
	bytes[0x1f1] = 2;
	bytes[0x234] = 0;
	put_le32(bytes + 0x1f4, 0x100);
	put_le64(bytes + 0x258, 0x100000);
	put_le32(bytes + 0x260, 0x4000);
	save(directory, "bzimage", "fixed", 3 * 512 + 0x1000);
}

/* Steps of tests/fuzz/platform.c: what to do, the size less one, an address, a value. */
static u32 add_step(u32 at, u8 kind, u8 size, u32 address, u32 value)
{
	bytes[at] = kind;
	bytes[at + 1] = size - 1;
	put_le32(bytes + at + 2, address);
	put_le32(bytes + at + 6, value);
	return at + 10;
}

/* Firmware places ECAM and power management, Linux starts a serial port and an alarm. */
static void save_platform(const char *directory)
{
	u32 at = 0;

	at = add_step(at, 0, 4, 0xcf8, 0x80000060);
	at = add_step(at, 0, 4, 0xcfc, 0xb0000001);
	at = add_step(at, 2, 4, 0xf8040, 0x601);
	at = add_step(at, 2, 1, 0xf8044, 0x80);
	at = add_step(at, 2, 4, 0xf80f0, 0xfed1c001);
	at = add_step(at, 4, 4, 0xfed1f410, 0x20);
	at = add_step(at, 2, 4, 0x8018, 0x00010100);
	at = add_step(at, 2, 4, 0x8020, 0xc010c000);
	at = add_step(at, 2, 2, 0x8004, 7);
	at = add_step(at, 2, 4, 0x100010, 0xc0000000);
	at = add_step(at, 2, 2, 0x100004, 7);
	at = add_step(at, 5, 4, 0xc0000ffc, 0);
	at = add_step(at, 2, 2, 0x803e, 0x40);
	save(directory, "platform", "pci", at);

	at = add_step(0, 0, 1, 0x3fa, 0xc1);
	at = add_step(at, 0, 1, 0x3fc, 0x0b);
	at = add_step(at, 0, 1, 0x3f9, 0x0f);
	at = add_step(at, 7, 1, 0, 0x64636261);
	at = add_step(at, 1, 1, 0x3fa, 0);
	at = add_step(at, 1, 1, 0x3f8, 0);
	at = add_step(at, 0, 1, 0x3f8, 'x');
	at = add_step(at, 0, 2, 0x70, 0x420b);
	at = add_step(at, 0, 2, 0x70, 0xff01);
	at = add_step(at, 6, 10, 0, 0x1000000);
	at = add_step(at, 0, 1, 0x70, 0x0c);
	at = add_step(at, 1, 1, 0x71, 0);
	at = add_step(at, 0, 1, 0xcf9, 0x06);
	at = add_step(at, 0, 1, 0x402, '\n');
	save(directory, "platform", "ports", at);

	/* The display's BARs, a mode, and a mouse that is knocked at. */
	at = add_step(0, 0, 4, 0xcf8, 0x80000060);
	at = add_step(at, 0, 4, 0xcfc, 0xb0000001);
	at = add_step(at, 2, 4, 0xf0010, 0xc0000000);
	at = add_step(at, 2, 4, 0xf0018, 0xd0000000);
	at = add_step(at, 2, 4, 0xf0030, 0xe0000001);
	at = add_step(at, 2, 2, 0xf0004, 2);
	at = add_step(at, 4, 4, 0xd0000502, 0x01e00280);
	at = add_step(at, 4, 4, 0xd0000506, 0x00410020);
	at = add_step(at, 5, 4, 0xe0000000, 0);
	at = add_step(at, 0, 1, 0x64, 0xd4);
	at = add_step(at, 0, 1, 0x60, 0xf4);
	at = add_step(at, 7, 2, 0, 0x1e1e1e1e);
	at = add_step(at, 1, 1, 0x60, 0);
	save(directory, "platform", "display", at);
}

static u32 add_answer(u32 at, u32 request, u32 size, u64 value)
{
	put_le32(bytes + at, request);
	put_le32(bytes + at + 4, VHOST_USER_VERSION | VHOST_USER_REPLY);
	put_le32(bytes + at + 8, size);
	put_le64(bytes + at + 12, value);
	return at + 12 + size;
}

/* A back end that confirms what it is told, and an old one. */
static void save_vhost_user(const char *directory)
{
	static const u8 confirmed[] = { VHOST_USER_SET_MEM_TABLE, VHOST_USER_SET_VRING_NUM,
		VHOST_USER_SET_VRING_BASE, VHOST_USER_SET_VRING_ADDR, VHOST_USER_SET_VRING_CALL,
		VHOST_USER_SET_VRING_KICK, VHOST_USER_SET_VRING_ENABLE };
	u32 at = add_answer(0, VHOST_USER_GET_FEATURES, 8, 0x170000000);

	at = add_answer(at, VHOST_USER_GET_PROTOCOL_FEATURES, 8, 0x209);
	at = add_answer(at, VHOST_USER_GET_QUEUE_NUM, 8, 4);
	at = add_answer(at, VHOST_USER_SET_OWNER, 8, 0);
	at = add_answer(at, VHOST_USER_SET_FEATURES, 8, 0);
	at = add_answer(at, VHOST_USER_GET_CONFIG, 12 + 256, 256ull << 32);
	at = add_answer(at, VHOST_USER_GET_CONFIG, 12 + 60, 60ull << 32);
	at = add_answer(at, VHOST_USER_SET_CONFIG, 8, 0);
	for (size_t i = 0; i < sizeof(confirmed); i++)
		at = add_answer(at, confirmed[i], 8, 0);
	at = add_answer(at, VHOST_USER_GET_VRING_BASE, 8, 7ull << 32);
	save(directory, "vhost_user", "new", at);

	at = add_answer(0, VHOST_USER_GET_FEATURES, 8, 0x100000001);
	at = add_answer(at, VHOST_USER_GET_VRING_BASE, 8, 0);
	save(directory, "vhost_user", "old", at);
}

/* Steps of tests/fuzz/net.c: what to do, a size, an offset in the rings, a value. */
static u32 add_net_step(u32 at, u8 kind, u8 size, u16 offset, u64 value)
{
	bytes[at] = kind;
	bytes[at + 1] = size;
	put_le16(bytes + at + 2, offset);
	put_le64(bytes + at + 4, value);
	return at + 12;
}

/* A buffer received into and a frame sent, on split rings; both in one descriptor each. */
static void save_net(const char *directory)
{
	static const struct {
		u16 ring;
		u32 length, flags;
	} queues[] = { { 0, 2048, VRING_DESC_F_WRITE }, { 0x800, 100, 0 } };
	u32 at = 1;

	bytes[0] = 0x10;
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
	save(directory, "net", "both", at);
}

static void make_config(u8 type, u16 ext_cap)
{
	put_le32(bytes, 0x97978086);
	put_le16(bytes + PCI_STATUS, PCI_STATUS_CAP_LIST);
	bytes[PCI_CLASS_REVISION + 3] = 6;
	bytes[PCI_HEADER_TYPE] = PCI_HEADER_TYPE_BRIDGE;
	bytes[PCI_SECONDARY_BUS] = 1;
	bytes[PCI_CAPABILITY_LIST] = 0x40;
	put_le32(bytes + 0x40, PCI_CAP_ID_PM | 0x50 << 8);
	put_le32(bytes + 0x50, PCI_CAP_ID_EXP | (2u | type << 4) << 16);
	put_le32(bytes + 0x100, PCI_EXT_CAP_ID_ERR | 1 << 16 | 0x200u << 20);
	put_le32(bytes + 0x200, ext_cap | 1u << 16);
	put_le32(bytes + 0x204, 0x001d005f);
}

static void save_configs(const char *directory)
{
	static const char *const texts[] = { "10000:e1:00.0",
		"0x00000000fb000000 0x00000000fbffffff 0x0000000000040200\n", "256M]" };

	make_config(PCI_EXP_TYPE_ROOT_PORT, PCI_EXT_CAP_ID_ACS);
	save(directory, "config", "port", 4096);
	make_config(PCI_EXP_TYPE_ENDPOINT, PCI_EXT_CAP_ID_SRIOV);
	save(directory, "config", "sriov", 4096);
	make_config(PCI_EXP_TYPE_ENDPOINT, PCI_EXT_CAP_ID_ACS);
	save(directory, "config", "short", 256);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char name[16];

		strcpy((char *)bytes, texts[i]);
		snprintf(name, sizeof(name), "text%zu", i);
		save(directory, "config", name, strlen(texts[i]));
	}
}

/* As tests/fuzz/vfio.c reads it: a card with MSI, MSI-X and PCIe, then a driver at work. */
static void save_vfio(const char *directory)
{
	u32 at = 4096 + 12;

	make_config(PCI_EXP_TYPE_ENDPOINT, PCI_EXT_CAP_ID_SRIOV);
	bytes[PCI_HEADER_TYPE] = 0;
	bytes[PCI_INTERRUPT_PIN] = 1;
	put_le32(bytes + PCI_BASE_ADDRESS_2, PCI_BASE_ADDRESS_SPACE_IO);
	bytes[0x51] = 0x90;
	put_le32(
		bytes + 0x90, PCI_CAP_ID_MSI | 0xb0 << 8 |
				      (u32)(PCI_MSI_FLAGS_64BIT | PCI_MSI_FLAGS_MASKBIT | 6) << 16);
	put_le32(bytes + 0xb0, PCI_CAP_ID_MSIX | 99u << 16);
	put_le32(bytes + 0xb4, 0x4000);
	put_le32(bytes + 0xb8, 0x8000);
	bytes[4096] = 16;     /* BAR 0, 64 KiB */
	bytes[4096 + 2] = 7;  /* BAR 2, 128 ports */
	bytes[4096 + 6] = 15; /* the ROM */
	bytes[4096 + 9] = VFIO_IRQ_INFO_NORESIZE;
	bytes[4096 + 10] = 31;
	at = add_step(at, 1, 3, PCI_BASE_ADDRESS_0, 0xd0000000);
	at = add_step(at, 1, 3, PCI_BASE_ADDRESS_2, 0xc000);
	at = add_step(at, 1, 3, PCI_ROM_ADDRESS, 0xe0000001);
	at = add_step(at, 1, 2, PCI_COMMAND, 7);
	at = add_step(at, 2, 3, 0xe0000000, 0);
	at = add_step(at, 1, 3, 0x94, 0xfee00000);
	at = add_step(at, 1, 2, 0x92, 0x31);
	at = add_step(at, 6, 2, 0, 0);
	at = add_step(at, 1, 2, 0x92, 0);
	at = add_step(at, 3, 3, 0xd0004000, 0xfee00000);
	at = add_step(at, 3, 3, 0xd000400c, 0);
	at = add_step(at, 1, 2, 0xb2, 0x8000);
	at = add_step(at, 6, 3, 0, 0);
	at = add_step(at, 3, 3, 0xd000464c, 0);
	at = add_step(at, 2, 3, 0xd0008000, 0);
	at = add_step(at, 1, 2, 0x44, 3);
	at = add_step(at, 1, 2, 0x44, 0);
	at = add_step(at, 7, 1, 0, 0);
	save(directory, "vfio", "card", at);
}

/* As tests/fuzz/fw_cfg.c reads it: commands of firmware, with their keys, lengths and addresses. */
static u32 add_command(u32 at, u32 control, u32 size, u64 addr)
{
	bytes[at] = 3;
	put_le16(bytes + at + 2, 0x100);
	put_be32(bytes + at + 4, control);
	put_be32(bytes + at + 8, size);
	put_be64(bytes + at + 12, addr);
	return at + 20;
}

static void save_fw_cfg(const char *directory)
{
	u32 at = 0;

	bytes[at] = 4; /* port 510, two bytes */
	put_le64(bytes + at + 4, 0x19);
	at += 20;
	bytes[at] = 1;
	bytes[at + 1] = 1;
	at += 20;
	at = add_command(at, 0x19 << 16 | 0x0a, 4 + 3 * 64, 0x1000);
	at = add_command(at, 0x11 << 16 | 0x0a, 100, 0x2000);
	at = add_command(at, 0x20 << 16 | 0x18, 60, 0x1000);
	at = add_command(at, 0x10, 40, 0x1000);
	at = add_command(at, 0x21 << 16 | 0x0a, 4, 0x3000);
	at = add_command(at, 0x22 << 16 | 0x0c, 5, 0);
	at = add_command(at, 0x02, 5, 0x3ffb);
	save(directory, "fw_cfg", "firmware", at);
}

/* As tests/fuzz/virtio.c reads it: a driver that sets up a queue and reads a sector. */
static void save_virtio(const char *directory, bool packed)
{
	static const struct {
		u32 address;
		u8 size;
		u32 split, packed;
	} registers[] = {
		{ 0x14, 1, 3, 3 },
		{ 0x08, 3, 0, 0 },
		{ 0x0c, 3, 0x30006200, 0x30006200 },
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

	at = add_step(at, 1, 3, PCI_BASE_ADDRESS_0, bar);
	at = add_step(at, 1, 2, PCI_COMMAND, 6);
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++)
		at = add_step(at, 3, registers[i].size, bar + registers[i].address,
			packed ? registers[i].packed : registers[i].split);
	for (u32 i = 0; i < ARRAY_SIZE(buffers); i++) {
		u32 flags = (i < 2 ? 1 : 0) | (i ? 2 : 0);

		at = add_step(at, 5, 3, 0x1000 + 16 * i, buffers[i]);
		at = add_step(at, 5, 3, 0x1008 + 16 * i, sizes[i]);
		at = add_step(at, 5, 3, 0x100c + 16 * i,
			packed ? (flags | 0x80) << 16 : flags | (i + 1) << 16);
	}
	at = packed ? at : add_step(at, 5, 3, 0x2000, 1 << 16);
	for (unsigned i = 0; i < 2; i++)
		at = add_step(at, 6, 1, 0, 0);
	at = add_step(at, 2, 3, bar + 0x14, 0);
	at = add_step(at, 7, 1, 0, 0);
	save(directory, "virtio", packed ? "packed" : "split", at);
}

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
	u8 *at = bytes;

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
	save(directory, "ahci", "commands", (size_t)(at - bytes) + STEP);
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
	u8 *at = bytes;

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
	save(directory, "nvme", "commands", (size_t)(at - bytes) + STEP);
}

/* As tests/fuzz/hda.c reads it: verbs, converters that are connected, and streams that run. */
static void save_hda(const char *directory)
{
	enum { STEP = 16, COMMAND = 5, CONVERTER = 6, STREAM = 7, PASS = 8, PAUSE = 9, RESET = 10 };
	static const u32 verbs[] = { 0xf0000, 0xf0004, 0x1f0005, 0x2f0009, 0x3f0200, 0x3f1c00,
		0x2bA000, 0x23b04a, 0x436020, 0x2a0000, 0x370740, 0x170503, 0x170500, 0x17ff00 };
	u8 *at = bytes;

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++, at += STEP) {
		at[0] = COMMAND;
		put_le32(at + 6, verbs[i]);
	}
	/* Streams 0 and 4, with the tags 1 and 5, of the two converters. */
	for (u8 n = 0; n < 2; n++, at += 3 * STEP) {
		at[0] = CONVERTER;
		at[1] = n ? 2 : 4;
		at[6] = n ? 0x50 : 0x10;
		at[STEP] = STREAM;
		at[STEP + 1] = n ? 4 : 0;
		put_le16(at + STEP + 6, 512);
		at[STEP + 10] = 7;
		at[STEP + 12] = 16;
		at[2 * STEP] = PASS;
		put_le32(at + 2 * STEP + 6, 20000000);
	}
	at[0] = PAUSE;
	at[STEP] = PASS;
	put_le32(at + STEP + 6, 0xffffffff);
	at[2 * STEP] = RESET;
	save(directory, "hda", "streams", (size_t)(at - bytes) + 3 * STEP);
}

/* As tests/fuzz/nbd.c reads it: what a server says, from its greeting to four replies. */
static void save_nbd(const char *directory)
{
	u8 *at = bytes;

	put_be64(at, 0x4e42444d41474943ull);
	put_be64(at + 8, 0x49484156454f5054ull);
	put_be16(at + 16, 3);
	at += 18;
	for (unsigned i = 0; i < 3; i++) {
		static const u8 sizes[] = { 12, 14, 0 }, types[] = { 3, 3, 1 };

		put_be64(at, 0x0003e889045565a9ull);
		put_be32(at + 8, 7);
		put_be32(at + 12, types[i]);
		put_be32(at + 16, sizes[i]);
		if (i == 0) {
			put_be64(at + 22, MIB);
			put_be16(at + 30, 0x4d);
		} else if (i == 1) {
			put_be16(at + 20, 3);
			put_be32(at + 22, 1);
		}
		at += 20 + sizes[i];
	}
	for (unsigned i = 0; i < 4; i++) {
		put_be32(at, 0x67446698);
		put_be64(at + 8, i);
		at += i ? 16 : 16 + 512;
	}
	save(directory, "nbd", "session", (size_t)(at - bytes));
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	save_roms(argv[1]);
	save_text(argv[1]);
	save_sets(argv[1]);
	save_platform(argv[1]);
	save_tables(argv[1]);
	save_kernels(argv[1]);
	save_configs(argv[1]);
	save_vfio(argv[1]);
	save_fw_cfg(argv[1]);
	save_virtio(argv[1], false);
	save_virtio(argv[1], true);
	save_vhost_user(argv[1]);
	save_ahci(argv[1]);
	save_nvme(argv[1]);
	save_hda(argv[1]);
	save_nbd(argv[1]);
	save_net(argv[1]);
	return 0;
}
