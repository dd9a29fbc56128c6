// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/boot/smbios.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "vm/boot/smbios_types.h"

#define VERSION_MAJOR 3
#define VERSION_MINOR 0

#define ANCHOR_SIZE    24
#define ANCHOR_SUM     5
#define ANCHOR_ADDRESS 16 /* u64 */

static void add_anchor(struct smbios *smbios)
{
	struct blob *out = &smbios->anchor;

	blob_add(out, "_SM3_", 5);
	blob_le(out, 1, 0); /* checksum */
	blob_le(out, 1, ANCHOR_SIZE);
	blob_le(out, 1, VERSION_MAJOR);
	blob_le(out, 1, VERSION_MINOR);
	blob_le(out, 1, 0);
	blob_le(out, 1, 1); /* revision of the entry point */
	blob_le(out, 1, 0);
	blob_le(out, 4, smbios->tables.size);
	blob_le(out, 8, 0); /* address */
}

static bool string_is_good(const char *text)
{
	if (!text)
		return true;
	if (strlen(text) > SMBIOS_MAX_STRING)
		return false;
	for (; *text; text++)
		if ((u8)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static int check(const struct smbios_config *c, struct err *err)
{
	const char *strings[] = { c->bios_vendor, c->bios_version, c->bios_date, c->manufacturer,
		c->product, c->version, c->serial, c->sku, c->family, c->cpu_manufacturer,
		c->cpu_version };

	for (unsigned i = 0; i < ARRAY_SIZE(strings); i++)
		if (!string_is_good(strings[i]))
			return err_set(err, EINVAL,
				"a text for SMBIOS is longer than %u bytes or has control "
				"characters",
				SMBIOS_MAX_STRING);
	if (!c->low_ram)
		return err_set(err, EINVAL, "SMBIOS cannot tell of a machine without memory");
	if (!c->sockets || c->sockets > 255 || !c->cores || c->threads < c->cores ||
		c->threads > 0xfffe)
		return err_set(err, EINVAL,
			"SMBIOS cannot tell of %u sockets with %u cores and %u threads", c->sockets,
			c->cores, c->threads);
	return 0;
}

int smbios_build(struct smbios *smbios, const struct smbios_config *config, struct err *err)
{
	struct blob *out = &smbios->tables;
	int ret = check(config, err);

	*smbios = (struct smbios){ 0 };
	if (ret)
		return ret;
	smbios_add_all(out, config);
	add_anchor(smbios);
	if (smbios->tables.failed || smbios->anchor.failed) {
		smbios_free(smbios);
		return err_sys(err, ENOMEM, "cannot make the SMBIOS tables");
	}
	return 0;
}

void smbios_free(struct smbios *smbios)
{
	blob_free(&smbios->anchor);
	blob_free(&smbios->tables);
}

int smbios_place(const struct smbios *smbios, struct mem *mem, struct range area, struct err *err)
{
	u64 tables = round_up(area.start + ANCHOR_SIZE, 16);
	u64 size = tables + smbios->tables.size - area.start;
	u8 *host = NULL;
	u8 sum = 0;

	if (size <= area.size)
		host = mem_ptr(mem, area.start, size);
	if (!host)
		return err_set(err, ENOSPC, "cannot place %llu bytes of SMBIOS tables at 0x%llx",
			(unsigned long long)size, (unsigned long long)area.start);
	memcpy(host + (tables - area.start), smbios->tables.data, smbios->tables.size);
	memcpy(host, smbios->anchor.data, ANCHOR_SIZE);
	put_le64(host + ANCHOR_ADDRESS, tables);
	for (unsigned i = 0; i < ANCHOR_SIZE; i++)
		sum += host[i];
	host[ANCHOR_SUM] -= sum;
	return 0;
}
