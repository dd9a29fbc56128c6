/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory that only processors in system management mode (SMM) see, and the registers of the
 * host bridge that say where it is (Intel document 316966, 5.1.25 and 5.1.26):
 *
 * - SMRAM (9Dh) shows RAM at A0000h to SMM; or at FEDA0000h, if ESMRAMC says so.
 * - ESMRAMC (9Eh) hides TSEG, the top of the RAM below 4 GiB, from all but SMM. It has 1, 2 or
 *   8 MiB, or the size that EXT_TSEG (50h) reports after FFFFh was written to it.
 * - SMBASE (9Ch) hides 30000h to 4FFFFh, where processors start in SMM before they have been given
 *   a place in TSEG. It reads 1 after FFh was written to it; writing 2 then hides and locks it.
 *
 * EXT_TSEG and SMBASE are QEMU's additions, which edk2 uses. SMRAM.D_LCK makes all these registers
 * read-only until a reset. SMRAM.D_CLS has no effect: KVM does not tell code from data.
 *
 * What is hidden reads as FFh and ignores writes, and devices do not reach it by DMA, because in
 * the normal view of the memory map there is nothing.
 *
 * Embedded in struct mch. The lock of the PCI hierarchy guards it.
 */
#ifndef VM_PCI_SMRAM_H
#define VM_PCI_SMRAM_H

#include "vm/mem/ram.h"
#include "vm/pci/pci_dev.h"

#define SMRAM_EXT_TSEG 0x50 /* 16 bits, MiB */
#define SMRAM_SMBASE   0x9c
#define SMRAM_CONTROL  0x9d
#define SMRAM_ESMRAMC  0x9e

#define SMRAM_EXT_TSEG_QUERY 0xffff
#define SMRAM_EXT_TSEG_MIB   (RAM_TSEG_MAX / MIB)

#define SMRAM_SMBASE_QUERY 0xff
#define SMRAM_SMBASE_FREE  0x01
#define SMRAM_SMBASE_LOCK  0x02

/* Bits of the register at 9Dh. */
#define SMRAM_D_OPEN   0x40 /* shows A0000h outside of SMM, too */
#define SMRAM_D_CLS    0x20
#define SMRAM_D_LCK    0x10
#define SMRAM_G_SMRAME 0x08 /* without it nothing is shown or hidden */
#define SMRAM_BASE     0x02 /* read-only: A0000h */

/* Bits of ESMRAMC. */
#define SMRAM_H_SMRAME  0x80
#define SMRAM_CACHES    0x38 /* read-only */
#define SMRAM_TSEG_SIZE 0x06
#define SMRAM_T_EN      0x01

struct smram {
	struct pci_dev *dev; /* the host bridge; NULL: the machine has no SMM */
	struct mem *mem;
	const struct ram *ram;
	/* In the memory map while their sizes are not 0. */
	struct mem_region tseg;
	struct mem_region smbase;
	struct mem_region low;
};

/*
 * Sets the registers of @dev to their values after a reset; the caller seals it. @mem has a view
 * for SMM. All three outlive @smram.
 */
void smram_open(struct smram *smram, struct pci_dev *dev, struct mem *mem, const struct ram *ram);
/* These are safe on a zeroed struct, and do nothing there. */
void smram_close(struct smram *smram);
/* @dev has been reset. */
void smram_reset(struct smram *smram);

/* Whether D_LCK forbids this write of config space. */
bool smram_locks(const struct smram *smram, u16 offset, unsigned size);
/* A write of config space that is not forbidden; registers of others are ignored. */
void smram_config_write(struct smram *smram, u16 offset, unsigned size, u32 value);

#endif
