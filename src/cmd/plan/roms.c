// SPDX-License-Identifier: GPL-2.0-or-later
/* The facts that a plan needs about a card's ROM. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/plan/plan.h"
#include "cmd/source/rom_source.h"
#include "host/groups/verdict.h"

/*
 * Reading a ROM enables memory decoding and the ROM for a moment. That may disturb a driver or a
 * guest that uses the card, because a card may then decode its ROM instead of a BAR.
 */
static bool may_read(const struct planning *planning, unsigned index, struct plan_rom *rom)
{
	const struct host_dev *dev = &planning->view.host.devs[index];
	char addr[PCI_ADDR_SIZE];

	if (planning->view.sysroot.fd < 0) {
		snprintf(rom->unknown, sizeof(rom->unknown), "the text of an lspci has none");
		return false;
	}
	if (!planning->view.sysroot.running)
		return true;
	if (uses_next(&planning->uses, index, USE_GUEST, NULL)) {
		snprintf(rom->unknown, sizeof(rom->unknown), "a guest has the card");
		return false;
	}
	if (!dev->driver || verdict_is_vfio(dev->driver))
		return true;
	snprintf(rom->unknown, sizeof(rom->unknown),
		"it is not read while %s works with the card (`tenon rom %s` reads it)",
		dev->driver, pci_addr_text(dev->addr, addr));
	return false;
}

static void read_rom(const struct planning *planning, struct plan_rom *rom)
{
	const struct host_dev *dev = &planning->view.host.devs[rom->dev];
	struct rom_verdict bios, efi;
	struct rom_source source;
	char addr[PCI_ADDR_SIZE];
	struct err err = { 0 };

	if (!may_read(planning, rom->dev, rom))
		return;
	if (rom_source_open(&source, &planning->view.sysroot, pci_addr_text(dev->addr, addr), false,
		    &err)) {
		snprintf(rom->unknown, sizeof(rom->unknown), "%.250s", err.text);
	} else {
		rom_verdict_bios(&source.rom, &source.target, &bios);
		rom_verdict_efi(&source.rom, ROM_MACHINE_X64, &efi);
		rom->known = true;
		rom->bios = bios.boots;
		rom->efi = efi.boots;
		snprintf(rom->why_bios, sizeof(rom->why_bios), "%s", bios.why);
		snprintf(rom->why_efi, sizeof(rom->why_efi), "%s", efi.why);
	}
	rom_source_close(&source);
}

int planning_read_roms(struct planning *planning, const struct plan_request *request)
{
	planning->roms = calloc(request->count + 1, sizeof(*planning->roms));
	if (!planning->roms)
		return -ENOMEM;
	for (unsigned i = 0; i < request->count; i++) {
		int dev = host_find(&planning->view.host, request->devices[i]);

		if (dev == HOST_NONE || !host_is_gpu(&planning->view.host.devs[dev]))
			continue;
		planning->roms[planning->nr_roms] = (struct plan_rom){ .dev = dev };
		read_rom(planning, &planning->roms[planning->nr_roms++]);
	}
	return 0;
}
