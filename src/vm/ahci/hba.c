// SPDX-License-Identifier: GPL-2.0-or-later
/* Register accesses: AHCI 1.3.1, section 3. */
#include <sys/eventfd.h>

#include "base/log.h"
#include "vm/ahci/internal.h"

#define GHC_FIXED AHCI_GHC_AE /* cannot be cleared if SAM is set */

void ahci_signal(struct ahci *ahci)
{
	eventfd_write(ahci->call, 1);
}

/*
 * IS keeps a port's interrupt bit until the guest clears it (3.1.3); the bit is set again at once
 * if the port still has an interrupt. A message is sent for each event, and after a write that
 * leaves bits set.
 */
bool ahci_update(struct ahci *ahci, bool event)
{
	bool before = ahci->level;

	for (unsigned i = 0; i < ahci->nr_ports; i++)
		if (ahci->ports[i].is & ahci->ports[i].ie)
			ahci->is |= BIT(i);
	ahci->level = ahci->is && ahci->ghc & AHCI_GHC_IE;
	if (ahci->by_msi)
		return ahci->level && (event || !before);
	return ahci->level != before;
}

void ahci_device_reset(struct ahci_port *port)
{
	port->srst = false;
	port->write_through = false;
	port->multiple = 16;
	port->udma = 5;
	port->failed.valid = false;
	cd_reset(&port->cd);
	port->tfd = ATA_GOOD | 1u << 8;
	port->sig = port->kind == AHCI_CDROM ? AHCI_SIG_ATAPI : AHCI_SIG_DISK;
	port->first_fis_due = true;
	if (port->cmd & AHCI_CMD_FRE)
		ahci_send_signature(port);
}

/* After a COMRESET the link is up again and the device is in its power-on state (10.4.2). */
static void port_up(struct ahci_port *port)
{
	port->reset = false;
	port->serr = 0;
	port->ssts = AHCI_SSTS_UP;
	ahci_device_reset(port);
}

static void finish_hba_reset(struct ahci *ahci)
{
	for (unsigned i = 0; i < ahci->nr_ports; i++)
		if (ahci->ports[i].drop)
			return;
	ahci->ghc = GHC_FIXED;
}

/* The port's thread reads it without the lock, to leave a long command unfinished. */
static void set_drop(struct ahci_port *port, bool drop)
{
	__atomic_store_n(&port->drop, drop, __ATOMIC_RELEASE);
}

void ahci_port_drained(struct ahci_port *port)
{
	pthread_cond_broadcast(&port->ahci->idle);
	if (!port->drop)
		return;
	set_drop(port, false);
	if (port->reset)
		port_up(port);
	if (port->cmd & AHCI_CMD_ST)
		block_worker_wake(&port->worker);
	else
		port->cmd &= ~AHCI_CMD_CR;
	if (port->ahci->ghc & AHCI_GHC_HR)
		finish_hba_reset(port->ahci);
}

/* Drops the running commands without a report. Whatever comes next waits until none runs. */
static void drop(struct ahci_port *port)
{
	port->ci = port->sact = 0;
	port->halted = false;
	set_drop(port, true);
	if (!port->running || port->dead)
		ahci_port_drained(port);
}

static void reset_port(struct ahci_port *port)
{
	port->tfd = ATA_BSY;
	port->ssts = 0;
	port->reset = true;
	drop(port);
}

/* 10.4.3: resets everything but the addresses of the lists. */
static void reset_hba(struct ahci *ahci)
{
	ahci->is = 0;
	ahci->ghc = GHC_FIXED | AHCI_GHC_HR;
	for (unsigned i = 0; i < ahci->nr_ports; i++)
		set_drop(&ahci->ports[i], true);
	for (unsigned i = 0; i < ahci->nr_ports; i++) {
		struct ahci_port *port = &ahci->ports[i];

		port->is = port->ie = port->sctl = 0;
		port->cmd = (port->cmd & AHCI_CMD_CR) | AHCI_CMD_SUD | AHCI_CMD_POD;
		if (port->kind == AHCI_CDROM)
			port->cmd |= AHCI_CMD_ATAPI;
		reset_port(port);
	}
	if (!ahci->nr_ports)
		ahci->ghc = GHC_FIXED;
}

static void power_on(struct ahci *ahci)
{
	for (unsigned i = 0; i < ahci->nr_ports; i++) {
		struct ahci_port *port = &ahci->ports[i];

		port->clb = port->clbu = port->fb = port->fbu = 0;
	}
}

static void await_port(struct ahci_port *port)
{
	struct ahci *ahci = port->ahci;

	while (port->running && !port->dead) {
		if (!port->worker.config.no_thread) {
			pthread_cond_wait(&ahci->idle, &ahci->lock);
			continue;
		}
		pthread_mutex_unlock(&ahci->lock);
		block_io_wait(&port->worker.queue.io, false);
		pthread_mutex_lock(&ahci->lock);
	}
}

void ahci_reset(struct ahci *ahci)
{
	pthread_mutex_lock(&ahci->lock);
	reset_hba(ahci);
	for (unsigned i = 0; i < ahci->nr_ports; i++)
		await_port(&ahci->ports[i]);
	power_on(ahci);
	ahci_update(ahci, false);
	pthread_mutex_unlock(&ahci->lock);
}

static u32 port_read(const struct ahci_port *port, u32 reg)
{
	switch (reg) {
	case AHCI_PX_CLB:
		return port->clb;
	case AHCI_PX_CLBU:
		return port->clbu;
	case AHCI_PX_FB:
		return port->fb;
	case AHCI_PX_FBU:
		return port->fbu;
	case AHCI_PX_IS:
		return port->is;
	case AHCI_PX_IE:
		return port->ie;
	case AHCI_PX_CMD:
		return port->cmd;
	case AHCI_PX_TFD:
		return port->tfd;
	case AHCI_PX_SIG:
		return port->sig;
	case AHCI_PX_SSTS:
		return port->ssts;
	case AHCI_PX_SCTL:
		return port->sctl;
	case AHCI_PX_SERR:
		return port->serr;
	case AHCI_PX_SACT:
		return port->sact;
	case AHCI_PX_CI:
		return port->ci;
	}
	return 0;
}

static u32 hba_read(const struct ahci *ahci, u32 reg)
{
	u32 ports = ahci->nr_ports ? ahci->nr_ports - 1 : 0;

	switch (reg) {
	case AHCI_CAP:
		return ports | (AHCI_NR_SLOTS - 1) << AHCI_CAP_NCS_SHIFT | AHCI_CAP_SAM |
		       AHCI_CAP_ISS_GEN2 | AHCI_CAP_SCLO | AHCI_CAP_SNCQ | AHCI_CAP_S64A;
	case AHCI_GHC:
		return ahci->ghc;
	case AHCI_IS:
		return ahci->is;
	case AHCI_PI:
		return (u32)BIT(ahci->nr_ports) - 1;
	case AHCI_VS:
		return AHCI_VERSION;
	}
	return 0;
}

static u32 read_register(struct ahci *ahci, u32 offset)
{
	unsigned port = (offset - AHCI_PORT) / AHCI_PORT_SIZE;

	if (offset < AHCI_PORT)
		return hba_read(ahci, offset);
	return port < ahci->nr_ports ? port_read(&ahci->ports[port], offset % AHCI_PORT_SIZE) : 0;
}

/* The specification wants accesses of whole dwords; smaller reads return a part of one. */
u64 ahci_bar_read(void *owner, u64 offset, unsigned size)
{
	struct ahci *ahci = owner;
	u64 value;

	pthread_mutex_lock(&ahci->lock);
	value = read_register(ahci, (u32)offset & ~3u);
	if (size == 8)
		value |= (u64)read_register(ahci, ((u32)offset & ~3u) + 4) << 32;
	pthread_mutex_unlock(&ahci->lock);
	return value >> (8 * (offset & 3));
}

static void start_port(struct ahci_port *port)
{
	port->cmd = (port->cmd & ~AHCI_CMD_CCS) | AHCI_CMD_CR;
	port->next = 0;
	/* RAM does not move while a guest runs, but checking is cheap. */
	if (!port->running && mem_ram(port->ahci->mem, &port->ram))
		log_guest("%s: RAM is in too many parts", port->name);
	block_worker_wake(&port->worker);
}

static void write_cmd(struct ahci_port *port, u32 value)
{
	u32 before = port->cmd;

	port->cmd = (before & ~AHCI_CMD_WRITABLE) | (value & AHCI_CMD_WRITABLE);
	if (port->cmd & AHCI_CMD_FRE)
		port->cmd |= AHCI_CMD_FR;
	else
		port->cmd &= ~AHCI_CMD_FR;
	if (port->cmd & AHCI_CMD_FRE && port->first_fis_due)
		ahci_send_signature(port);
	/* 3.3.7: only valid while the port does not run. */
	if (value & AHCI_CMD_CLO && !(before & AHCI_CMD_ST) && !port->reset)
		port->tfd &= ~(u32)(ATA_BSY | ATA_DRQ);
	if (value & AHCI_CMD_ST && !(before & AHCI_CMD_ST))
		start_port(port);
	else if (!(value & AHCI_CMD_ST) && before & AHCI_CMD_ST)
		drop(port);
}

/* 3.3.11: a COMRESET lasts as long as DET is 1. */
static void write_sctl(struct ahci_port *port, u32 value)
{
	bool before = (port->sctl & AHCI_SCTL_DET) == AHCI_SCTL_COMRESET;
	bool after = (value & AHCI_SCTL_DET) == AHCI_SCTL_COMRESET;

	port->sctl = value & AHCI_SCTL_WRITABLE;
	if (after && !before) {
		port->tfd = ATA_BSY;
		port->ssts = 0;
	} else if (before && !after) {
		reset_port(port);
	}
}

static void port_write(struct ahci_port *port, u32 reg, u32 value)
{
	switch (reg) {
	case AHCI_PX_CLB:
		port->clb = value & ~0x3ffu;
		break;
	case AHCI_PX_CLBU:
		port->clbu = value;
		break;
	case AHCI_PX_FB:
		port->fb = value & ~0xffu;
		break;
	case AHCI_PX_FBU:
		port->fbu = value;
		break;
	case AHCI_PX_IS:
		port->is &= ~value;
		break;
	case AHCI_PX_IE:
		port->ie = value & AHCI_IE_MASK;
		break;
	case AHCI_PX_CMD:
		write_cmd(port, value);
		break;
	case AHCI_PX_SCTL:
		write_sctl(port, value);
		break;
	case AHCI_PX_SERR:
		port->serr &= ~value;
		break;
	case AHCI_PX_SACT:
		if (port->cmd & AHCI_CMD_ST)
			port->sact |= value;
		break;
	case AHCI_PX_CI:
		if (!(port->cmd & AHCI_CMD_ST))
			break;
		port->ci |= value;
		block_worker_wake(&port->worker);
		break;
	}
}

static void hba_write(struct ahci *ahci, u32 reg, u32 value)
{
	switch (reg) {
	case AHCI_GHC:
		if (value & AHCI_GHC_HR && !(ahci->ghc & AHCI_GHC_HR))
			reset_hba(ahci);
		else if (!(ahci->ghc & AHCI_GHC_HR))
			ahci->ghc = GHC_FIXED | (value & AHCI_GHC_IE);
		break;
	case AHCI_IS:
		ahci->is &= ~value;
		break;
	}
}

static void write_register(struct ahci *ahci, u32 offset, u32 value)
{
	unsigned port = (offset - AHCI_PORT) / AHCI_PORT_SIZE;

	if (offset < AHCI_PORT)
		hba_write(ahci, offset, value);
	else if (port < ahci->nr_ports && !(ahci->ghc & AHCI_GHC_HR))
		port_write(&ahci->ports[port], offset % AHCI_PORT_SIZE, value);
}

void ahci_bar_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct ahci *ahci = owner;
	bool intx, signal;

	if (size < 4 || offset % 4) {
		log_guest("SATA: %u bytes written at 0x%x are no register", size, (u32)offset);
		return;
	}
	pthread_mutex_lock(&ahci->lock);
	write_register(ahci, (u32)offset, (u32)value);
	if (size == 8)
		write_register(ahci, (u32)offset + 4, (u32)(value >> 32));
	signal = ahci_update(ahci, offset == AHCI_IS);
	intx = !ahci->by_msi;
	pthread_mutex_unlock(&ahci->lock);
	if (signal && intx)
		ahci_sync_intx(ahci);
	else if (signal)
		ahci_signal(ahci);
}
