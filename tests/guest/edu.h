/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's educational PCI device, 1234:11e8 (its docs/specs/edu): the registers in BAR 0. */
#ifndef GUEST_EDU_H
#define GUEST_EDU_H

#include "pci.h"

#define EDU_VENDOR 0x1234
#define EDU_DEVICE 0x11e8

#define EDU_ID        0x00 /* 0xRRrr00ed, the revision */
#define EDU_LIVENESS  0x04 /* reads as the complement of what was written */
#define EDU_FACTORIAL 0x08
#define EDU_STATUS    0x20
#define EDU_COMPUTING 0x01
#define EDU_IRQ       0x24 /* what was raised and not acknowledged */
#define EDU_RAISE     0x60
#define EDU_ACK       0x64
#define EDU_DMA_FROM  0x80 /* 64 bits, like the next two */
#define EDU_DMA_TO    0x88
#define EDU_DMA_SIZE  0x90
#define EDU_DMA_CMD   0x98
#define EDU_DMA_START 0x01 /* reads as set until the transfer is done */
#define EDU_DMA_READ  0x02 /* from the device to memory */
/* The device's own buffer in the space of DMA addresses. */
#define EDU_BUFFER      0x40000
#define EDU_BUFFER_SIZE 4096
/* QEMU 7.2 ends itself at a transfer that touches the buffer's end. */
#define EDU_TRANSFER_MAX 4080

struct edu {
	struct pci pci;
	volatile u8 *bar;
};

/* Finds the device that @args name and enables its memory and DMA. */
void edu_open(struct edu *edu, const struct args *args);
u32 edu_read(const struct edu *edu, unsigned offset);
void edu_write(const struct edu *edu, unsigned offset, u32 value);
void edu_write64(const struct edu *edu, unsigned offset, u64 value);
/* DMA between addresses; @direction: EDU_DMA_READ or 0. Returns when it is done. */
void edu_transfer(const struct edu *edu, u64 from, u64 to, u64 size, u32 direction);

#endif
