// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Executes the port's command list, on the port's thread: AHCI 1.3.1, sections 5 and 6. A command
 * is copied from guest memory once, and only the copy is checked and used.
 */
#include <string.h>

#include "base/bytes.h"
#include "vm/ahci/internal.h"

#define FIS_H2D_SIZE 20u
#define FIS_SDB_SIZE 8u

/* Locked: receives a frame from the device, if the driver has enabled that. */
static void receive(struct ahci_port *port, u32 at, const void *fis, u32 size)
{
	u64 base = (u64)port->fbu << 32 | port->fb;
	u8 *area = mem_ram_ptr(&port->ram, base + at, size);

	if (port->cmd & AHCI_CMD_FRE && area)
		memcpy(area, fis, size);
}

struct task_file {
	u8 status, error, device;
	u16 count;
	u64 lba;
};

static void fill_registers(u8 *fis, const struct task_file *tf)
{
	fis[2] = tf->status;
	fis[3] = tf->error;
	fis[4] = (u8)tf->lba;
	fis[5] = (u8)(tf->lba >> 8);
	fis[6] = (u8)(tf->lba >> 16);
	fis[7] = tf->device;
	fis[8] = (u8)(tf->lba >> 24);
	fis[9] = (u8)(tf->lba >> 32);
	fis[10] = (u8)(tf->lba >> 40);
	put_le16(fis + 12, tf->count);
}

static void send_d2h(struct ahci_port *port, const struct task_file *tf, bool interrupt)
{
	u8 fis[FIS_H2D_SIZE] = { FIS_D2H, interrupt ? FIS_INTERRUPT : 0 };

	fill_registers(fis, tf);
	receive(port, AHCI_RX_D2H, fis, sizeof(fis));
	port->tfd = tf->status | (u32)tf->error << 8;
	if (interrupt)
		port->is |= AHCI_IS_DHRS;
}

void ahci_send_signature(struct ahci_port *port)
{
	const struct task_file tf = {
		.status = (u8)port->tfd,
		.error = (u8)(port->tfd >> 8),
		.count = port->sig & 0xff,
		.lba = port->sig >> 8,
	};

	/* A port that never ran does not know the RAM layout yet. */
	if (!port->ram.nr && port->ahci->mem)
		mem_ram(port->ahci->mem, &port->ram);
	port->first_fis_due = false;
	send_d2h(port, &tf, false);
}

/* Sends the PIO setup frame after a PIO data transfer; it also has the ending status. */
static void send_pio_setup(struct ahci_port *port, const struct task_file *tf, u32 size)
{
	u8 fis[FIS_H2D_SIZE] = { FIS_PIO, FIS_INTERRUPT | FIS_TO_HOST };

	fill_registers(fis, tf);
	fis[2] = tf->status | ATA_DRQ;
	fis[15] = tf->status;
	put_le16(fis + 16, (u16)size);
	receive(port, AHCI_RX_PIO, fis, sizeof(fis));
	port->tfd = tf->status | (u32)tf->error << 8;
	port->is |= AHCI_IS_PSS;
}

/* Completes queued commands: those in @tags, or one with an error. */
static void send_set_bits(struct ahci_port *port, const struct task_file *tf, u32 tags)
{
	u8 fis[FIS_SDB_SIZE] = { FIS_SDB, FIS_INTERRUPT, tf->status & 0x77, tf->error };

	put_le32(fis + 4, tags);
	receive(port, AHCI_RX_SDB, fis, sizeof(fis));
	port->tfd = (port->tfd & (ATA_BSY | ATA_DRQ)) | (tf->status & 0x77) | (u32)tf->error << 8;
	port->sact &= ~tags;
	port->is |= AHCI_IS_SDBS;
}

static void report(struct ahci_slot *slot, const struct task_file *tf)
{
	struct ahci_port *port = slot->port;
	bool failed = tf->status & ATA_ERR;
	u8 *header = mem_ram_ptr(&port->ram, slot->header, AHCI_HEADER_SIZE);

	if (header && slot->protocol != ATA_QUEUED)
		put_le32(header + 4, slot->transferred);
	port->is |= slot->more_is;
	if (slot->prd_interrupt)
		port->is |= AHCI_IS_DPS;
	if (slot->protocol == ATA_QUEUED)
		send_set_bits(port, tf, failed ? 0 : BIT(slot->tag));
	else if (slot->protocol == ATA_PIO_IN && !failed)
		send_pio_setup(port, tf, slot->transferred);
	else
		send_d2h(port, tf, true);
	if (slot->no_memory)
		port->is |= AHCI_IS_HBFS;
	if (!failed) {
		port->ci &= ~(u32)BIT(slot->tag);
		return;
	}
	port->is |= AHCI_IS_TFES;
	port->halted = true;
}

/* Stores what log 10h reports: ACS-3, A.15. */
static void remember_failure(struct ahci_slot *slot, const struct task_file *tf)
{
	struct ahci_port *port = slot->port;

	port->failed.valid = true;
	port->failed.tag = (u8)slot->tag;
	port->failed.status = tf->status;
	port->failed.error = tf->error;
	port->failed.device = tf->device;
	port->failed.count = tf->count;
	port->failed.lba = tf->lba;
}

static void end(struct ahci_slot *slot, const struct task_file *tf)
{
	struct ahci_port *port = slot->port;
	struct ahci *ahci = port->ahci;
	bool signal = false;

	pthread_mutex_lock(&ahci->lock);
	/* When a queued command fails, the device drops the others. */
	if (!port->drop && !port->halted) {
		if (slot->protocol == ATA_QUEUED && tf->status & ATA_ERR)
			remember_failure(slot, tf);
		report(slot, tf);
		signal = ahci_update(ahci, true);
	}
	port->running &= ~(u32)BIT(slot->tag);
	if (!port->running)
		ahci_port_drained(port);
	pthread_mutex_unlock(&ahci->lock);
	if (signal)
		ahci_signal(ahci);
}

void ahci_done(struct ahci_slot *slot)
{
	const struct task_file tf = {
		.status = ATA_GOOD,
		.error = slot->error,
		.device = slot->device,
		.count = slot->count,
		.lba = slot->lba,
	};

	end(slot, &tf);
}

void ahci_fail(struct ahci_slot *slot, u8 status, u8 error)
{
	const struct task_file tf = {
		.status = status | ATA_DRDY | ATA_ERR,
		.error = error,
		.device = slot->device,
		.count = slot->count,
		.lba = slot->lba,
	};

	end(slot, &tf);
}

void ahci_abort(struct ahci_slot *slot)
{
	ahci_fail(slot, ATA_DSC, ATA_ABRT);
}

/* Copies the registers from the command's frame. */
static void decode(struct ahci_slot *slot)
{
	const u8 *fis = slot->fis;

	slot->command = fis[2];
	slot->features = (u16)(fis[3] | fis[11] << 8);
	slot->lba = fis[4] | (u64)fis[5] << 8 | (u64)fis[6] << 16 | (u64)fis[8] << 24 |
		    (u64)fis[9] << 32 | (u64)fis[10] << 40;
	slot->device = fis[7];
	slot->count = get_le16(fis + 12);
	slot->error = 0;
	slot->protocol = ata_is_queued(slot->command) ? ATA_QUEUED : ATA_NO_DATA;
	slot->transferred = slot->more_is = slot->nr_iov = 0;
	slot->prd_interrupt = slot->no_memory = false;
}

/* Locked: copies the command of slot @tag. Returns false if it is not in RAM. */
static bool fetch(struct ahci_port *port, unsigned tag)
{
	const struct mem_ram *ram = &port->ram;
	struct ahci_slot *slot = &port->slots[tag];
	u64 list = (u64)port->clbu << 32 | port->clb, table;
	u8 head[AHCI_HEADER_SIZE];
	const u8 *at;

	slot->port = port;
	slot->tag = tag;
	slot->header = list + tag * AHCI_HEADER_SIZE;
	at = mem_ram_ptr(ram, slot->header, AHCI_HEADER_SIZE);
	if (!at)
		return false;
	memcpy(head, at, sizeof(head));
	table = get_le64(head + 8) & ~0x7full;
	at = mem_ram_ptr(ram, table, AHCI_TABLE_PRDT);
	if (!at)
		return false;
	memcpy(slot->fis, at + AHCI_TABLE_CFIS, sizeof(slot->fis));
	memcpy(slot->packet, at + AHCI_TABLE_ACMD, sizeof(slot->packet));
	slot->has_packet = head[0] & AHCI_HEADER_A;
	slot->prdt = table + AHCI_TABLE_PRDT;
	slot->nr_prd = get_le16(head + 2);
	decode(slot);
	return true;
}

/* Locked. */
static void stop_on_bad_memory(struct ahci_port *port)
{
	port->is |= AHCI_IS_HBFS;
	port->halted = true;
	if (ahci_update(port->ahci, true))
		ahci_signal(port->ahci);
}

/* Locked: the device accepts a queued command and can take the next (SATA 3.0, 11.15). */
static void accept_queued(struct ahci_slot *slot)
{
	const struct task_file tf = {
		.status = ATA_GOOD,
		.device = slot->device,
		.count = slot->count,
		.lba = slot->lba,
	};

	slot->port->ci &= ~(u32)BIT(slot->tag);
	send_d2h(slot->port, &tf, false);
}

/*
 * Locked: handles a frame that writes the control register. While SRST is set, the device is in
 * reset (SATA 3.0, 11.4).
 */
static void control(struct ahci_slot *slot)
{
	struct ahci_port *port = slot->port;
	bool srst = slot->fis[15] & FIS_SRST;

	port->ci &= ~(u32)BIT(slot->tag);
	if (srst)
		port->srst = true;
	else if (port->srst)
		ahci_device_reset(port);
}

/* Locked: returns the next command that can start now, or NULL. */
static struct ahci_slot *pick(struct ahci_port *port)
{
	struct ahci_slot *slot;
	u32 waiting = port->ci & ~port->running;
	unsigned tag;

	if (!waiting || port->drop || port->halted || port->dead || !port->ahci->master ||
		!(port->cmd & AHCI_CMD_ST) || (port->running && !port->queued))
		return NULL;
	for (tag = port->next; !(waiting & BIT(tag)); tag = (tag + 1) % AHCI_NR_SLOTS)
		continue;
	slot = &port->slots[tag];
	if (!fetch(port, tag)) {
		stop_on_bad_memory(port);
		return NULL;
	}
	/* Other commands wait until no command runs. */
	if (port->running && slot->protocol != ATA_QUEUED)
		return NULL;
	port->next = (tag + 1) % AHCI_NR_SLOTS;
	port->cmd = (port->cmd & ~AHCI_CMD_CCS) | tag << 8;
	if (slot->fis[0] == FIS_H2D && !(slot->fis[1] & FIS_COMMAND)) {
		control(slot);
		return slot;
	}
	port->running |= BIT(tag);
	port->queued = slot->protocol == ATA_QUEUED;
	if (port->queued)
		accept_queued(slot);
	else
		port->tfd = ATA_BSY | ATA_DRDY;
	return slot;
}

static void start(struct ahci_slot *slot)
{
	if (slot->fis[0] != FIS_H2D)
		ahci_abort(slot);
	else if (slot->command == ATA_PACKET && slot->port->kind == AHCI_CDROM)
		atapi_start(slot);
	else
		ata_start(slot);
}

void ahci_work(void *owner)
{
	struct ahci_port *port = owner;

	for (unsigned i = 0; i < AHCI_NR_SLOTS; i++) {
		struct ahci_slot *slot;
		bool runs;

		pthread_mutex_lock(&port->ahci->lock);
		slot = pick(port);
		runs = slot && port->running & BIT(slot->tag);
		pthread_mutex_unlock(&port->ahci->lock);
		if (!slot)
			return;
		if (runs)
			start(slot);
	}
	/* There may be more commands, but completed ones are handled first. */
	block_worker_wake(&port->worker);
}

void ahci_broken(void *owner)
{
	struct ahci_port *port = owner;

	pthread_mutex_lock(&port->ahci->lock);
	port->dead = true;
	ahci_port_drained(port);
	pthread_mutex_unlock(&port->ahci->lock);
}
