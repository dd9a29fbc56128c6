// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/slots.h"

#include <errno.h>

static bool same_slot(struct pci_addr a, struct pci_addr b)
{
	a.fn = b.fn = 0;
	return pci_addr_equal(a, b);
}

static int check_unique(const struct pci_addr *addrs, unsigned nr, struct err *err)
{
	char text[PCI_ADDR_SIZE];

	for (unsigned i = 0; i < nr; i++)
		for (unsigned k = 0; k < i; k++)
			if (pci_addr_equal(addrs[i], addrs[k]))
				return err_set(err, EEXIST, "%s: the device is named twice",
					pci_addr_text(addrs[i], text));
	return 0;
}

static struct vfio_place place_of(const struct pci_addr *addrs, unsigned nr,
	const struct vfio_place *before, unsigned i, unsigned *nr_slots)
{
	struct vfio_place place = { .slot = *nr_slots };
	unsigned others = 0, lower = 0;
	bool has_zero = false;

	for (unsigned k = 0; k < nr; k++) {
		if (!same_slot(addrs[i], addrs[k]))
			continue;
		others += k != i;
		lower += addrs[k].fn < addrs[i].fn;
		has_zero |= addrs[k].fn == 0;
		if (k < i)
			place.slot = before[k].slot;
	}
	if (place.slot == *nr_slots)
		(*nr_slots)++;
	place.fn = has_zero ? addrs[i].fn : (u8)lower;
	place.multifunction = others > 0;
	return place;
}

int vfio_slots_place(
	const struct pci_addr *addrs, unsigned nr, struct vfio_place *places, struct err *err)
{
	unsigned nr_slots = 0;
	int ret = check_unique(addrs, nr, err);

	for (unsigned i = 0; i < nr && !ret; i++)
		places[i] = place_of(addrs, nr, places, i, &nr_slots);
	return ret ? ret : (int)nr_slots;
}
