// SPDX-License-Identifier: GPL-2.0-or-later
/* The keys in a variable store: any bytes give numbers and names within their limits. */
#include "vm/boot/secure_boot_keys.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct secure_boot_keys keys;
	u8 *bytes = malloc(size ? size : 1); /* so that a read beyond the end is found */
	int ret;

	CLAIM(bytes);
	memcpy(bytes, data, size);
	ret = secure_boot_keys_read(&keys, bytes, size);
	CLAIM(!ret || (!keys.nr_certs && secure_boot_keys_lack(&keys)));
	CLAIM(keys.nr_certs <= SECURE_BOOT_CERTS_MAX);
	for (unsigned i = 0; i < keys.nr_certs; i++) {
		const char *name = keys.certs[i].name;

		CLAIM(keys.certs[i].list < SECURE_BOOT_NR_LISTS);
		CLAIM(*name && strlen(name) < SECURE_BOOT_NAME_MAX);
		for (; *name; name++)
			CLAIM(*name >= ' ' && *name < 0x7f);
	}
	free(bytes);
	return 0;
}
