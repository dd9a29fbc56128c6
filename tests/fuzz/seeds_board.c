// SPDX-License-Identifier: GPL-2.0-or-later
/* Seeds for the board's devices: platform.c and fw_cfg.c. */
#include "seeds.h"

/*
 * Steps of tests/fuzz/platform.c: firmware places ECAM and power management, Linux starts a serial
 * port and an alarm.
 */
static void save_platform(const char *directory)
{
	u32 at = 0;

	at = seed_step(at, 0, 4, 0xcf8, 0x80000060);
	at = seed_step(at, 0, 4, 0xcfc, 0xb0000001);
	at = seed_step(at, 2, 4, 0xf8040, 0x601);
	at = seed_step(at, 2, 1, 0xf8044, 0x80);
	at = seed_step(at, 2, 4, 0xf80f0, 0xfed1c001);
	at = seed_step(at, 4, 4, 0xfed1f410, 0x20);
	at = seed_step(at, 2, 4, 0x8018, 0x00010100);
	at = seed_step(at, 2, 4, 0x8020, 0xc010c000);
	at = seed_step(at, 2, 2, 0x8004, 7);
	at = seed_step(at, 2, 4, 0x100010, 0xc0000000);
	at = seed_step(at, 2, 2, 0x100004, 7);
	at = seed_step(at, 5, 4, 0xc0000ffc, 0);
	at = seed_step(at, 2, 2, 0x803e, 0x40);
	seed_save(directory, "platform", "pci", at);

	at = seed_step(0, 0, 1, 0x3fa, 0xc1);
	at = seed_step(at, 0, 1, 0x3fc, 0x0b);
	at = seed_step(at, 0, 1, 0x3f9, 0x0f);
	at = seed_step(at, 7, 1, 0, 0x64636261);
	at = seed_step(at, 1, 1, 0x3fa, 0);
	at = seed_step(at, 1, 1, 0x3f8, 0);
	at = seed_step(at, 0, 1, 0x3f8, 'x');
	at = seed_step(at, 0, 2, 0x70, 0x420b);
	at = seed_step(at, 0, 2, 0x70, 0xff01);
	at = seed_step(at, 6, 10, 0, 0x1000000);
	at = seed_step(at, 0, 1, 0x70, 0x0c);
	at = seed_step(at, 1, 1, 0x71, 0);
	at = seed_step(at, 0, 1, 0xcf9, 0x06);
	at = seed_step(at, 0, 1, 0x402, '\n');
	seed_save(directory, "platform", "ports", at);

	/* The display's BARs, a mode, and a mouse that is knocked at. */
	at = seed_step(0, 0, 4, 0xcf8, 0x80000060);
	at = seed_step(at, 0, 4, 0xcfc, 0xb0000001);
	at = seed_step(at, 2, 4, 0xf0010, 0xc0000000);
	at = seed_step(at, 2, 4, 0xf0018, 0xd0000000);
	at = seed_step(at, 2, 4, 0xf0030, 0xe0000001);
	at = seed_step(at, 2, 2, 0xf0004, 2);
	at = seed_step(at, 4, 4, 0xd0000502, 0x01e00280);
	at = seed_step(at, 4, 4, 0xd0000506, 0x00410020);
	at = seed_step(at, 5, 4, 0xe0000000, 0);
	at = seed_step(at, 0, 1, 0x64, 0xd4);
	at = seed_step(at, 0, 1, 0x60, 0xf4);
	at = seed_step(at, 7, 2, 0, 0x1e1e1e1e);
	at = seed_step(at, 1, 1, 0x60, 0);
	seed_save(directory, "platform", "display", at);
}

enum { OUT, IN, CONFIG_WRITE, CONFIG_READ, MEMORY_WRITE, MEMORY_READ, TIME, KEYS, EVENT };

/* Where steps of these kinds begin: ECAM at a place, and the power management block. */
static u32 add_firmware(u32 at, u8 kind)
{
	at = seed_step(at, OUT | kind, 4, 0xcf8, 0x80000060);
	at = seed_step(at, OUT, 4, 0xcfc, 0xb0000001);
	at = seed_step(at, CONFIG_WRITE, 4, 0xf8040, 0x601);
	return seed_step(at, CONFIG_WRITE, 1, 0xf8044, 0x80);
}

/* All commands of the keyboard controller, of the keyboard and of the mouse. */
static void save_keyboard(const char *directory)
{
	static const u8 keyboard[] = { 0xed, 7, 0xee, 0xf0, 0, 0xf0, 1, 0xf0, 3, 0xf0, 9, 0xf0, 2,
		0xf2, 0xf3, 0x20, 0xf5, 0xf4, 0xf6, 0xfe, 0x11, 0xff };
	static const u8 mouse[] = { 0xf2, 0xe6, 0xe7, 0xe8, 2, 0xe9, 0xea, 0xeb, 0xee, 0x12, 0xec,
		0xf0, 0xf3, 200, 0xf3, 100, 0xf3, 80, 0xf2, 0xe8, 7, 0xf3, 1, 0xf4, 0xf5, 0xf6,
		0xfe, 0x11, 0xf4 };
	u32 at = 0;

	for (unsigned i = 0x20; i < 0x30; i++)
		at = seed_step(at, OUT, 1, 0x64, i);
	for (unsigned i = 0xa7; i <= 0xae; i++)
		at = seed_step(at, OUT, 1, 0x64, i);
	for (unsigned i = 0; i < sizeof(keyboard); i++) {
		at = seed_step(at, OUT, 1, 0x60, keyboard[i]);
		at = seed_step(at, IN, 1, 0x60, 0);
		at = seed_step(at, IN, 1, 0x60, 0);
		if (i % 3 == 0) {
			at = seed_step(at, KEYS, 2, 0, 0x0101c5 + i);
			at = seed_step(at, KEYS, 1, 0, 0xb7);
			at = seed_step(at, IN, 1, 0x60, 0);
		}
	}
	seed_save(directory, "platform", "keyboard", at);
	at = seed_step(0, OUT, 1, 0x64, 0xaa);
	at = seed_step(at, OUT, 1, 0x64, 0xa8);
	for (unsigned i = 0; i < sizeof(mouse); i++) {
		at = seed_step(at, OUT, 1, 0x64, 0xd4);
		at = seed_step(at, OUT, 1, 0x60, mouse[i]);
		for (unsigned n = 0; n < 3; n++)
			at = seed_step(at, IN, 1, 0x60, 0);
		at = seed_step(at, KEYS, 2, 0, 0x01fe0500 + i);
	}
	for (unsigned i = 0xc0; i < 0x100; i++) {
		at = seed_step(at, OUT, 1, 0x64, i == 0xfe ? 0x20 : i);
		at = seed_step(at, OUT, 1, 0x60, i % 3);
		at = seed_step(at, IN, 1, 0x64, 0);
	}
	at = seed_step(at, OUT, 1, 0x64, 0xfe);
	seed_save(directory, "platform", "mouse", at);
}

/* The clock with each rate and each interrupt; power management: timer, buttons, sleep. */
static void save_time(const char *directory)
{
	u32 at = add_firmware(0, 0);

	for (unsigned reg = 0; reg < 14; reg++) {
		at = seed_step(at, OUT, 1, 0x70, reg);
		at = seed_step(at, IN, 1, 0x71, 0);
		at = seed_step(at, OUT, 1, 0x71, reg == 11 ? 0x76 : reg == 10 ? 0x21 : 0xc0);
		at = seed_step(at, TIME, 12, 0, 0x10000000);
	}
	for (unsigned i = 0; i < 4; i++) {
		static const u8 dividers[] = { 0x70, 0x26, 0x7f, 0x2f };

		at = seed_step(at, OUT, 1, 0x70, 10);
		at = seed_step(at, OUT, 1, 0x71, dividers[i]);
		at = seed_step(at, OUT, 1, 0x70, 11);
		at = seed_step(at, OUT, 1, 0x71, i % 2 ? 0x32 : 0xf6);
		at = seed_step(at, TIME, 10, 0, 0x40000000);
		at = seed_step(at, EVENT, 1, 0, i);
	}
	seed_save(directory, "platform", "clock", at);
	at = add_firmware(0, 0);
	at = seed_step(at, OUT, 4, 0x600, 0x0521ffff);
	for (unsigned reg = 0; reg < 0x40; reg += 4) {
		at = seed_step(at, IN, 4, 0x600 + reg, 0);
		at = seed_step(at, OUT, 2, 0x600 + reg, 0xffff);
		at = seed_step(at, OUT, 1, 0x601 + reg, 0x2a);
	}
	at = seed_step(at, OUT, 4, 0x600, 0x0521ffff);
	for (unsigned i = 0; i < 8; i++) {
		at = seed_step(at, EVENT, 1, 0, i);
		at = seed_step(at, TIME, 12, 0, 0x10000000);
		at = seed_step(at, IN, 4, 0x608, 0);
	}
	at = seed_step(at, OUT, 4, 0x604, 0x3c01);
	at = seed_step(at, OUT, 4, 0x604, 0x2001);
	at = seed_step(at, IN, 1, 0xcf9, 0);
	at = seed_step(at, IN, 1, 0x92, 0);
	at = seed_step(at, OUT, 1, 0x92, 3);
	at = seed_step(at, IN, 4, 0xcf8, 0);
	at = seed_step(at, IN, 4, 0xcfc, 0);
	seed_save(directory, "platform", "power", at);
}

/* Firmware with SMM: where SMRAM is, SMIs, processors; at last all of it is locked. */
static void save_smm(const char *directory)
{
	static const u8 writes[][2] = { { 0x9d, 0x4a }, { 0x9d, 0x1a }, { 0x9e, 0x01 }, { 0x9e, 3 },
		{ 0x9e, 5 }, { 0x9e, 0x81 }, { 0x9d, 0x0a }, { 0x9c, 0xff }, { 0x9c, 2 },
		{ 0x9c, 0 } };
	u32 at = add_firmware(0, 0x80);

	at = seed_step(at, CONFIG_WRITE, 2, 0x50, 0xffff);
	at = seed_step(at, CONFIG_READ, 2, 0x50, 0);
	for (unsigned i = 0; i < sizeof(writes) / sizeof(*writes); i++) {
		at = seed_step(at, CONFIG_WRITE, 1, writes[i][0], writes[i][1]);
		at = seed_step(at, MEMORY_WRITE, 4, 0x30000, i);
		at = seed_step(at, MEMORY_READ, 4, 0xa0000, 0);
	}
	at = seed_step(at, OUT, 4, 0x630, 0x21);
	for (unsigned i = 0; i < 4; i++)
		at = seed_step(at, OUT, 1, 0xb2, i);
	at = seed_step(at, IN, 2, 0xb2, 0);
	at = seed_step(at, OUT, 1, 0xb3, 5);
	for (unsigned i = 0; i < 4; i++) {
		at = seed_step(at, OUT, 4, 0xcd8, i);
		at = seed_step(at, OUT, 1, 0xcdd, i == 1 ? 0 : 3);
		at = seed_step(at, IN, 4, 0xcd8, 0);
		at = seed_step(at, IN, 1, 0xcdc, 0);
		at = seed_step(at, IN, 4, 0xce0, 0);
	}
	/* The files of SMI features: each key that there may be, read as bytes. */
	for (unsigned key = 0x19; key < 0x28; key++) {
		at = seed_step(at, OUT, 2, 0x510, key);
		for (unsigned i = 0; i < 8; i++)
			at = seed_step(at, IN, 1, 0x511, 0);
	}
	at = seed_step(at, CONFIG_WRITE, 1, 0xf80a0, 0x10);
	at = seed_step(at, OUT, 4, 0x630, 0);
	at = seed_step(at, CONFIG_WRITE, 1, 0x9d, 0x5a);
	at = seed_step(at, CONFIG_WRITE, 4, 0x9c, 0xffffffff);
	at = seed_step(at, CONFIG_WRITE, 2, 0x50, 3);
	seed_save(directory, "platform", "smm", at);
}

/* A card for legacy VGA behind a port, with each decode; and a display in each format. */
static void save_vga(const char *directory)
{
	static const u16 bits[] = { 0x08, 0x18, 0, 0x08 };
	static const u16 depths[] = { 16, 24, 32, 8 };
	u32 at = add_firmware(0, 0);

	at = seed_step(at, CONFIG_WRITE, 4, 0x8018, 0x00010100);
	at = seed_step(at, CONFIG_WRITE, 2, 0x8004, 7);
	at = seed_step(at, CONFIG_WRITE, 2, 0x100004, 3);
	for (unsigned i = 0; i < 4; i++) {
		at = seed_step(at, CONFIG_WRITE, 2, 0x803e, bits[i]);
		at = seed_step(at, MEMORY_WRITE, 4, 0xa0000, i);
		at = seed_step(at, MEMORY_READ, 4, 0xb8000, 0);
		at = seed_step(at, OUT, 1, 0x3c0, i);
		at = seed_step(at, IN, 2, 0x3b4, i);
		at = seed_step(at, IN, 1, 0x7c4, i);
	}
	at = seed_step(at, CONFIG_WRITE, 2, 0x100004, 0);
	for (u32 port = 0; port < 16; port++) {
		at = seed_step(at, OUT, 1, port, 0x55 + port);
		at = seed_step(at, IN, 1, port, 0);
		at = seed_step(at, OUT, 1, 0x80 + port, port);
		at = seed_step(at, IN, 2, 0x80 + port, 0);
		at = seed_step(at, OUT, 1, 0xc0 + 2 * port, port);
		at = seed_step(at, IN, 1, 0xc0 + 2 * port, 0);
	}
	seed_save(directory, "platform", "vga", at);
	at = add_firmware(0, 0);
	at = seed_step(at, CONFIG_WRITE, 4, 0xf0010, 0xc0000000);
	at = seed_step(at, CONFIG_WRITE, 4, 0xf0018, 0xd0000000);
	at = seed_step(at, CONFIG_WRITE, 2, 0xf0004, 2);
	for (unsigned i = 0; i < 4; i++) {
		at = seed_step(at, MEMORY_WRITE, 4, 0xd0000502, 0x00c80080 + i);
		at = seed_step(at, MEMORY_WRITE, 4, 0xd0000506, 0x00410000u | depths[i]);
		at = seed_step(at, MEMORY_WRITE, 4, 0xd0000604, i % 2 ? 0xbebebebe : 0x1e1e1e1e);
		at = seed_step(at, EVENT, 1, 0, 6);
		at = seed_step(at, MEMORY_WRITE, 4, 0xc0000000 + i * 4096, 0x12345678);
		at = seed_step(at, EVENT, 1, 0, 6);
		for (unsigned reg = 0; reg < 16; reg++)
			at = seed_step(at, MEMORY_READ, 4, 0xd0000500 + reg * 2, 0);
		at = seed_step(at, MEMORY_READ, 8, 0xd0000000 + i * 8, 0);
		at = seed_step(at, MEMORY_READ, 4, 0xd0000600 + i * 4, 0);
		at = seed_step(at, MEMORY_READ, 1, 0xd0000400 + i, 0);
	}
	seed_save(directory, "platform", "formats", at);
}

/* As tests/fuzz/fw_cfg.c reads it: commands of firmware, with their keys, lengths and addresses. */
static u32 add_command(u32 at, u32 control, u32 size, u64 addr)
{
	seed_bytes[at] = 3;
	put_le16(seed_bytes + at + 2, 0x100);
	put_be32(seed_bytes + at + 4, control);
	put_be32(seed_bytes + at + 8, size);
	put_be64(seed_bytes + at + 12, addr);
	return at + 20;
}

static void save_fw_cfg(const char *directory)
{
	u32 at = 0;

	seed_bytes[at] = 4; /* port 510, two seed_bytes */
	put_le64(seed_bytes + at + 4, 0x19);
	at += 20;
	seed_bytes[at] = 1;
	seed_bytes[at + 1] = 1;
	at += 20;
	at = add_command(at, 0x19 << 16 | 0x0a, 4 + 3 * 64, 0x1000);
	at = add_command(at, 0x11 << 16 | 0x0a, 100, 0x2000);
	at = add_command(at, 0x20 << 16 | 0x18, 60, 0x1000);
	at = add_command(at, 0x10, 40, 0x1000);
	at = add_command(at, 0x21 << 16 | 0x0a, 4, 0x3000);
	at = add_command(at, 0x22 << 16 | 0x0c, 5, 0);
	at = add_command(at, 0x02, 5, 0x3ffb);
	seed_save(directory, "fw_cfg", "firmware", at);
}

/* As tests/fuzz/hda.c reads it: verbs, converters that are connected, and streams that run. */
static void save_hda(const char *directory)
{
	enum { STEP = 16, COMMAND = 5, CONVERTER = 6, STREAM = 7, PASS = 8, PAUSE = 9, RESET = 10 };
	static const u32 verbs[] = { 0xf0000, 0xf0004, 0x1f0005, 0x2f0009, 0x3f0200, 0x3f1c00,
		0x2bA000, 0x23b04a, 0x436020, 0x2a0000, 0x370740, 0x170503, 0x170500, 0x17ff00 };
	u8 *at = seed_bytes;

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
	seed_save(directory, "hda", "streams", (size_t)(at - seed_bytes) + 3 * STEP);
}

void seeds_of_board(const char *directory)
{
	save_platform(directory);
	save_keyboard(directory);
	save_time(directory);
	save_smm(directory);
	save_vga(directory);
	save_fw_cfg(directory);
	save_hda(directory);
}
