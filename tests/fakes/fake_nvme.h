/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An NVMe controller in the made-up guest of fake_driver.h, and a driver that does by loads and
 * stores what a guest's driver does. Nothing happens by itself: fnvme_run() is the threads.
 */
#ifndef FAKE_NVME_H
#define FAKE_NVME_H

#include "fake_driver.h"
#include "vm/nvme/nvme.h"

#define FNVME_DISK_SIZE (4 * MIB)
#define FNVME_ENTRIES   16u /* of each queue */
#define FNVME_NONE      0xffffu

/* A pair of queues, as the driver holds it. */
struct fnvme_queue {
	u64 sq, cq;
	u32 tail, head;
	bool phase;
};

struct fnvme {
	struct guest guest;
	struct nvme nvme;
	int file; /* the test's own: word n of it is n */
	struct fnvme_queue queues[3];
	u64 data; /* 1 MiB */
	u16 next_id;
	u32 result; /* of the last command */
};

struct fnvme_command {
	u8 opcode;
	u32 ns;
	u64 prp1, prp2;
	u32 dw10, dw11, dw12, dw13;
};

/* Two I/O queues. @threads: they work by themselves. */
void fnvme_open(struct fnvme *f, struct nvme_config config);
void fnvme_close(struct fnvme *f);
u32 fnvme_read(struct fnvme *f, u32 reg);
void fnvme_write(struct fnvme *f, u32 reg, u32 value);
/* Admin queues, and the controller is enabled. */
void fnvme_enable(struct fnvme *f);
/* And I/O queue @id, 1 or 2, with its vector. */
void fnvme_create(struct fnvme *f, unsigned id);
/* MSI-X on; vector @n gives GUEST_MSI with data 0x40 + n. */
void fnvme_msix(struct fnvme *f);
/* One round of each thread and of the machine's loop, several times. */
void fnvme_run(struct fnvme *f);

/* Puts a command behind the others, which fnvme_ring() tells of; its id. */
u16 fnvme_put(struct fnvme *f, unsigned queue, const struct fnvme_command *command);
void fnvme_ring(struct fnvme *f, unsigned queue);
/* The next completion's status (FNVME_NONE: there is none), and its id where that is not NULL. */
u32 fnvme_take(struct fnvme *f, unsigned queue, u16 *id);
/* All of it: the status, without the bit that says that the same again would fail. */
u32 fnvme_do(struct fnvme *f, unsigned queue, const struct fnvme_command *command);
u8 *fnvme_data(struct fnvme *f);

#endif
