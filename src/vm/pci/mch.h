/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host bridge 00:00.0 (Intel Q35 MCH, document 316966) and the two mechanisms for config
 * accesses that it decodes: ports CF8/CFC, and ECAM memory at PCIEXBAR. It embeds the PCI
 * hierarchy.
 *
 * Writes to the PAM registers are stored without effect: all memory below 1 MiB is RAM. In a
 * machine without SMM the same is true of the SMRAM register.
 */
#ifndef VM_PCI_MCH_H
#define VM_PCI_MCH_H

#include "vm/pci/pci_bus.h"
#include "vm/pci/smram.h"

#define MCH_PCIEXBAR       0x60
#define MCH_PAM0           0x90
#define MCH_NR_PAM         7
#define MCH_ECAM_DEFAULT   0xb0000000ull /* firmware's usual choice; off after reset */
#define MCH_ECAM_NEW_OVMF  0xe0000000ull /* the choice of OVMF since edk2 202305 */
#define MCH_ECAM_SIZE      (256 * MIB)
#define MCH_CONFIG_ADDRESS 0xcf8

struct mch {
	struct pci_host host;
	struct pci_dev dev;
	u32 config_address; /* port CF8; protected by host.lock */
	struct bus_region address_ports;
	struct bus_region data_ports;
	struct bus_region ecam;
	bool ecam_on;
	struct smram smram;

	/* Handles byte accesses to port CF9, which lies within CF8's dword; may be NULL. */
	const struct bus_ops *cf9_ops;
	void *cf9_owner;
};

int mch_open(struct mch *mch, struct bus *mmio, struct bus *pio, struct mem *mem, struct irq *irq,
	struct err *err);
/* The machine has SMM: see smram.h. Call it before the guest runs. @ram outlives the host bridge.
 */
void mch_add_smm(struct mch *mch, const struct ram *ram);
/* Nothing may be on the buses any more. */
void mch_close(struct mch *mch);

/* Turns ECAM on at @base, as firmware would. */
void mch_set_ecam(struct mch *mch, u64 base);
/* The current range of ECAM; size 0: off. It begins with bus 0 and has 1 MiB for each bus. */
struct range mch_ecam(struct mch *mch);

#endif
