// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run/smbios_strings.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/ui/suboptions.h"

#define UUID_TEXT 36 /* "01234567-89ab-cdef-0123-456789abcdef" */

static bool hyphen_at(unsigned i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

static u8 digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

static bool parse_uuid(const char *text, u8 *uuid)
{
	unsigned nr = 0;

	if (strlen(text) != UUID_TEXT)
		return false;
	for (unsigned i = 0; i < UUID_TEXT; i++) {
		if (hyphen_at(i)) {
			if (text[i] != '-')
				return false;
			continue;
		}
		if (!isxdigit((unsigned char)text[i]))
			return false;
		uuid[nr / 2] = uuid[nr / 2] << 4 | digit(text[i]);
		nr++;
	}
	return true;
}

int run_uuid_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;

	if (parse_uuid(value, request->config.smbios_strings.uuid))
		return 0;
	return err_set(err, EINVAL, "--uuid: '%s' is not like 01234567-89ab-cdef-0123-456789abcdef",
		value);
}

bool run_uuid_print(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;
	const u8 *uuid = request->config.smbios_strings.uuid;
	static const u8 none[16];

	if (!memcmp(uuid, none, sizeof(none)))
		return false;
	for (unsigned i = 0; i < sizeof(none); i++)
		fprintf(out, "%s%02x", i >= 4 && i <= 10 && i % 2 == 0 ? "-" : "", uuid[i]);
	return true;
}

/* smbios_build() checks the text when the machine is opened. */
static int apply_text(const char **text, const char *key, const char *value, struct err *err)
{
	if (!value)
		return err_set(err, EINVAL, "%s has no value", key);
	*text = value;
	return 0;
}

static void print_text(const char *text, FILE *out)
{
	if (text)
		fputs(text, out);
}

#define TEXT_FUNCTIONS(key)                                                                 \
	static int apply_##key(void *smbios_strings, char *value, struct err *err)          \
	{                                                                                   \
		return apply_text(                                                          \
			&((struct smbios_strings *)smbios_strings)->key, #key, value, err); \
	}                                                                                   \
	static void print_##key(const void *smbios_strings, FILE *out)                      \
	{                                                                                   \
		print_text(((const struct smbios_strings *)smbios_strings)->key, out);      \
	}

TEXT_FUNCTIONS(manufacturer)
TEXT_FUNCTIONS(product)
TEXT_FUNCTIONS(version)
TEXT_FUNCTIONS(serial)
TEXT_FUNCTIONS(sku)
TEXT_FUNCTIONS(family)
TEXT_FUNCTIONS(bios)

static const struct suboption suboptions[] = {
	{ "manufacturer", apply_manufacturer, print_manufacturer },
	{ "product", apply_product, print_product },
	{ "version", apply_version, print_version },
	{ "serial", apply_serial, print_serial },
	{ "sku", apply_sku, print_sku },
	{ "family", apply_family, print_family },
	{ "bios", apply_bios, print_bios },
	{ NULL },
};

int run_smbios_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;
	struct smbios_strings *smbios_strings = &request->config.smbios_strings;
	struct smbios_strings fresh = { 0 };

	memcpy(fresh.uuid, smbios_strings->uuid, sizeof(fresh.uuid));
	*smbios_strings = fresh;
	return suboptions_apply(suboptions, "--smbios", value, smbios_strings, err);
}

bool run_smbios_print(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return false;
	suboptions_print(suboptions, &request->config.smbios_strings, f);
	fclose(f);
	/* Skip the comma before the first one. */
	if (size)
		fputs(text + 1, out);
	free(text);
	return size != 0;
}
