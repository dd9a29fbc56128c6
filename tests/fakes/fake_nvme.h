/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An NVMe controller in the fake guest of fake_driver.h, and a driver that accesses it by loads and
 * stores as a guest's driver does. Nothing runs by itself: fnvme_run() does the work of the
 * threads.
 */
#ifndef FAKE_NVME_H
#define FAKE_NVME_H

#include "fake_driver.h"
#include "vm/nvme/nvme.h"

#define FNVME_DISK_SIZE (4 * MIB)
#define FNVME_ENTRIES   16u /* of each queue */
#define FNVME_NONE      0xffffu

/* The driver's side of a pair of queues. */
struct fnvme_queue {
	u64 sq, cq;
	u32 tail, head;
	bool phase;
};

struct fnvme {
	struct guest guest;
	struct nvme nvme;
	int file; /* the test's file, whose word n is n */
	struct fnvme_queue queues[3];
	u64 data; /* 1 MiB */
	/* Two pages for the shadows of I/O queues' doorbells and EventIdx, and whether they are
	 * used. */
	u64 shadows;
	bool shadowed;
	unsigned nr_rings; /* writes to doorbells */
	u16 next_id;
	u32 result; /* of the last command */
};

struct fnvme_command {
	u8 opcode;
	u32 ns;
	u64 prp1, prp2;
	u32 dw10, dw11, dw12, dw13;
};

/*
 * Opens a controller with two I/O queues. @threads: the queues have threads that run by themselves.
 */
void fnvme_open(struct fnvme *f, struct nvme_config config);
void fnvme_close(struct fnvme *f);
u32 fnvme_read(struct fnvme *f, u32 reg);
void fnvme_write(struct fnvme *f, u32 reg, u32 value);
/* Sets up the admin queues and enables the controller. */
void fnvme_enable(struct fnvme *f);
/* Creates I/O queue @id, 1 or 2, with its vector. */
void fnvme_create(struct fnvme *f, unsigned id);
/*
 * From now on the driver does as Linux does: it writes to an I/O queue's shadow first, and to the
 * doorbell only if EventIdx asks for it.
 */
void fnvme_use_shadows(struct fnvme *f);
/* Turns MSI-X on; vector @n sends GUEST_MSI with data 0x40 + n. */
void fnvme_msix(struct fnvme *f);
/* Runs each thread's work and the machine's loop, several times. */
void fnvme_run(struct fnvme *f);

/* Appends a command to the queue and returns its id; fnvme_ring() rings the doorbell. */
u16 fnvme_put(struct fnvme *f, unsigned queue, const struct fnvme_command *command);
void fnvme_ring(struct fnvme *f, unsigned queue);
/*
 * Takes the next completion: returns its status (FNVME_NONE: there is none), and *@id unless @id is
 * NULL.
 */
u32 fnvme_take(struct fnvme *f, unsigned queue, u16 *id);
/* Does a whole command. Returns the status without the Do Not Retry bit. */
u32 fnvme_do(struct fnvme *f, unsigned queue, const struct fnvme_command *command);
u8 *fnvme_data(struct fnvme *f);

#endif
