/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of fuzz-seeds: a seed is made in seed_bytes, and then saved. */
#ifndef FUZZ_SEEDS_H
#define FUZZ_SEEDS_H

#include <stddef.h>

#include "base/bytes.h"

#define SEED_MAX (64 * 1024)

extern u8 seed_bytes[SEED_MAX];

/* Writes the first @size bytes to DIRECTORY/TARGET/NAME, and clears all of them. */
void seed_save(const char *directory, const char *target, const char *name, size_t size);
/* A config space with a PCIe capability, for a port or a card. */
void seed_config(u8 type, u16 ext_cap);
/* A step of ten bytes at @at: what to do, the size less one, an address, a value. Returns its end.
 */
u32 seed_step(u32 at, u8 kind, u8 size, u32 address, u32 value);

void seeds_of_board(const char *directory);
void seeds_of_cards(const char *directory);
void seeds_of_disks(const char *directory);

#endif
