/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The address of a PCI function, written [DDDD:]BB:DD.F in hexadecimal. Domains have 16 bits if
 * firmware numbers them, and more if the kernel makes them up (10000:e1:00.0, VMD). Plain values.
 */
#ifndef PCI_ADDR_H
#define PCI_ADDR_H

#include "base/types.h"

struct pci_addr {
	u32 domain;
	u8 bus;
	u8 dev; /* 0 to 31 */
	u8 fn;  /* 0 to 7 */
};

/* Room for the longest address and its NUL. */
#define PCI_ADDR_SIZE 20

/* Reads an address, which must be all of @text. The domain defaults to 0. Returns 0 or -EINVAL. */
int pci_addr_parse(const char *text, struct pci_addr *addr);

/* The function of an address that stands for all of its slot. */
#define PCI_ADDR_WHOLE_SLOT 0xff

/* Reads a slot, [DDDD:]BB:DD; its function is PCI_ADDR_WHOLE_SLOT then. Returns 0 or -EINVAL. */
int pci_addr_parse_slot(const char *text, struct pci_addr *addr);

/* Reads an address at the start of @text. Returns the number of characters it took, or 0. */
unsigned pci_addr_scan(const char *text, struct pci_addr *addr);

/* Writes "0000:01:00.0", always with a domain, of at least four digits. Returns @text. */
char *pci_addr_text(struct pci_addr addr, char text[PCI_ADDR_SIZE]);

/* Compares by domain, bus, device and function: the order in which the kernel lists them. */
int pci_addr_cmp(struct pci_addr a, struct pci_addr b);

static inline bool pci_addr_equal(struct pci_addr a, struct pci_addr b)
{
	return a.domain == b.domain && a.bus == b.bus && a.dev == b.dev && a.fn == b.fn;
}

/* Whether two are functions of one device. */
static inline bool pci_addr_same_slot(struct pci_addr a, struct pci_addr b)
{
	return a.domain == b.domain && a.bus == b.bus && a.dev == b.dev;
}

/* Device and function in one byte, as in a requester id. */
static inline u8 pci_addr_devfn(struct pci_addr addr)
{
	return addr.dev << 3 | addr.fn;
}

/* The requester id within the domain. */
static inline u16 pci_addr_rid(struct pci_addr addr)
{
	return addr.bus << 8 | pci_addr_devfn(addr);
}

#endif
