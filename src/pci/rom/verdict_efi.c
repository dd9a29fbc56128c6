// SPDX-License-Identifier: GPL-2.0-or-later
/* edk2 (OVMF): how it walks the images, and what it refuses. */
#include "base/bytes.h"
#include "pci/rom/pe.h"
#include "pci/rom/verdict_internal.h"

/* Whether the driver loads, given that the image around it is sound. */
static bool driver_loads(const struct view *view, const struct rom_image *image, u16 machine,
	struct rom_verdict *verdict)
{
	const struct rom_driver *driver = &image->efi.driver;
	const char *name = rom_machine_name(driver->machine);

	if (!driver->read)
		verdict_say(verdict, "the driver of the EFI image at %#x cannot be read", view->at);
	else if (image->hole)
		verdict_say(verdict,
			"nothing of the EFI image at %#x was read from %#x on; read it again",
			view->at, image->hole);
	else if (!driver->loads)
		verdict_say(
			verdict, "the driver of the EFI image at %#x %s", view->at, driver->wrong);
	else if (driver->machine != machine && driver->machine != ROM_MACHINE_EBC)
		verdict_say(verdict,
			"the driver of the EFI image at %#x is for %s (%04xh), whatever the "
			"image's "
			"header says",
			view->at, name ? name : "an unknown machine", driver->machine);
	else if (driver->subsystem != PE_EFI_BOOT_DRIVER &&
		 driver->subsystem != PE_EFI_RUNTIME_DRIVER)
		verdict_say(verdict, "what is in the EFI image at %#x is no driver (subsystem %u)",
			view->at, driver->subsystem);
	else
		verdict->boots = true;
	return verdict->boots;
}

static bool efi_image_loads(
	const struct rom *rom, const struct view *view, u16 machine, struct rom_verdict *verdict)
{
	u16 image_machine = rom_u16(rom, view->at + ROM_HDR_MACHINE);
	u16 subsystem = rom_u16(rom, view->at + ROM_HDR_SUBSYSTEM);
	u32 init = rom_u16(rom, view->at + ROM_HDR_INIT) * ROM_BLOCK;
	const char *name = rom_machine_name(image_machine);
	struct rom_image image;

	if (rom_u32(rom, view->at + ROM_HDR_EFI_SIG) != ROM_EFI_SIG)
		verdict_say(verdict, "the EFI image at %#x lacks the EFI signature", view->at);
	else if (image_machine != machine && image_machine != ROM_MACHINE_EBC)
		verdict_say(verdict, "the EFI image at %#x is for %s (%04xh), the machine is %s",
			view->at, name ? name : "an unknown machine", image_machine,
			rom_machine_name(machine));
	else if (subsystem != 0x0b && subsystem != 0x0c)
		verdict_say(verdict, "the EFI image at %#x is not a driver (subsystem %#x)",
			view->at, subsystem);
	else if (rom_u16(rom, view->at + ROM_HDR_COMPRESSION) > 1)
		verdict_say(
			verdict, "the EFI image at %#x is compressed in an unknown way", view->at);
	else if (init > view->length)
		verdict_say(verdict, "the EFI image at %#x has a header size larger than the image",
			view->at);
	else if (rom_u16(rom, view->at + ROM_HDR_PE) >= init)
		verdict_say(
			verdict, "the driver of the EFI image at %#x lies outside it", view->at);
	else if (!rom_holds(rom, view->at, init))
		verdict_say(verdict, "the EFI image at %#x is cut off by the end of the file",
			view->at);
	else {
		verdict_look_at(rom, view->at, &image);
		driver_loads(view, &image, machine, verdict);
	}
	return verdict->boots;
}

/* edk2 reads the whole BAR, whose size is the power of two that holds the file. */
static u64 bar_size(const struct rom *rom)
{
	u64 size = 2048;

	while (size < rom->size)
		size *= 2;
	return size;
}

/* Returns false if edk2's walk ends before this image. */
static bool efi_view(const struct rom *rom, u32 at, struct view *view, struct rom_verdict *verdict)
{
	u16 pointer = rom_u16(rom, (u64)at + ROM_HDR_PCIR);

	if (!pointer || pointer & 3 || !verdict_view(rom, at, view)) {
		verdict_say(verdict, "OVMF stops at %#x: %s", at,
			pointer & 3 ? "the PCI data structure is not at a multiple of 4"
				    : "no PCI data structure");
		return false;
	}
	if (at + (u64)view->length > bar_size(rom)) {
		verdict_say(verdict, "OVMF stops at %#x: the image is larger than the ROM", at);
		return false;
	}
	if (!view->length) {
		verdict_say(verdict, "OVMF stops at %#x: an image of length 0", at);
		return false;
	}
	return true;
}

/* The state of edk2's walk, and the verdicts so far. */
struct efi_walk {
	bool seen; /* it has seen an EFI image */
	struct rom_verdict native, byte_code, stop;
};

static void visit(
	const struct rom *rom, const struct view *view, u16 machine, struct efi_walk *walk)
{
	u16 image_machine = rom_u16(rom, view->at + ROM_HDR_MACHINE);
	bool byte_code = image_machine == ROM_MACHINE_EBC;
	struct rom_verdict *best = byte_code ? &walk->byte_code : &walk->native;
	struct rom_verdict verdict = { .offset = -1 };

	walk->seen = true;
	if (best->boots)
		return;
	if (efi_image_loads(rom, view, machine, &verdict)) {
		verdict.offset = view->at;
		verdict_say(&verdict, "the EFI image at %#x (%s)", view->at,
			byte_code ? "EFI byte code, which its interpreter runs"
				  : rom_machine_name(machine));
	}
	/* If several do not load, report the reason for the one for this machine. */
	if (verdict.boots || !best->why[0] || image_machine == machine)
		*best = verdict;
}

static void walk_efi(const struct rom *rom, u16 machine, struct efi_walk *walk)
{
	struct view view = { .last = false };

	for (u32 at = 0; at < rom->size && !view.last;) {
		/* After the first image, edk2 skips other data block by block. */
		if (rom_u16(rom, at) != ROM_SIG_PCI) {
			at += ROM_BLOCK;
			continue;
		}
		if (!efi_view(rom, at, &view, &walk->stop))
			return;
		if (view.code == PCIR_CODE_EFI)
			visit(rom, &view, machine, walk);
		at += view.length;
	}
}

void rom_verdict_efi(const struct rom *rom, u16 machine, struct rom_verdict *verdict)
{
	struct efi_walk walk = { .native.offset = -1, .byte_code.offset = -1, .stop.offset = -1 };

	if (!verdict_starts_well(rom, "OVMF", verdict))
		return;
	walk_efi(rom, machine, &walk);
	/* edk2 starts native drivers first, and drivers in byte code if there are none. */
	if (walk.byte_code.boots && !walk.native.boots)
		*verdict = walk.byte_code;
	else if (walk.native.why[0])
		*verdict = walk.native;
	else if (walk.seen)
		*verdict = walk.byte_code;
	else if (walk.stop.why[0] && !verdict_unreached(rom, ROM_CODE_EFI))
		*verdict = walk.stop;
	else
		verdict_say_none(rom, ROM_CODE_EFI, verdict);
}
