/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the controller's files tell each other. "Locked" is: with the controller's lock held. */
#ifndef VM_AHCI_INTERNAL_H
#define VM_AHCI_INTERNAL_H

#include "vm/ahci/ahci.h"
#include "vm/ahci/regs.h"

#define CD_SECTOR       2048u
#define ATA_SECTOR      512u
#define TRIM_MAX_BLOCKS 8u
#define TRIM_BLOCK_NR   64u /* ranges in a block */

/* How a command ends, which frames go to the host: AHCI 1.3.1, 5.6.2. */
enum ata_protocol { ATA_NO_DATA, ATA_PIO_IN, ATA_PIO_OUT, ATA_DMA, ATA_QUEUED };

/* A command under way: the thread's. */
struct ahci_slot {
	struct block_request block;
	struct ahci_port *port;
	unsigned tag;
	u64 header; /* guest-physical */
	u64 prdt;
	u16 nr_prd;
	bool prd_interrupt; /* a descriptor asked for one */
	u8 fis[20];
	u8 packet[16];
	bool has_packet;

	/* The command's registers, and what they are when it is done: */
	u8 command, status, error, device;
	u16 features, count;
	u64 lba;

	enum ata_protocol protocol;
	u32 transferred;
	u32 more_is;    /* bits of PxIS besides what the protocol sets */
	bool no_memory; /* a structure of the command is not in RAM */

	u8 *trim; /* ranges of a trim, and which is next */
	unsigned nr_ranges, next_range;

	struct iovec iov[AHCI_MAX_IOV];
	unsigned nr_iov;
	u64 iov_size;
};

/* hba.c: registers. Offsets are in the BAR; @size is 1, 2, 4 or 8. They take the lock. */
u64 ahci_bar_read(void *owner, u64 offset, unsigned size);
void ahci_bar_write(void *owner, u64 offset, unsigned size, u64 value);
/* As after power-on. Waits, with the lock released, for what is under way. */
void ahci_reset(struct ahci *ahci);
/* Locked. Returns whether the driver is to be told, which the caller does: ahci_signal(). */
bool ahci_update(struct ahci *ahci, bool event);
void ahci_signal(struct ahci *ahci);
/* Locked: nothing runs at the port any more, where that was waited for. */
void ahci_port_drained(struct ahci_port *port);
/* Locked: the power-on state of the device, whose signature is sent when it can be. */
void ahci_device_reset(struct ahci_port *port);

/* pci.c: brings the INTx pin to the level that is wanted. Without any lock. */
void ahci_sync_intx(struct ahci *ahci);

/* engine.c: of the port's thread. */
void ahci_work(void *owner);
void ahci_broken(void *owner);
/* Locked: the device's signature, as a frame. */
void ahci_send_signature(struct ahci_port *port);
/* The command is done: with @error 0 well, else with @status. */
void ahci_done(struct ahci_slot *slot);
void ahci_fail(struct ahci_slot *slot, u8 status, u8 error);
void ahci_abort(struct ahci_slot *slot);

/* prd.c: finds @size bytes of memory: -EFAULT where it is no RAM, -ENOSPC: fewer, -E2BIG. */
int ahci_gather(struct ahci_slot *slot, u64 size);
/* Copies as much as there is room for; sets @transferred. -EFAULT, -E2BIG. */
int ahci_reply(struct ahci_slot *slot, const void *bytes, u32 size);
/* All or nothing, as ahci_gather(). */
int ahci_take(struct ahci_slot *slot, void *bytes, u32 size);
/* Ends a command whose memory is not as it has to be. */
void ahci_fail_memory(struct ahci_slot *slot, int ret);
/* Gives the bytes and ends the command well. */
void ahci_finish_reply(struct ahci_slot *slot, const void *bytes, u32 size);

/* ata.c, atapi.c: start a command, @slot->command or @slot->packet. */
void ata_start(struct ahci_slot *slot);
/* Transfers between the file and the command's memory; @done ends the command. */
void ata_start_rw(struct ahci_slot *slot, enum block_kind kind, u64 offset, u64 size,
	void (*done)(struct block_request *block, int result));
void atapi_start(struct ahci_slot *slot);
bool ata_is_queued(u8 command);
void cd_reset(struct cd *cd);

/* identify.c: 512 bytes, the words of IDENTIFY (PACKET) DEVICE. */
void ata_identify(const struct ahci_port *port, u8 data[ATA_SECTOR]);

#endif
