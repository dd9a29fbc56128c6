/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the controller's files. "Locked" means that the caller holds the controller's lock. */
#ifndef VM_AHCI_INTERNAL_H
#define VM_AHCI_INTERNAL_H

#include "vm/ahci/ahci.h"
#include "vm/ahci/regs.h"

#define CD_SECTOR       2048u
#define ATA_SECTOR      512u
#define TRIM_MAX_BLOCKS 8u
#define TRIM_BLOCK_NR   64u /* ranges in a block */

/* How a command ends and which frames go to the host: AHCI 1.3.1, 5.6.2. */
enum ata_protocol { ATA_NO_DATA, ATA_PIO_IN, ATA_PIO_OUT, ATA_DMA, ATA_QUEUED };

/* A command in progress; the port's thread owns it. */
struct ahci_slot {
	struct block_request block;
	struct ahci_port *port;
	unsigned tag;
	u64 header; /* guest-physical */
	u64 prdt;
	u16 nr_prd;
	bool prd_interrupt; /* a descriptor requested an interrupt */
	u8 fis[20];
	u8 packet[16];
	bool has_packet;

	/* The command's registers, and their values when it has ended: */
	u8 command, status, error, device;
	u16 features, count;
	u64 lba;

	enum ata_protocol protocol;
	u32 transferred;
	u32 more_is;    /* bits of PxIS in addition to the protocol's */
	bool no_memory; /* a structure of the command is not in RAM */

	u8 *trim; /* ranges of a trim, and the index of the next one */
	unsigned nr_ranges, next_range;

	struct iovec iov[AHCI_MAX_IOV];
	unsigned nr_iov;
	u64 iov_size;
};

/* hba.c: register accesses; offsets are in the BAR; @size is 1, 2, 4 or 8. They take the lock. */
u64 ahci_bar_read(void *owner, u64 offset, unsigned size);
void ahci_bar_write(void *owner, u64 offset, unsigned size, u64 value);
/* Returns to the state after power-on. Releases the lock while it waits for running commands. */
void ahci_reset(struct ahci *ahci);
/* Locked. Returns whether to interrupt the driver: the caller then calls ahci_signal(). */
bool ahci_update(struct ahci *ahci, bool event);
void ahci_signal(struct ahci *ahci);
/* Locked: the port's last running command has ended; does what had to wait for that. */
void ahci_port_drained(struct ahci_port *port);
/* Locked: returns the device to its power-on state; its signature is sent as soon as possible. */
void ahci_device_reset(struct ahci_port *port);

/* pci.c: sets the INTx pin to the level that it should have. The caller holds no lock. */
void ahci_sync_intx(struct ahci *ahci);

/* engine.c: called on the port's thread. */
void ahci_work(void *owner);
void ahci_broken(void *owner);
/* Locked: sends the device's signature in a frame. */
void ahci_send_signature(struct ahci_port *port);
/* End the command: successfully if @error is 0, otherwise with @status. */
void ahci_done(struct ahci_slot *slot);
void ahci_fail(struct ahci_slot *slot, u8 status, u8 error);
void ahci_abort(struct ahci_slot *slot);

/*
 * prd.c: finds @size bytes of memory. -EFAULT: not in RAM; -ENOSPC: there is less; -E2BIG: too many
 * pieces.
 */
int ahci_gather(struct ahci_slot *slot, u64 size);
/* Copies as many bytes as there is room for; sets @transferred. 0, -EFAULT or -E2BIG. */
int ahci_reply(struct ahci_slot *slot, const void *bytes, u32 size);
/* Copies @size bytes or fails as ahci_gather() does. */
int ahci_take(struct ahci_slot *slot, void *bytes, u32 size);
/* Ends a command whose memory is invalid. */
void ahci_fail_memory(struct ahci_slot *slot, int ret);
/* Copies the bytes and ends the command successfully. */
void ahci_finish_reply(struct ahci_slot *slot, const void *bytes, u32 size);

/* ata.c, atapi.c: start the command in @slot->command or @slot->packet. */
void ata_start(struct ahci_slot *slot);
/* Starts a transfer between the file and the command's memory; @done ends the command. */
void ata_start_rw(struct ahci_slot *slot, enum block_kind kind, u64 offset, u64 size,
	void (*done)(struct block_request *block, int result));
void atapi_start(struct ahci_slot *slot);
bool ata_is_queued(u8 command);
/* Media events of GET EVENT STATUS NOTIFICATION: MMC-5, 6.6.3.4. */
#define CD_EVENT_EJECT   1 /* somebody asks for the medium */
#define CD_EVENT_NEW     2
#define CD_EVENT_REMOVED 3

void cd_reset(struct cd *cd);

/* identify.c: the 512 bytes of IDENTIFY (PACKET) DEVICE. */
void ata_identify(const struct ahci_port *port, u8 data[ATA_SECTOR]);

#endif
