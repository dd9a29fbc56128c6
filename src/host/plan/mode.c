// SPDX-License-Identifier: GPL-2.0-or-later
/* How a graphics card can be initialised in a guest, depending on its ROM. */
#include "host/facts/vga.h"
#include "host/plan/plan_internal.h"

static const struct plan_rom *find_rom(const struct plan_facts *facts, unsigned dev)
{
	for (unsigned i = 0; i < facts->nr_roms; i++)
		if (facts->roms[i].dev == dev)
			return &facts->roms[i];
	return NULL;
}

static void choose(struct plan *plan, struct plan_boot *boot, const struct plan_rom *rom, bool vga)
{
	if (!boot->rom_known) {
		boot->mode = PLAN_MODE_UNKNOWN;
		boot->why = plan_text(plan, "the ROM is not known: %s",
			rom ? rom->unknown : "it was not looked at");
	} else if (boot->efi) {
		boot->mode = PLAN_MODE_UEFI;
		boot->why = plan_text(plan, "%s", rom->why_efi);
	} else if (boot->bios && vga) {
		boot->mode = PLAN_MODE_BIOS;
		boot->why = plan_text(plan, "no UEFI: %s", rom->why_efi);
	} else {
		boot->mode = PLAN_MODE_SECONDARY;
		boot->why = plan_text(plan, "no UEFI: %s; no BIOS: %s", rom->why_efi,
			vga ? rom->why_bios : "it is no VGA controller");
	}
}

static void refuse(
	struct plan *plan, const struct plan_boot *boot, const struct plan_rom *rom, bool vga)
{
	const char *why = boot->mode == PLAN_MODE_UEFI ? rom->why_efi
			  : vga                        ? rom->why_bios
						       : "it is no VGA controller";

	plan_add_objection(plan,
		(struct plan_objection){
			.kind = PLAN_ROM_MODE,
			.device = boot->device,
			.text = plan_text(plan, "%s cannot be a guest's %s display: %s",
				boot->device, plan_mode_name(boot->mode), why),
			.help = "Another ROM file may allow it (`tenon rom FILE` tells), or let "
				"the guest's own driver start the card: --for secondary.",
			.forceable = true,
		});
}

static void take(struct plan *plan, struct plan_boot *boot, const struct plan_rom *rom, bool vga)
{
	if (boot->mode == PLAN_MODE_SECONDARY)
		boot->why = "the guest's first screen is another, and its own driver starts the "
			    "card; no ROM is needed";
	else if (!boot->rom_known)
		boot->why = plan_text(plan, "as asked; the ROM is not known: %s",
			rom ? rom->unknown : "it was not looked at");
	else if (boot->mode == PLAN_MODE_UEFI)
		boot->why = plan_text(plan, "%s", rom->why_efi);
	else
		boot->why = plan_text(plan, "%s", rom->why_bios);
	if (!boot->rom_known)
		return;
	if ((boot->mode == PLAN_MODE_UEFI && !boot->efi) ||
		(boot->mode == PLAN_MODE_BIOS && !(boot->bios && vga)))
		refuse(plan, boot, rom, vga);
}

void plan_boot_modes(
	struct plan *plan, const struct plan_facts *facts, const struct plan_request *request)
{
	for (unsigned i = 0; i < plan->nr_devices; i++) {
		const struct host_dev *dev = &facts->host->devs[plan->devices[i].dev];
		const struct plan_rom *rom = find_rom(facts, plan->devices[i].dev);
		struct plan_boot boot = {
			.device = plan->devices[i].name,
			.mode = request->mode,
			.rom_known = rom && rom->known,
			.bios = rom && rom->known && rom->bios,
			.efi = rom && rom->known && rom->efi,
		};

		if (!host_is_gpu(dev))
			continue;
		if (request->mode == PLAN_MODE_AUTO)
			choose(plan, &boot, rom, vga_is_card(dev));
		else
			take(plan, &boot, rom, vga_is_card(dev));
		plan_add_boot(plan, boot);
	}
}
