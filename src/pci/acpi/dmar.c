// SPDX-License-Identifier: GPL-2.0-or-later
#include "pci/acpi/dmar.h"

#include <errno.h>

#include "base/bytes.h"

#define DMAR_WIDTH   36
#define DMAR_FLAGS   37
#define DMAR_ENTRIES 48
#define ENTRY_HEADER 4
#define SCOPE_HEADER 6

int dmar_read(struct dmar *dmar, const void *bytes, size_t size)
{
	struct acpi_table table;

	*dmar = (struct dmar){ 0 };
	if (acpi_table(&table, bytes, size, "DMAR") || table.size < DMAR_ENTRIES)
		return -EINVAL;
	dmar->address_width = table.bytes[DMAR_WIDTH] + 1;
	dmar->flags = table.bytes[DMAR_FLAGS];
	dmar->entries = acpi_walk(&table, DMAR_ENTRIES);
	return 0;
}

/* The offset of the device scopes in an entry, by type; 0 if the type has none. */
static size_t scopes_offset(u16 type)
{
	switch (type) {
	case DMAR_DRHD:
		return 16;
	case DMAR_RMRR:
		return 24;
	case DMAR_ATSR:
	case DMAR_SATC:
	case DMAR_SIDP:
		return 8;
	}
	return 0;
}

bool dmar_next(struct dmar *dmar, struct dmar_entry *entry)
{
	struct acpi_walk *walk = &dmar->entries;
	size_t scopes, length;
	const u8 *e;

	if (!acpi_left(walk, ENTRY_HEADER))
		return false;
	scopes = scopes_offset(get_le16(walk->at));
	length = get_le16(walk->at + 2);
	e = acpi_take(walk, length, scopes ? scopes : ENTRY_HEADER);
	if (!e)
		return false;
	*entry = (struct dmar_entry){ .type = get_le16(e) };
	if (!scopes)
		return true;
	entry->scopes = (struct acpi_walk){ e + scopes, e + length, false };
	entry->segment = get_le16(e + 6);
	if (entry->type != DMAR_RMRR)
		entry->flags = e[4];
	if (entry->type == DMAR_DRHD || entry->type == DMAR_RMRR)
		entry->base = get_le64(e + 8);
	if (entry->type == DMAR_RMRR)
		entry->limit = get_le64(e + 16);
	return true;
}

bool dmar_scope_next(struct dmar_entry *entry, struct dmar_scope *scope)
{
	struct acpi_walk *walk = &entry->scopes;
	size_t length;
	const u8 *s;

	if (!acpi_left(walk, SCOPE_HEADER))
		return false;
	length = walk->at[1];
	s = acpi_take(walk, length, SCOPE_HEADER + 2);
	if (!s)
		return false;
	*scope = (struct dmar_scope){ .type = s[0], .enumeration_id = s[4], .bus = s[5] };
	for (size_t at = SCOPE_HEADER; at + 2 <= length; at += 2) {
		if (scope->path_length == DMAR_MAX_PATH) {
			walk->broken = true;
			return false;
		}
		scope->path[scope->path_length].dev = s[at];
		scope->path[scope->path_length++].fn = s[at + 1];
	}
	return true;
}
