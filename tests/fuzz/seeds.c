// SPDX-License-Identifier: GPL-2.0-or-later
/* fuzz-seeds DIRECTORY: writes seeds for the targets, into a directory of each target's name. */
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "acpi_builder.h"
#include "base/own.h"
#include "bzimage_builder.h"
#include "pci/rom/uefi_compress.h"
#include "rom_builder.h"
#include "seeds.h"
#include "vm/virtio/vhost_user_message.h"
#include "volume_builder.h"

u8 seed_bytes[SEED_MAX];

void seed_save(const char *directory, const char *target, const char *name, size_t size)
{
	own_file FILE *f = NULL;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", directory, target);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/%s/%s", directory, target, name);
	f = fopen(path, "wb");
	if (!f || fwrite(seed_bytes, 1, size, f) != size) {
		perror(path);
		exit(1);
	}
	memset(seed_bytes, 0, sizeof(seed_bytes));
}

u32 seed_step(u32 at, u8 kind, u8 size, u32 address, u32 value)
{
	seed_bytes[at] = kind;
	seed_bytes[at + 1] = size - 1;
	put_le32(seed_bytes + at + 2, address);
	put_le32(seed_bytes + at + 6, value);
	return at + 10;
}

void seed_config(u8 type, u16 ext_cap)
{
	put_le32(seed_bytes, 0x97978086);
	put_le16(seed_bytes + PCI_STATUS, PCI_STATUS_CAP_LIST);
	seed_bytes[PCI_CLASS_REVISION + 3] = 6;
	seed_bytes[PCI_HEADER_TYPE] = PCI_HEADER_TYPE_BRIDGE;
	seed_bytes[PCI_SECONDARY_BUS] = 1;
	seed_bytes[PCI_CAPABILITY_LIST] = 0x40;
	put_le32(seed_bytes + 0x40, PCI_CAP_ID_PM | 0x50 << 8);
	put_le32(seed_bytes + 0x50, PCI_CAP_ID_EXP | (2u | type << 4) << 16);
	put_le32(seed_bytes + 0x100, PCI_EXT_CAP_ID_ERR | 1 << 16 | 0x200u << 20);
	put_le32(seed_bytes + 0x200, ext_cap | 1u << 16);
	put_le32(seed_bytes + 0x204, 0x001d005f);
}

static u32 make_card(u32 at)
{
	at = make_image(seed_bytes, at, &(struct make_image){ .vendor = 0x10de, .device = 0x1280 });
	return make_image(seed_bytes, at, &(struct make_image){ .code = 3, .last = true });
}

static void save_roms(const char *directory)
{
	static const u16 devices[] = { 0x1281, 0x1282, 0 };
	u32 end;

	seed_save(directory, "rom", "combined", make_card(0));
	for (unsigned version = 1; version <= 3; version++) {
		char name[16];

		make_nvgi(seed_bytes, version, 0x1400);
		snprintf(name, sizeof(name), "nvgi%u", version);
		seed_save(directory, "rom", name, make_card(0x1400));
	}
	seed_save(directory, "rom", "headerless", make_card(0x600));
	end = make_image(seed_bytes, 0,
		&(struct make_image){ .revision = 3, .devices = devices, .last = true });
	seed_save(directory, "rom", "devices", end);
	end = make_image(seed_bytes, 0, &(struct make_image){ .last = true, .npde_blocks = 2 });
	end = make_image(seed_bytes, end,
		&(struct make_image){ .signature = 0x4e56,
			.pcir_signature = "NPDS",
			.code = 0xe0,
			.npde_blocks = 2,
			.npde_last = true });
	seed_save(directory, "rom", "npde", end);
	end = make_image(seed_bytes, 0, &(struct make_image){ .code = 3, .machine = 0xaa64 });
	end = make_image(seed_bytes, end, &(struct make_image){ .code = 3, .compression = 1 });
	seed_save(directory, "rom", "efi", end);
	memcpy(seed_bytes, "\x55\xaa\x01\xe9", 4);
	make_sum(seed_bytes, 0, 512);
	seed_save(directory, "rom", "isa", 512);
}

/* ROMs with one fault each. */
static void save_faulty_roms(const char *directory)
{
	static const struct {
		const char *name;
		struct make_image image;
	} faults[] = {
		{ "pcir-unaligned", { .pcir_at = 0x1e } },
		{ "pcir-in-header", { .pcir_at = 0x14 } },
		{ "pcir-outside", { .pcir_at = 0x3f8 } },
		{ "no-init", { .no_init = true } },
		{ "npds", { .signature = 0x4e56, .pcir_signature = "NPDS" } },
		{ "no-efi-signature", { .code = 3, .no_efi_signature = true } },
		{ "application", { .code = 3, .subsystem = 10 } },
		{ "compression", { .code = 3, .compression = 2 } },
		{ "init-longer", { .code = 3, .init_blocks = 3 } },
		{ "no-driver", { .code = 3, .no_driver = true } },
		{ "driver-outside", { .code = 3, .pe_offset = 0x400 } },
		{ "byte-code", { .code = 3, .machine = 0x0ebc } },
		{ "runtime", { .code = 3, .subsystem = 12 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		struct make_image image = faults[i].image;
		u32 end;

		image.last = true;
		end = make_image(seed_bytes, 0, &image);
		seed_save(directory, "rom", faults[i].name, end);
	}
	for (unsigned i = 0; i < 3; i++) {
		static const u16 drivers[][2] = { { 0xaa64, 11 }, { 0x8664, 12 }, { 0x8664, 10 } };
		char name[24];
		u32 end =
			make_image(seed_bytes, 0, &(struct make_image){ .code = 3, .last = true });

		make_driver(seed_bytes + 0x80, drivers[i][0], drivers[i][1]);
		snprintf(name, sizeof(name), "other-driver-%u", i);
		seed_save(directory, "rom", name, end);
	}
}

/* Files that are no ROMs but of a known kind. */
static void save_kinds(const char *directory)
{
	static const u16 subsystems[] = { 2, 10, 11 };

	for (size_t i = 0; i < ARRAY_SIZE(subsystems); i++) {
		char name[16];

		make_driver(seed_bytes, 0x8664, subsystems[i]);
		snprintf(name, sizeof(name), "program%zu", i);
		seed_save(directory, "rom_text", name, MAKE_DRIVER_SIZE);
	}
	memcpy(seed_bytes, "MZ", 2);
	seed_save(directory, "rom_text", "dos", 64);
	strcpy((char *)seed_bytes, "version https://git-lfs.github.com/spec/v1\n");
	seed_save(directory, "rom_text", "pointer", strlen((char *)seed_bytes));
	memcpy(seed_bytes, "BM", 2);
	put_le32(seed_bytes + 10, 54);
	put_le32(seed_bytes + 14, 40);
	seed_save(directory, "rom_text", "picture", 80);
	seed_config(PCI_EXP_TYPE_ENDPOINT, PCI_EXT_CAP_ID_ACS);
	seed_save(directory, "rom_text", "config-space", 4096);
	seed_bytes[0] = 0x80;
	put_le16(seed_bytes + 510, 0xaa55);
	seed_save(directory, "rom_text", "boot-sector", 1024);
}

/* Text that spells a small ROM, in the shapes that each reader takes. */
static void save_text(const char *directory)
{
	u8 rom[64];
	char *text = (char *)seed_bytes;
	size_t at = 0;

	make_card(0);
	memcpy(rom, seed_bytes, sizeof(rom));
	memset(seed_bytes, 0, sizeof(seed_bytes));
	for (unsigned i = 0; i < sizeof(rom); i++)
		at += sprintf(text + at, "%s0x%02x", i ? "," : "u8 rom[] = {", rom[i]);
	at += sprintf(text + at, "};\n");
	seed_save(directory, "rom_text", "array", at);
	for (unsigned i = at = 0; i < sizeof(rom); i++) {
		if (i % 16 == 0)
			at += sprintf(text + at, "%s%08x ", i ? "\n" : "", i);
		at += sprintf(text + at, " %02x", rom[i]);
	}
	at += sprintf(text + at, "\n*\n00000080\n");
	seed_save(directory, "rom_text", "dump", at);
	for (unsigned i = at = 0; i < sizeof(rom); i += 2)
		at += sprintf(text + at, i % 16 ? " %06o" : "\n%07o %06o",
			i % 16 ? get_le16(rom + i) : i, get_le16(rom + i));
	seed_save(directory, "rom_text", "octal", at);
	at = sprintf(text, "REGEDIT4\n\n[A]\n\"B\"=hex:");
	for (unsigned i = 0; i < sizeof(rom); i++)
		at += sprintf(text + at, "%02x,%s", rom[i], i % 16 == 15 ? "\\\n  " : "");
	seed_save(directory, "rom_text", "registry", at);
	at = sprintf(
		text, ":0400000055aa8000%02x\n:00000001ff\n", -(4 + 0x55 + 0xaa + 0x80) & 0xff);
	seed_save(directory, "rom_text", "intel-hex", at);
	at = sprintf(text, "S107000055aa8000%02x\n", ~(7 + 0x55 + 0xaa + 0x80) & 0xff);
	seed_save(directory, "rom_text", "srecord", at);
	at = sprintf(text, "VaqAAOlAAQAAAAAAAAAAAAAAAAAAAAAAHAA=\n");
	seed_save(directory, "rom_text", "base64", at);
}

/* Streams, and files of several ROMs. */
static void save_sets(const char *directory)
{
	u8 *compressed = NULL;
	u32 size = 0, end;

	make_driver(seed_bytes, 0x8664, 0x0b);
	if (!uefi_compress(seed_bytes, MAKE_DRIVER_SIZE, &compressed, &size))
		memcpy(seed_bytes, compressed, size);
	free(compressed);
	seed_save(directory, "uefi_compression", "driver", size);
	make_driver(seed_bytes, 0x8664, 0x0b);
	seed_save(directory, "rom_set", "driver", MAKE_DRIVER_SIZE);
	end = make_card(0);
	end = make_image(seed_bytes, end, &(struct make_image){ .vendor = 0x1002, .last = true });
	seed_save(directory, "rom_set", "two", end);
	put_le32(seed_bytes + 0x34, 0x4c);
	end = make_vfct_record(seed_bytes, 0x4c, 3, 0x1638, 1024, 1);
	make_image(seed_bytes, 0x4c + 28, &(struct make_image){ .vendor = 0x1002, .last = true });
	make_acpi_header(seed_bytes, "VFCT", end);
	seed_save(directory, "rom_set", "vfct", end);
	end = make_volume(seed_bytes, VOLUME_PLAIN);
	seed_save(directory, "rom_set", "volume", end);
	end = make_volume(seed_bytes, VOLUME_UEFI);
	seed_save(directory, "rom_set", "volume-uefi", end);
	end = make_volume(seed_bytes, VOLUME_LZMA);
	seed_save(directory, "rom_set", "volume-lzma", end);
}

/* A section of firmware with @size bytes of data after a header of @header bytes. */
static u32 add_section(u32 at, u8 type, u32 header, u32 size)
{
	put_le(seed_bytes + at, 3, header + size);
	seed_bytes[at + 3] = type;
	return at + header;
}

/*
 * A volume with an extended header, whose file has sections of all kinds, one in another, and two
 * whose data cannot be decompressed.
 */
static void save_sections(const char *directory)
{
	static const u8 guid_tiano[16] = "\xad\x80\x12\xa3\x1e\x48\xb6\x41\x95\xe8\x12\x7f"
					 "\x4c\x98\x47\x79";
	enum { EXTENDED = 0x48, FILE_AT = 0x60, SECTIONS = FILE_AT + 24, RAW = 0x19 };
	u32 at = SECTIONS;

	at = add_section(add_section(at, 3, 4, 8), RAW, 4, 4) + 4;
	at = add_section(add_section(at, 1, 9, 8), RAW, 4, 4) + 4;
	at = round_up(at, 4);
	put_le16(seed_bytes + at + 20, 24);
	at = add_section(add_section(at, 2, 24, 8), RAW, 4, 4) + 4;
	put_le32(seed_bytes + at + 4, 16);
	at = add_section(at, RAW, 4, 0xffffff - 4) + 12;
	memcpy(seed_bytes + at + 4, guid_tiano, sizeof(guid_tiano));
	put_le16(seed_bytes + at + 20, 24);
	at = add_section(at, 2, 24, 16);
	put_le32(seed_bytes + at, 8);
	put_le32(seed_bytes + at + 4, 64);
	at += 16;
	seed_bytes[at + 8] = 1;
	at = add_section(at, 1, 9, 16);
	put_le32(seed_bytes + at, 8);
	put_le32(seed_bytes + at + 4, 64);
	at = round_up(at + 16, 8);
	memset(seed_bytes + FILE_AT, 0x11, 16);
	seed_bytes[FILE_AT + 0x12] = 2;
	put_le(seed_bytes + FILE_AT + 0x14, 3, at - FILE_AT);
	put_le64(seed_bytes + 0x20, at);
	memcpy(seed_bytes + 0x28, "_FVH", 4);
	put_le16(seed_bytes + 0x30, EXTENDED);
	put_le16(seed_bytes + 0x34, EXTENDED);
	put_le32(seed_bytes + EXTENDED + 16, 20);
	seed_bytes[0x37] = 2;
	seed_save(directory, "rom_set", "volume-sections", at);
}

static void save_tables(const char *directory)
{
	u32 end = make_dmar(seed_bytes);

	make_acpi_header(seed_bytes, "DMAR", end);
	seed_save(directory, "acpi", "dmar", end);
	end = make_ivrs(seed_bytes);
	make_acpi_header(seed_bytes, "IVRS", end);
	seed_save(directory, "acpi", "ivrs", end);
	put_le32(seed_bytes + 0x34, 0x4c);
	end = make_vfct_record(seed_bytes, 0x4c, 3, 0x1638, 64, 1);
	end = make_vfct_record(seed_bytes, end, 4, 0x73ff, 64, 2);
	make_acpi_header(seed_bytes, "VFCT", end);
	seed_save(directory, "acpi", "vfct", end);
}

static void save_kernels(const char *directory)
{
	make_bzimage(seed_bytes);
	seed_save(directory, "bzimage", "relocatable", BZIMAGE_SIZE);
	/* The target takes other files and words by the size. */
	for (unsigned i = 1; i < 8; i++) {
		char name[16];

		make_bzimage(seed_bytes);
		snprintf(name, sizeof(name), "more%u", i);
		seed_save(directory, "bzimage", name, BZIMAGE_SIZE + i);
	}
	/* As memtest86+: fixed at 1 MiB, with a small setup part. */
	make_bzimage(seed_bytes);
	seed_bytes[0x1f1] = 2;
	seed_bytes[0x234] = 0;
	put_le32(seed_bytes + 0x1f4, 0x100);
	put_le64(seed_bytes + 0x258, 0x100000);
	put_le32(seed_bytes + 0x260, 0x4000);
	seed_save(directory, "bzimage", "fixed", 3 * 512 + 0x1000);
}

static u32 add_answer(u32 at, u32 request, u32 size, u64 value)
{
	put_le32(seed_bytes + at, request);
	put_le32(seed_bytes + at + 4, VHOST_USER_VERSION | VHOST_USER_REPLY);
	put_le32(seed_bytes + at + 8, size);
	put_le64(seed_bytes + at + 12, value);
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
	seed_save(directory, "vhost_user", "new", at);

	at = add_answer(0, VHOST_USER_GET_FEATURES, 8, 0x100000001);
	at = add_answer(at, VHOST_USER_GET_VRING_BASE, 8, 0);
	seed_save(directory, "vhost_user", "old", at);
}

static void save_configs(const char *directory)
{
	static const char *const texts[] = { "10000:e1:00.0",
		"0x00000000fb000000 0x00000000fbffffff 0x0000000000040200\n", "256M]" };

	seed_config(PCI_EXP_TYPE_ROOT_PORT, PCI_EXT_CAP_ID_ACS);
	seed_save(directory, "config", "port", 4096);
	seed_config(PCI_EXP_TYPE_ENDPOINT, PCI_EXT_CAP_ID_SRIOV);
	seed_save(directory, "config", "sriov", 4096);
	seed_config(PCI_EXP_TYPE_ENDPOINT, PCI_EXT_CAP_ID_ACS);
	seed_save(directory, "config", "short", 256);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char name[16];

		strcpy((char *)seed_bytes, texts[i]);
		snprintf(name, sizeof(name), "text%zu", i);
		seed_save(directory, "config", name, strlen(texts[i]));
	}
}

/* As tests/fuzz/nbd.c reads it: what a server says, from its greeting to four replies. */
static void save_nbd(const char *directory)
{
	u8 *at = seed_bytes;

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
	seed_save(directory, "nbd", "session", (size_t)(at - seed_bytes));
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	save_roms(argv[1]);
	save_faulty_roms(argv[1]);
	save_kinds(argv[1]);
	save_text(argv[1]);
	save_sets(argv[1]);
	save_sections(argv[1]);
	save_tables(argv[1]);
	save_kernels(argv[1]);
	save_configs(argv[1]);
	save_vhost_user(argv[1]);
	save_nbd(argv[1]);
	seeds_of_board(argv[1]);
	seeds_of_cards(argv[1]);
	seeds_of_disks(argv[1]);
	return 0;
}
