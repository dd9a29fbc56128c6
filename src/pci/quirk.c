// SPDX-License-Identifier: GPL-2.0-or-later
#include "pci/quirk.h"

#include <linux/pci_regs.h>

#define CLASS_VGA     0x0300
#define CLASS_DISPLAY 0x03

#define ATI     0x1002
#define NVIDIA  0x10de
#define REALTEK 0x10ec
#define INTEL   0x8086

static bool is_vga(const struct pci_quirk_facts *facts, u16 vendor)
{
	return facts->vendor == vendor && facts->class >> 8 == CLASS_VGA;
}

static bool has_io(const struct pci_quirk_facts *facts, unsigned bar, u64 least)
{
	return facts->bars[bar].flags & PCI_BAR_IO && facts->bars[bar].size >= least;
}

static bool has_memory(const struct pci_quirk_facts *facts, unsigned bar, u64 least)
{
	return !(facts->bars[bar].flags & PCI_BAR_IO) && facts->bars[bar].size >= least;
}

static bool is_bonaire_or_hawaii(u16 device)
{
	static const u16 devices[] = {
		/* Bonaire */
		0x6649,
		0x6650,
		0x6651,
		0x6658,
		0x665c,
		0x665d,
		/* Hawaii */
		0x67a0,
		0x67a1,
		0x67a2,
		0x67a8,
		0x67a9,
		0x67aa,
		0x67b0,
		0x67b1,
		0x67b8,
		0x67b9,
		0x67ba,
		0x67be,
	};

	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		if (device == devices[i])
			return true;
	return false;
}

#define QUIRK(id, file, name, when, fits, what)                      \
	static bool fits_##file(const struct pci_quirk_facts *facts) \
	{                                                            \
		return fits;                                         \
	}
#include "pci/quirk_table.inc"
#undef QUIRK

static const struct {
	struct pci_quirk quirk;
	bool (*fits)(const struct pci_quirk_facts *facts);
} quirks[PCI_QUIRKS] = {
#define QUIRK(id, file, name, when, fits, what) { { name, PCI_QUIRK_##when, what }, fits_##file },
#include "pci/quirk_table.inc"
#undef QUIRK
};

const struct pci_quirk *pci_quirk(enum pci_quirk_id id)
{
	return &quirks[id].quirk;
}

bool pci_quirk_fits(enum pci_quirk_id id, const struct pci_quirk_facts *facts)
{
	return quirks[id].fits(facts);
}
