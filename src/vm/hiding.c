// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/hiding.h"

#include <linux/pci_regs.h>
#include <string.h>

#include "base/bytes.h"
#include "base/log.h"
#include "pci/names.h"

#define VENDOR_NVIDIA 0x10de
#define CLASS_VGA     0x0300
#define CLASS_3D      0x0302

bool hiding_is_for(u16 vendor, u16 class, const char *name)
{
	if (vendor != VENDOR_NVIDIA || (class != CLASS_VGA && class != CLASS_3D))
		return false;
	if (strstr(name, "GeForce") || strstr(name, "TITAN"))
		return true;
	/*
	 * The database gives a marketing name in brackets; a device without one, such as "Device
	 * 2c05", is not named yet.
	 */
	return class == CLASS_VGA && !strchr(name, '[');
}

static bool card_wants(const struct vfio_pci *card, struct pci_names *names)
{
	const u8 *config = card->config.physical;
	u16 vendor = get_le16(config + PCI_VENDOR_ID);
	char name[PCI_NAME_SIZE];

	if (vendor != VENDOR_NVIDIA || !names)
		return false;
	pci_names_device(names, vendor, get_le16(config + PCI_DEVICE_ID), name);
	if (!hiding_is_for(vendor, get_le16(config + PCI_CLASS_DEVICE), name))
		return false;
	log_info("%s, %s: the guest does not see KVM, which some of its drivers do not stand "
		 "(--hide-hypervisor off shows it)",
		card->name, name);
	return true;
}

bool hiding_choose(const struct machine_config *config, const struct assigned *assigned)
{
	struct pci_names *names;
	bool hide = false;

	if (config->hiding != HIDING_AUTO)
		return config->hiding == HIDING_ON;
	if (!assigned->assign.nr_devices)
		return false;
	names = pci_names_open();
	for (unsigned i = 0; i < assigned->assign.nr_devices && !hide; i++)
		hide = card_wants(assigned->assign.devices[i], names);
	pci_names_close(names);
	return hide;
}
