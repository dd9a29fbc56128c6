/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the verdict files; private to them. */
#ifndef PCI_ROM_VERDICT_INTERNAL_H
#define PCI_ROM_VERDICT_INTERNAL_H

#include "pci/rom/rom_internal.h"
#include "pci/rom/verdict.h"

/*
 * One image as SeaBIOS and edk2 both see it: they use the length and the last-image bit of PCIR,
 * never those of NPDE.
 */
struct view {
	u32 at;
	u32 pcir;
	u32 length;
	u8 code;
	bool last;
};

void verdict_say(struct rom_verdict *verdict, const char *fmt, ...) PRINTF(2, 3);

/*
 * Clears the verdict. Returns false, with the reason in it, if @consumer rejects the start of the
 * ROM.
 */
bool verdict_starts_well(const struct rom *rom, const char *consumer, struct rom_verdict *verdict);

/* Reads the image at @at. Returns false if there is none. */
bool verdict_view(const struct rom *rom, u32 at, struct view *view);

/* Gets what the ROM reader knows of an image that a consumer reaches. */
void verdict_look_at(const struct rom *rom, u32 at, struct rom_image *image);

/*
 * The offset of an image of @code, after the first image, that no walk reached; 0 if there is none.
 */
u32 verdict_unreached(const struct rom *rom, enum rom_code code);

/* Sets the verdict for a walk that ended without any image of @code. */
void verdict_say_none(const struct rom *rom, enum rom_code code, struct rom_verdict *verdict);

#endif
