// SPDX-License-Identifier: GPL-2.0-or-later
/* A firmware's descriptor: any text gives a usable answer or a message. */
#include "vm/boot/firmware_descriptor.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct firmware_descriptor d;
	struct err err = { 0 };
	char *text = malloc(size + 1);
	int ret;

	CLAIM(text);
	memcpy(text, data, size);
	text[size] = '\0'; /* as sysroot_whole() ends it */
	ret = firmware_descriptor_parse(&d, text, size, &err);
	CLAIM(ret == -err.code);
	CLAIM(!ret == !*err.text);
	if (!ret && !d.unfit)
		CLAIM(d.code && d.code[0] == '/');
	if (d.vars)
		CLAIM(d.vars[0] == '/');
	firmware_descriptor_free(&d);
	free(text);
	return 0;
}
