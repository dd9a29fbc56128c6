/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parallel flash in which UEFI firmware keeps its variables. It has the part of Intel's command set
 * that edk2 uses on a q35.
 *
 * In read-array mode the bytes are mapped into the guest as read-only memory, so reads cause no
 * exits; writes do, and are commands. When the guest asks for the status, the memory is unmapped
 * until it asks for the array again. Programming stores the byte as it is, without the erase that
 * real cells need first: edk2 relies on that.
 *
 * With @smm_only, commands are only for processors in SMM. For all others, and for devices, the
 * flash is read-only memory all the time.
 *
 * The caller owns the struct, the bytes and the buses. The device has its own lock and holds it
 * around the functions of pflash_ops.
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

#define PFLASH_BLOCK 4096ull /* bytes erased by one command */

struct pflash_ops {
	/*
	 * Called when the contents of [offset, offset + size) have changed and the guest has
	 * finished a burst of programming, which edk2 ends by asking for the array. Called on a
	 * vCPU's thread, or by pflash_reset() or pflash_close().
	 */
	void (*written)(void *owner, u64 offset, u64 size);
};

struct pflash_config {
	struct bus *mmio;
	struct mem *mem;
	u64 address;
	u64 size; /* bytes, a multiple of PFLASH_BLOCK */
	u8 *bytes;
	const struct pflash_ops *ops;
	void *owner;
	bool smm_only; /* @mem has a view for SMM */
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
	/* With smm_only: what processors outside of SMM have there. */
	struct bus_region refused;
	struct mem_region read_only;
	bool open;
	enum pflash_state state;
	bool status_mode;
	u8 status;
	u64 dirty_start, dirty_end; /* programmed since the last call of written() */
};

int pflash_open(struct pflash *flash, const struct pflash_config *config, struct err *err);
/* Safe on a zeroed struct. */
void pflash_close(struct pflash *flash);
/* Sets the state after power-on; the contents stay. No vCPU runs. */
void pflash_reset(struct pflash *flash);

#endif
