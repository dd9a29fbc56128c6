/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The LPC bridge 00:1F.0 (Intel ICH9, document 316972, 13.1): it places the power management
 * block, routes the PCI interrupt lines and holds the chipset's register block (RCRB).
 *
 * An interrupt line PIRQA to PIRQH ends at GSI 16 to 23. While its route register names an
 * ISA interrupt (bit 7 clear), it ends there instead: firmware and the PICs see that one, and
 * operating systems that use the I/O APIC turn the routes off through ACPI's link devices.
 *
 * The hierarchy's lock guards it.
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
#define LPC_RCBA      0xf0
#define LPC_RCRB_SIZE 0x4000
#define LPC_FIRST_GSI 16

struct lpc {
	struct pci_dev dev;
	struct pci_host *host;
	struct pm *pm;
	struct bus_region rcrb;
	bool rcrb_on;
	u16 pm_base; /* where @pm is mapped; 0: nowhere */
	u8 rcrb_regs[LPC_RCRB_SIZE];
};

/* Joins the root bus of @host and tells it the way of INTx. */
int lpc_open(struct lpc *lpc, struct pci_host *host, struct pm *pm, struct err *err);
void lpc_close(struct lpc *lpc);

/* The line, 0 for PIRQA to 7 for PIRQH, of a device's pin (0 to 3) on the root bus. */
unsigned lpc_pirq(unsigned device, unsigned pin);

#endif
