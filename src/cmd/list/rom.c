// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a device's option ROM contains, in one word. Reading a ROM through its BAR touches the
 * device, so that is done only on demand; a captured file and AMD's ACPI table can be read at any
 * time.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/own.h"
#include "cmd/list/list.h"
#include "cmd/source/rom_source.h"

static const char *kind_of(const struct rom *rom)
{
	bool bios = false, efi = false;

	for (unsigned i = 0; i < rom->nr_images; i++) {
		bios |= rom->images[i].code == ROM_CODE_BIOS;
		efi |= rom->images[i].code == ROM_CODE_EFI;
	}
	return bios && efi ? "both" : bios ? "legacy" : efi ? "efi" : NULL;
}

static bool may_read(
	const struct view *view, const struct host_dev *dev, bool has_vfct, bool on_demand)
{
	const struct pci_bar *rom = &dev->bar[PCI_BAR_ROM];
	bool has_bar = rom->size && !(rom->flags & PCI_BAR_SHADOW);

	if (!host_is_assignable(dev))
		return false;
	if (on_demand)
		return host_is_gpu(dev) || has_bar;
	if (!host_is_gpu(dev))
		return false;
	/* A capture has the ROM's file for every device with a ROM BAR. */
	if (view->host.source == HOST_CAPTURED && (has_bar || !host_knows(dev, HOST_ROM)))
		return true;
	return has_vfct && !has_bar;
}

int list_read_roms(struct view *view, bool on_demand)
{
	own_free struct rom_source *source = malloc(sizeof(*source));
	struct err err = { 0 };
	bool has_vfct;

	view->rom = calloc(view->host.count + 1, sizeof(*view->rom));
	if (!source || !view->rom)
		return -ENOMEM;
	if (view->sysroot.fd < 0)
		return 0;
	has_vfct = sysroot_exists(&view->sysroot, ROM_VFCT);
	for (unsigned i = 0; i < view->host.count; i++) {
		const struct host_dev *dev = &view->host.devs[i];
		char addr[PCI_ADDR_SIZE];

		if (!may_read(view, dev, has_vfct, on_demand))
			continue;
		/* `tenon rom` reports the errors; the table does not. */
		if (!rom_source_open(
			    source, &view->sysroot, pci_addr_text(dev->addr, addr), false, &err))
			view->rom[i] = kind_of(&source->rom);
		rom_source_close(source);
	}
	return 0;
}

const char *list_rom(const struct view *view, unsigned index)
{
	const struct host_dev *dev = &view->host.devs[index];
	const struct pci_bar *rom = &dev->bar[PCI_BAR_ROM];

	if (view->rom && view->rom[index])
		return view->rom[index];
	if (!host_knows(dev, HOST_ROM))
		return "unknown";
	if (rom->flags & PCI_BAR_SHADOW)
		return "shadowed";
	return rom->size || rom->flags & PCI_BAR_OFF ? "present" : "none";
}
