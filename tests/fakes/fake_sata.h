/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A SATA controller in the fake guest of fake_driver.h, and a driver that accesses it by loads and
 * stores as a guest's driver does. Nothing runs by itself: sata_run() does the work of the ports'
 * threads.
 */
#ifndef FAKE_SATA_H
#define FAKE_SATA_H

#include "fake_driver.h"
#include "vm/ahci/ahci.h"
#include "vm/ahci/regs.h"

#define SATA_DISK_SIZE (2 * MIB)
#define SATA_MSI_DATA  0x55

struct sata {
	struct guest guest;
	struct ahci ahci;
	int files[AHCI_MAX_PORTS]; /* the test's files, whose word n is n */
	unsigned nr;
	u64 lists[AHCI_MAX_PORTS], areas[AHCI_MAX_PORTS]; /* command lists, received frames */
	u64 tables;                                       /* 256 bytes for each slot */
	u64 data;                                         /* 1 MiB */
};

struct sata_command {
	u8 command;
	u16 features;
	u64 lba;
	u8 device;
	u16 count;
	const u8 *packet; /* 12 bytes, or NULL */
	u64 data;         /* one descriptor; 0: @sata->data */
	u32 size;         /* of it; 0: none */
};

/* @threads: the ports have threads that run by themselves. */
void sata_open(struct sata *sata, const enum ahci_kind *kinds, unsigned nr, bool threads);
void sata_close(struct sata *sata);

u32 sata_read(struct sata *sata, u32 offset);
void sata_write(struct sata *sata, u32 offset, u32 value);
u32 sata_port_read(struct sata *sata, unsigned port, u32 reg);
void sata_port_write(struct sata *sata, unsigned port, u32 reg, u32 value);
/* Sets up the command list, received frames and interrupts, and starts the port. */
void sata_start(struct sata *sata, unsigned port);
/* Stops and restarts the port, as a driver does to recover from an error. */
void sata_restart(struct sata *sata, unsigned port);
/* Runs each port's work and the machine's loop, several times. */
void sata_run(struct sata *sata);

/* Puts a command into a slot. */
void sata_put(struct sata *sata, unsigned port, unsigned slot, const struct sata_command *command);
/* Does a command in slot 0. Returns the task file register at its end. */
u32 sata_do(struct sata *sata, unsigned port, const struct sata_command *command);
u8 *sata_data(struct sata *sata);
/* The frame at this offset in the area for received frames. */
u8 *sata_frame(struct sata *sata, unsigned port, u32 at);
/* How many bytes the last command in slot 0 transferred. */
u32 sata_transferred(struct sata *sata, unsigned port);

#endif
