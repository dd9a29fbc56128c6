/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two ISA DMA controllers of a PC (Intel 8237A data sheet; ICH9 data sheet, 13.2) at ports
 * 00h-0Fh and C0h-DFh, with their page registers at 80h-8Fh. No device of this machine requests
 * DMA, so nothing is ever transferred. But systems that do not read ACPI set the controllers up,
 * read registers back, and may wait for a request that floating ports would show.
 *
 * The machine owns the struct. @lock guards it and is held around the ports' callbacks.
 */
#ifndef VM_DEV_DMA8237_H
#define VM_DEV_DMA8237_H

#include "vm/bus/bus.h"

#define DMA8237_FIRST  0x00
#define DMA8237_SECOND 0xc0 /* its registers are at even ports */
#define DMA8237_PAGES  0x80

struct dma8237_channel {
	u16 address, count; /* current and base are the same without transfers */
	u8 mode;
};

struct dma8237_chip {
	struct dma8237_channel channel[4];
	bool high;  /* the next access of an address or a count is of its high byte */
	u8 mask;    /* a bit for each channel */
	u8 command; /* write-only */
	unsigned shift;
	struct bus_region ports;
};

struct dma8237 {
	struct bus *pio;
	struct dma8237_chip chip[2];
	u8 pages[16];
	struct bus_region page_ports;
};

int dma8237_open(struct dma8237 *dma, struct bus *pio, pthread_mutex_t *lock);
/* Safe on a zeroed struct. */
void dma8237_close(struct dma8237 *dma);
/* As after power-on: all channels are masked. */
void dma8237_reset(struct dma8237 *dma);

#endif
