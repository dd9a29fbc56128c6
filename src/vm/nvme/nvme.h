/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An NVMe controller (NVM Express 1.4) with one namespace, which is a raw file or a block device of
 * the host. It has a PCIe root port of its own.
 *
 * The admin queue and each of the I/O submission queues have a thread (vm/block/worker.h), which
 * reads commands from guest memory and executes them. A register access never waits for a command:
 * a controller that is being disabled clears CSTS.RDY once no command runs any more. Nothing that
 * the guest writes to registers or memory is trusted; MDTS bounds what a command transfers.
 *
 * Locks: @lock, the controller's own, guards registers and queues and is taken after the PCI
 * hierarchy's, never before. The threads take no lock but this one. The caller owns the struct.
 */
#ifndef VM_NVME_NVME_H
#define VM_NVME_NVME_H

#include <pthread.h>

#include "base/loop.h"
#include "vm/block/worker.h"
#include "vm/nvme/regs.h"
#include "vm/pci/msix.h"
#include "vm/pci/root_port.h"

#define NVME_MIN_IO_QUEUES 2
#define NVME_MAX_IO_QUEUES 16
#define NVME_NR_QUEUES     (NVME_MAX_IO_QUEUES + 1) /* with the admin queue, number 0 */
#define NVME_DEPTH         128                      /* commands of one queue that may run at once */
#define NVME_SERIAL        20
#define NVME_MAX_EVENTS    4 /* async event requests */
#define NVME_NR_FEATURES   0x0c
#define NVME_CLASS         0x010802

struct nvme_config {
	const char *path;
	struct nbd_export *nbd; /* serves the disk, and outlives it; NULL: it is the file @path */
	const char *serial;     /* may be NULL; at most NVME_SERIAL bytes */
	bool read_only;
	bool direct; /* bypasses the host's page cache */
	/*
	 * I/O queues, at most NVME_MAX_IO_QUEUES. There are at least two: OVMF gives up with fewer.
	 */
	unsigned queues;
	bool no_threads; /* for tests, see worker.h */
	/* The machine's budget of bounce buffers (vm/block/request.h); NULL: its own. */
	u64 *bounce_used;
};

struct nvme;
struct nvme_request;

struct nvme_cq {
	u8 *ring; /* in guest memory; NULL: there is no such queue */
	u32 size, head, tail;
	bool phase;
	bool interrupts;
	u16 vector;
	unsigned nr_sqs;                      /* submission queues that complete here */
	struct nvme_request *waiting, **last; /* completions for which there is no room */
};

struct nvme_sq {
	struct nvme *nvme;
	unsigned id;
	const u8 *ring;
	u32 size, head, tail;
	u16 cq;
	/* The command that deletes the queue, which completes once no command runs. */
	struct nvme_request *deletion;
	unsigned running;

	struct block_worker worker; /* exists whether or not the guest has created the queue */
	struct nvme_request *requests, *free;
};

struct nvme {
	pthread_mutex_t lock;
	pthread_cond_t idle; /* signalled when no command runs */
	struct mem *mem;
	struct mem_ram ram; /* guest RAM when the controller was enabled */
	struct block_file file;
	char name[160];
	char serial[NVME_SERIAL + 1];
	unsigned nr_io; /* queues */

	u32 cc, csts, aqa, intms;
	u64 asq, acq;
	bool master;   /* Bus Master is set */
	bool stopping; /* being disabled or reset, while commands still run */
	bool dead;     /* the threads have ended */
	unsigned running;
	struct nvme_sq sqs[NVME_NR_QUEUES];
	struct nvme_cq cqs[NVME_NR_QUEUES];
	/* Pages in guest memory, doorbell.c; both or none is NULL. */
	u8 *shadow, *event_index;
	u16 events[NVME_MAX_EVENTS]; /* ids of the parked async event requests */
	unsigned nr_events;
	bool flushing; /* @last flushes the disk for a shutdown */
	struct block_request last;
	u32 features[NVME_NR_FEATURES];
	u32 vector_features[NVME_NR_QUEUES];

	struct pci_dev pci;
	struct pci_msix msix;
	struct pci_msix_source sources[NVME_NR_QUEUES];
	int vectors[NVME_NR_QUEUES]; /* eventfds */
	bool by_msix;
	bool level; /* of INTx */
	int intx_call;
	struct loop *loop;
	struct loop_source intx;
};

/* How many threads a controller with so many I/O queues has. */
static inline unsigned nvme_threads(unsigned queues)
{
	return 1 + (queues > NVME_MIN_IO_QUEUES ? queues : NVME_MIN_IO_QUEUES);
}

/* Opens and locks the file and starts the threads. */
int nvme_open(struct nvme *nvme, const struct nvme_config *config, struct err *err);
/* Attaches the controller to @bus as function @devfn. On the thread that runs @loop. */
int nvme_attach(
	struct nvme *nvme, struct pci_bus *bus, u8 devfn, struct loop *loop, struct err *err);
/* No vCPU runs. Safe on a zeroed struct. */
void nvme_close(struct nvme *nvme);

#endif
