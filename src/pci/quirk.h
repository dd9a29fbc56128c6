/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which devices need more from a monitor than plain VFIO, and what: cards with back doors through
 * which a guest sees the host's config space or addresses, and devices whose resets, ROMs or
 * capabilities must be different in a guest. Pure; vm/vfio/quirks implements the quirks. The head
 * of quirk_table.inc says how to add one.
 */
#ifndef PCI_QUIRK_H
#define PCI_QUIRK_H

#include "pci/addr.h"
#include "pci/bar.h"
#include "pci/caps.h"

enum pci_quirk_id {
#define QUIRK(id, file, name, when, fits, what) PCI_QUIRK_##id,
#include "pci/quirk_table.inc"
#undef QUIRK
	PCI_QUIRKS,
};

/* When a quirk is applied to a device that it fits. */
enum pci_quirk_when {
	PCI_QUIRK_ALWAYS,
	PCI_QUIRK_WITH_VGA,    /* with vga=on */
	PCI_QUIRK_WITH_OPTION, /* with an option of its own */
};

struct pci_quirk {
	const char *name; /* "nvidia-mirror", for messages and tests */
	enum pci_quirk_when when;
	const char *what; /* one sentence without a full stop, for the device's user */
};

struct pci_quirk_facts {
	struct pci_addr addr; /* on the host */
	u16 vendor, device;
	u32 class;                  /* 24 bits */
	const struct pci_bar *bars; /* PCI_REGIONS of them */
	const u8 *config;           /* as pci_config_collect() reads it; NULL: not known */
	unsigned config_size;
};

const struct pci_quirk *pci_quirk(enum pci_quirk_id id);

/* Whether the quirk fits such a device. */
bool pci_quirk_fits(enum pci_quirk_id id, const struct pci_quirk_facts *facts);

#endif
