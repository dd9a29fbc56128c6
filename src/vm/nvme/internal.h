/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the controller. "Locked" means: with the controller's lock held. */
#ifndef VM_NVME_INTERNAL_H
#define VM_NVME_INTERNAL_H

#include "base/bytes.h"
#include "vm/nvme/nvme.h"

#define NVME_MDTS     9 /* 2^9 pages */
#define NVME_MAX_DATA (NVME_PAGE << NVME_MDTS)
#define NVME_MAX_IOV  ((1u << NVME_MDTS) + 1 + MEM_RAM_PARTS)
#define NVME_TABLE    0x2000 /* of MSI-X, in BAR 0 */
#define NVME_PBA      0x3000
#define NVME_BAR_SIZE 0x4000

/* A command in progress. Its queue's thread owns it, except @next and what is marked as locked. */
struct nvme_request {
	struct block_request block;
	struct nvme_sq *sq;
	struct nvme_request *next;
	u8 command[NVME_SQE];
	u16 id;
	u16 sq_head; /* for the completion */
	u32 result;
	enum nvme_status status;
	u8 *ranges; /* of a deallocation, and the next one to do */
	unsigned nr_ranges, next_range;
	struct iovec iov[NVME_MAX_IOV];
	unsigned nr_iov;
};

static inline u32 nvme_dword(const struct nvme_request *r, unsigned n)
{
	return get_le32(r->command + 4 * n);
}

/* controller.c: registers. They take the lock. */
u64 nvme_register_read(struct nvme *nvme, u32 offset, unsigned size);
void nvme_register_write(struct nvme *nvme, u32 offset, unsigned size, u64 value);
/* Sets the state after power-on. Waits, without the lock, for the commands in progress. */
void nvme_reset(struct nvme *nvme);
/* Locked: finishes what waited until no command is in progress. */
void nvme_drained(struct nvme *nvme);
/* The default of each feature. */
u32 nvme_feature_default(const struct nvme *nvme, unsigned feature);

/* pci.c: takes no lock. */
void nvme_sync_intx(struct nvme *nvme);

/* queue.c */
void nvme_work(void *owner);
void nvme_broken(void *owner);
/* Completes a command. */
void nvme_end(struct nvme_request *r, enum nvme_status status);
/* Locked: posts the completions that waited for room, when the driver has made some. */
void nvme_cq_post_waiting(struct nvme *nvme, struct nvme_cq *cq);
/* Locked. */
void nvme_queues_clear(struct nvme *nvme);
bool nvme_intx_level(const struct nvme *nvme);
void nvme_give_back(struct nvme_request *r);
/* Locked: @sq has no commands left, so the command that deletes it can complete. */
void nvme_sq_emptied(struct nvme *nvme, struct nvme_sq *sq);

/* doorbell.c. Locked. What the guest has in its shadows is believed within the queues' bounds only.
 */
void nvme_ring(struct nvme *nvme, u32 offset, u32 value);
/* Is there no command? After it, the driver writes to the doorbell with the next one. */
bool nvme_sq_empty(struct nvme_sq *sq);
/* Is there no room? After it, the driver writes to the doorbell when it has made some. */
bool nvme_cq_full(struct nvme *nvme, struct nvme_cq *cq);
/* Without MSI-X: the driver is to say which completions it has taken, so that INTx can fall. */
void nvme_cq_watch(struct nvme *nvme, struct nvme_cq *cq);
/* The Doorbell Buffer Config command: the guest addresses of both pages. */
enum nvme_status nvme_shadow_set(struct nvme *nvme, u64 shadow, u64 event_index);
/* A new queue begins at 0. */
void nvme_shadow_reset(struct nvme *nvme, unsigned id, bool completion);

/* prp.c: finds the guest memory of a command's data, 4.3. */
enum nvme_status nvme_gather(struct nvme_request *r, u32 size);
/* Write an answer to that memory, or read a parameter from it. */
enum nvme_status nvme_reply(struct nvme_request *r, const void *bytes, u32 size);
enum nvme_status nvme_take(struct nvme_request *r, void *bytes, u32 size);

/* admin.c, io.c: start a command. */
void nvme_admin_start(struct nvme_request *r);
void nvme_io_start(struct nvme_request *r);

/* identify.c: 4096 bytes each. */
void nvme_identify_controller(const struct nvme *nvme, u8 *data);
void nvme_identify_namespace(const struct nvme *nvme, u8 *data);
void nvme_identify_descriptors(const struct nvme *nvme, u8 *data);
#define NVME_FIRMWARE "1.0     "

#endif
