/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The firmware configuration device, through which a machine tells its firmware what it cannot find
 * out by itself. It holds items of bytes, each with a 16-bit key. Items that have a name are files;
 * item 19h is their directory. QEMU's docs/specs/fw_cfg specifies the device, and SeaBIOS, OVMF and
 * boot loaders use it.
 *
 * A guest reads an item through ports 510h (select) and 511h (bytes), or has it copied straight
 * into its memory through the DMA interface at port 514h; the copy is complete when the port write
 * returns. A transfer fails unless it lies in one piece of RAM, and its length is cut to the
 * item's.
 *
 * The machine owns the struct, which has its own lock. Items are added before the guest runs. The
 * callbacks of an item run on a vCPU's thread with the device locked; they may call fw_cfg_put(),
 * and so may others while no vCPU runs.
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

/* Keys that firmware knows. Files get keys from FW_CFG_FIRST_FILE on. */
enum fw_cfg_key {
	FW_CFG_SIGNATURE = 0x00,
	FW_CFG_FEATURES = 0x01,
	FW_CFG_NOGRAPHIC = 0x04, /* u16: firmware uses the serial port as its console */
	FW_CFG_NR_CPUS = 0x05,   /* u16 */
	FW_CFG_KERNEL_ADDR = 0x07,
	FW_CFG_KERNEL_SIZE = 0x08,
	FW_CFG_INITRD_ADDR = 0x0a,
	FW_CFG_INITRD_SIZE = 0x0b,
	FW_CFG_BOOT_MENU = 0x0e, /* u16 */
	FW_CFG_MAX_CPUS = 0x0f,  /* u16: the highest APIC id plus one */
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

/* The contents of an item. */
struct fw_cfg_content {
	/* The bytes, which are copied. NULL: zeros, or what @read returns. */
	const void *bytes;
	u32 size;
	/* The guest may write within @size, by DMA. */
	bool writable;
	/*
	 * Replaces @bytes: copies [offset, offset + size), which lies within the item, to @to, in
	 * guest memory or a buffer. If it returns -errno, the guest's transfer fails.
	 */
	int (*read)(void *owner, u32 offset, void *to, u32 size);
	/* Called when the guest selects the item, before it reads any of it. */
	void (*selected)(void *owner);
	/* Called when the guest has written to the item, whose contents are @bytes now. */
	void (*written)(void *owner, const u8 *bytes, u32 size);
	void *owner;
};

struct fw_cfg_item {
	u16 key;
	char name[FW_CFG_NAME_SIZE]; /* "": the item is not a file */
	struct fw_cfg_content content;
	u8 *bytes; /* NULL if @content.read provides them */
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
	u32 offset;                   /* in the selected item */
	u32 dma_high; /* the upper half of the DMA address, while the guest writes it */
};

/* Opens the device with the items for its signature and features, and an empty directory. */
int fw_cfg_open(struct fw_cfg *fw, struct bus *pio, struct mem *mem, struct err *err);
/* Safe on a zeroed struct. */
void fw_cfg_close(struct fw_cfg *fw);
/* Deselects the item. The items keep what the guest wrote to them. */
void fw_cfg_reset(struct fw_cfg *fw);

/*
 * Adds an item with the given key, or a file with the next free key. Returns -EEXIST if there is
 * such an item, -ENAMETOOLONG for a name of FW_CFG_NAME_SIZE characters or more, -ENOSPC or
 * -ENOMEM.
 */
int fw_cfg_add(struct fw_cfg *fw, u16 key, const struct fw_cfg_content *content, struct err *err);
int fw_cfg_add_file(
	struct fw_cfg *fw, const char *name, const struct fw_cfg_content *content, struct err *err);

/* Adds an item that is a little-endian number of @size bytes, or a copy of @bytes. */
int fw_cfg_add_number(struct fw_cfg *fw, u16 key, unsigned size, u64 value, struct err *err);
int fw_cfg_add_file_number(
	struct fw_cfg *fw, const char *name, unsigned size, u64 value, struct err *err);
int fw_cfg_add_file_bytes(
	struct fw_cfg *fw, const char *name, const void *bytes, u32 size, struct err *err);

/*
 * Replaces the contents of a file. Its size may change, but firmware keeps using the size that it
 * found in the directory. On -ENOENT or -ENOMEM the file is unchanged.
 */
int fw_cfg_put(struct fw_cfg *fw, const char *name, const void *bytes, u32 size);

#endif
