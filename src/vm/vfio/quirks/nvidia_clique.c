// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GPUDirect: the guest's driver cannot see from the guest's buses which GPUs reach each other, so
 * the user gives GPUs that do the same number. The driver reads it from a vendor-specific
 * capability of eight bytes, which holds the letters P2P and the number. It is appended to the
 * capability list.
 */
#include <errno.h>

#include "base/bytes.h"
#include "vm/vfio/quirks/quirk.h"

#define SIZE      8
#define SHIFT     3 /* position of the number in its byte */
#define MAX_STEPS 48

static const u8 places[] = { 0xc8, 0xd4 };

/* The next pointer of the last capability in the list. */
static u8 *last_link(struct pci_dev *pci)
{
	u8 *link = &pci->config[PCI_CAPABILITY_LIST];

	for (unsigned i = 0; *link && i < MAX_STEPS; i++)
		link = &pci->config[*link + PCI_CAP_LIST_NEXT];
	return link;
}

static void add_capability(struct vfio_pci *vp, u8 at)
{
	u8 number = (u8)((vp->options.clique - 1) << SHIFT);
	const u8 cap[SIZE] = { PCI_CAP_ID_VNDR, 0, SIZE, 'P', '2', 'P', number, 0 };

	memcpy(vp->pci.config + at, cap, SIZE);
	memset(vp->pci.writable + at, 0, SIZE);
	memset(vp->config.emulated + at, 0xff, SIZE);
	*last_link(&vp->pci) = at;
	vp->pci.config[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
}

static int open_clique(struct vfio_quirk *quirk, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (!vfio_quirk_config_is_free(quirk->vp, places[i], SIZE))
			continue;
		add_capability(quirk->vp, places[i]);
		return 0;
	}
	return err_set(err, ENOSPC, "the card has capabilities of its own at both places for it");
}

static bool wants_clique(const struct vfio_pci *vp)
{
	return vp->options.clique;
}

static int refuse_clique(const struct vfio_pci *vp, struct err *err)
{
	return vp->options.clique ? err_set(err, EINVAL,
					    "clique= is for graphics cards of NVIDIA with quirks "
					    "on, which this is not")
				  : 0;
}

const struct vfio_quirk_ops vfio_quirk_nvidia_clique = {
	.wanted = wants_clique,
	.absent = refuse_clique,
	.size = sizeof(struct vfio_quirk),
	.open = open_clique,
};
