/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verdicts share. Not for others. */
#ifndef PCI_ROM_VERDICT_INTERNAL_H
#define PCI_ROM_VERDICT_INTERNAL_H

#include "pci/rom/rom_internal.h"
#include "pci/rom/verdict.h"

/* The consumers' common view of one image; they use PCIR's length and last, never NPDE's. */
struct view {
	u32 at;
	u32 pcir;
	u32 length;
	u8 code;
	bool last;
};

void verdict_say(struct rom_verdict *verdict, const char *fmt, ...) PRINTF(2, 3);

/* Clears the verdict. False, and why, where @consumer does not get past the very start. */
bool verdict_starts_well(const struct rom *rom, const char *consumer, struct rom_verdict *verdict);

/* The image at @at. False: none is there. */
bool verdict_view(const struct rom *rom, u32 at, struct view *view);

/* What the reader knows of an image that a consumer comes to. */
void verdict_look_at(const struct rom *rom, u32 at, struct rom_image *image);

/* Where an image of @code is that no walk came to, behind the first; 0: nowhere. */
u32 verdict_unreached(const struct rom *rom, enum rom_code code);

/* For a walk that came to an end without any image of @code. */
void verdict_say_none(const struct rom *rom, enum rom_code code, struct rom_verdict *verdict);

#endif
