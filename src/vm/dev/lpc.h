/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The LPC bridge 00:1F.0 (Intel ICH9, document 316972, 13.1): it maps the power management block,
 * routes the PCI interrupt lines and contains the chipset's register block (RCRB).
 *
 * The interrupt lines PIRQA to PIRQH are connected to GSIs 16 to 23. While a line's route register
 * names an ISA interrupt (bit 7 clear), the line is connected to that one instead, for firmware and
 * the PICs. Operating systems that use the I/O APIC turn these routes off through ACPI's link
 * devices.
 *
 * The lock of the PCI hierarchy guards it.
 */
#ifndef VM_DEV_LPC_H
#define VM_DEV_LPC_H

#include "vm/dev/pm.h"
#include "vm/pci/pci_bus.h"

#define LPC_DEVFN     PCI_DEVFN_OF(31, 0)
#define LPC_PMBASE    0x40
#define LPC_ACPI_CNTL 0x44
#define LPC_ACPI_EN   0x80
#define LPC_PIRQ_A    0x60 /* to D */
#define LPC_PIRQ_E    0x68 /* to H */
#define LPC_GEN_PMCON 0xa0
#define LPC_SMI_LOCK  0x10 /* of its first byte */
#define LPC_RCBA      0xf0
#define LPC_RCRB_SIZE 0x4000
#define LPC_FIRST_GSI 16

struct lpc {
	struct pci_dev dev;
	struct pci_host *host;
	struct pm *pm;
	struct bus_region rcrb;
	bool rcrb_on;
	u16 pm_base; /* where @pm is mapped; 0: it is not mapped */
	u8 rcrb_regs[LPC_RCRB_SIZE];
};

/* Joins the root bus of @host and sets the routing of its INTx pins. */
int lpc_open(struct lpc *lpc, struct pci_host *host, struct pm *pm, struct err *err);
void lpc_close(struct lpc *lpc);

/*
 * The line (0 for PIRQA to 7 for PIRQH) to which a pin (0 to 3) of a device on the root bus is
 * connected.
 */
unsigned lpc_pirq(unsigned device, unsigned pin);

#endif
