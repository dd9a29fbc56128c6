/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parallel flash that a UEFI firmware keeps its variables in: Intel's command set as far as edk2
 * uses it on a q35.
 *
 * While the flash is read as an array its bytes are read-only memory of the guest, so reads cost
 * nothing; writes leave the guest and are commands. Only where the guest asks for the status is
 * the memory taken away, until it asks for the array again. Programming stores the byte as it is,
 * without the erase that real cells would need before: edk2 relies on that.
 *
 * The owner keeps the struct, the bytes and the buses. The device has its own lock, which is held
 * around pflash_ops.
 */
#ifndef VM_DEV_PFLASH_H
#define VM_DEV_PFLASH_H

#include "vm/bus/bus.h"
#include "vm/mem/mem.h"

#define PFLASH_READ_ARRAY    0xff
#define PFLASH_READ_STATUS   0x70
#define PFLASH_CLEAR_STATUS  0x50
#define PFLASH_PROGRAM       0x10
#define PFLASH_PROGRAM_ALT   0x40
#define PFLASH_ERASE         0x20
#define PFLASH_ERASE_CONFIRM 0xd0

#define PFLASH_READY          0x80
#define PFLASH_SEQUENCE_ERROR 0x30 /* an erase without its confirmation */

#define PFLASH_BLOCK 4096ull /* bytes that are erased at once */

struct pflash_ops {
	/*
	 * [offset, offset + size) has new contents: the guest is done with a burst of programming,
	 * which edk2 ends by asking for the array. From a vCPU's thread, or from pflash_reset() and
	 * pflash_close().
	 */
	void (*written)(void *owner, u64 offset, u64 size);
};

struct pflash_config {
	struct bus *mmio;
	struct mem *mem;
	u64 address;
	u64 size; /* bytes, whole blocks */
	u8 *bytes;
	const struct pflash_ops *ops;
	void *owner;
};

enum pflash_state {
	PFLASH_COMMAND,
	PFLASH_DATA,    /* the next write is the byte to program */
	PFLASH_CONFIRM, /* the next write confirms an erase */
};

struct pflash {
	struct pflash_config config;
	pthread_mutex_t lock;
	struct bus_region commands;
	struct mem_region array;
	bool open;
	enum pflash_state state;
	bool status_mode;
	u8 status;
	u64 dirty_start, dirty_end; /* programmed since the last call of written() */
};

int pflash_open(struct pflash *flash, const struct pflash_config *config, struct err *err);
/* Safe on a zeroed struct. */
void pflash_close(struct pflash *flash);
/* As after power-on; the contents stay. The vCPUs stand still. */
void pflash_reset(struct pflash *flash);

#endif
