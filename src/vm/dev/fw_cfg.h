/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The firmware configuration device: how a machine tells its firmware what it cannot find out by
 * itself. Items of bytes by a 16-bit key; those that have a name are listed in a directory, item
 * 19h. QEMU, docs/specs/fw_cfg: SeaBIOS, OVMF and boot loaders know it.
 *
 * A guest reads an item through ports 510 (select) and 511 (bytes), or has it copied straight into
 * its memory through the DMA interface at 514, which is done before the port write ends. What a
 * guest may do is bounded: a transfer lies in one piece of RAM or it fails, and lengths are cut to
 * the item.
 *
 * The struct is the machine's and guards itself. Items are added before the guest runs. The
 * callbacks of an item run on a vCPU's thread with the device locked: from there, and while no
 * vCPU runs, fw_cfg_put() may be called.
 */
#ifndef VM_DEV_FW_CFG_H
#define VM_DEV_FW_CFG_H

#include "base/err.h"
#include "vm/bus/bus.h"
#include "vm/mem/mem.h"

#define FW_CFG_PORT      0x510
#define FW_CFG_DMA_PORT  0x514
#define FW_CFG_NAME_SIZE 56 /* with the NUL */
#define FW_CFG_MAX       64 /* items in all */

/* Keys that firmware knows; files get theirs from FW_CFG_FIRST_FILE on. */
enum fw_cfg_key {
	FW_CFG_SIGNATURE = 0x00,
	FW_CFG_FEATURES = 0x01,
	FW_CFG_NOGRAPHIC = 0x04, /* u16: firmware talks on the serial port */
	FW_CFG_NR_CPUS = 0x05,   /* u16 */
	FW_CFG_KERNEL_ADDR = 0x07,
	FW_CFG_KERNEL_SIZE = 0x08,
	FW_CFG_INITRD_ADDR = 0x0a,
	FW_CFG_INITRD_SIZE = 0x0b,
	FW_CFG_BOOT_MENU = 0x0e, /* u16 */
	FW_CFG_MAX_CPUS = 0x0f,  /* u16: the highest APIC id, and one */
	FW_CFG_KERNEL_DATA = 0x11,
	FW_CFG_INITRD_DATA = 0x12,
	FW_CFG_CMDLINE_ADDR = 0x13,
	FW_CFG_CMDLINE_SIZE = 0x14,
	FW_CFG_CMDLINE_DATA = 0x15,
	FW_CFG_SETUP_ADDR = 0x16,
	FW_CFG_SETUP_SIZE = 0x17,
	FW_CFG_SETUP_DATA = 0x18,
	FW_CFG_DIRECTORY = 0x19,
	FW_CFG_FIRST_FILE = 0x20,
	FW_CFG_IRQ0_OVERRIDE = 0x8002, /* u8: IRQ 0 is the IOAPIC's pin 2 */
};

/* What an item is made of. */
struct fw_cfg_content {
	/* Copied. NULL: zeros, or what @read gives. */
	const void *bytes;
	u32 size;
	/* The guest may write within @size, by DMA. */
	bool writable;
	/*
	 * Instead of bytes: puts [offset, offset + size) of the item, which lies within it, into
	 * guest memory or a buffer at @to. On failure (-errno) the guest's transfer fails.
	 */
	int (*read)(void *owner, u32 offset, void *to, u32 size);
	/* The guest selects the item, before it reads any of it. */
	void (*selected)(void *owner);
	/* The guest has written into the item, which is @bytes now. */
	void (*written)(void *owner, const u8 *bytes, u32 size);
	void *owner;
};

struct fw_cfg_item {
	u16 key;
	char name[FW_CFG_NAME_SIZE]; /* "": no file */
	struct fw_cfg_content content;
	u8 *bytes; /* NULL where @content.read gives them */
};

struct fw_cfg {
	struct bus *pio;
	struct mem *mem;
	pthread_mutex_t lock; /* recursive, for the callbacks */
	struct bus_region ports;
	struct bus_region dma_ports;

	struct fw_cfg_item items[FW_CFG_MAX];
	unsigned nr_items;
	u16 next_file;

	struct fw_cfg_item *selected; /* NULL: a key without an item */
	u32 offset;                   /* into it */
	u32 dma_high;                 /* of the address that is being written */
};

/* The device with its signature and features; the directory grows with the files. */
int fw_cfg_open(struct fw_cfg *fw, struct bus *pio, struct mem *mem, struct err *err);
/* Safe on a zeroed struct. */
void fw_cfg_close(struct fw_cfg *fw);
/* Nothing is selected; the items are as the guest left them. */
void fw_cfg_reset(struct fw_cfg *fw);

/*
 * Adds an item by its key, or by a name and the next free key. -EEXIST for what is there already,
 * -ENAMETOOLONG for a name of FW_CFG_NAME_SIZE characters or more, -ENOSPC, -ENOMEM.
 */
int fw_cfg_add(struct fw_cfg *fw, u16 key, const struct fw_cfg_content *content, struct err *err);
int fw_cfg_add_file(
	struct fw_cfg *fw, const char *name, const struct fw_cfg_content *content, struct err *err);

/* An item that is a little-endian number of @size bytes, or these bytes. */
int fw_cfg_add_number(struct fw_cfg *fw, u16 key, unsigned size, u64 value, struct err *err);
int fw_cfg_add_file_number(
	struct fw_cfg *fw, const char *name, unsigned size, u64 value, struct err *err);
int fw_cfg_add_file_bytes(
	struct fw_cfg *fw, const char *name, const void *bytes, u32 size, struct err *err);

/*
 * New bytes for a file. Its size may change, but firmware remembers what it found in the
 * directory. -ENOENT, -ENOMEM; the file is then as it was.
 */
int fw_cfg_put(struct fw_cfg *fw, const char *name, const void *bytes, u32 size);

#endif
