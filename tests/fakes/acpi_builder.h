/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds ACPI tables for the tests. The table's bytes are zero before. */
#ifndef ACPI_MAKE_H
#define ACPI_MAKE_H

#include "base/types.h"

/* Puts the header before what is there, with the sum over @size bytes right. */
void make_acpi_header(u8 *table, const char *signature, u32 size);

/* A ROM of @size bytes @fill for bus:00.0 of vendor 1002. Returns the offset behind it. */
u32 make_vfct_record(u8 *table, u32 at, u8 bus, u16 device, u32 size, u8 fill);

/*
 * A unit for everything, and a region for two devices of which one is behind a bridge. Returns
 * the size; the header is still to be made.
 */
u32 make_dmar(u8 *table);

/* An IVHD of type 40h with each kind of entry, and an IVMD of a range. Returns as make_dmar(). */
u32 make_ivrs(u8 *table);

#endif
