/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One descriptor file of a firmware (firmware.json of QEMU's interoperability documents): what
 * tenon wants to know of it, and whether its machine can start it. Bytes in, facts out.
 */
#ifndef VM_BOOT_FIRMWARE_DESCRIPTOR_H
#define VM_BOOT_FIRMWARE_DESCRIPTOR_H

#include "base/err.h"
#include "base/types.h"

/* A descriptor is 1 or 2 KiB long. */
#define FIRMWARE_DESCRIPTOR_MAX (64 * KIB)

struct firmware_descriptor {
	bool uefi, bios; /* the interfaces that it offers */
	char *code;
	char *vars;  /* the template; NULL: it keeps no variables */
	char *unfit; /* why this machine cannot start it, NULL: it can */
	bool secure_boot;
};

/*
 * @text: @size bytes. -EINVAL with @err saying what is wrong where it is no descriptor. Free it in
 * both cases.
 */
int firmware_descriptor_parse(
	struct firmware_descriptor *descriptor, const char *text, size_t size, struct err *err);

/* Safe on a zeroed struct. */
void firmware_descriptor_free(struct firmware_descriptor *descriptor);

#endif
