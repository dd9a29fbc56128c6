/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds ACPI tables for the tests. The caller zeroes the table's bytes first. */
#ifndef ACPI_MAKE_H
#define ACPI_MAKE_H

#include "base/types.h"

/* Writes the header at the start of @table, with a correct checksum over @size bytes. */
void make_acpi_header(u8 *table, const char *signature, u32 size);

/*
 * Writes a record with a ROM of @size bytes @fill for bus:00.0 of vendor 1002. Returns the offset
 * after it.
 */
u32 make_vfct_record(u8 *table, u32 at, u8 bus, u16 device, u32 size, u8 fill);

/*
 * Writes a remapping unit for all devices, and a reserved region for two devices of which one is
 * behind a bridge. Returns the size; the caller adds the header.
 */
u32 make_dmar(u8 *table);

/*
 * Writes an IVHD of type 40h with each kind of entry, and an IVMD of a range. Returns as
 * make_dmar().
 */
u32 make_ivrs(u8 *table);

#endif
