/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One firmware descriptor file (firmware.json of QEMU's interoperability documents): what tenon
 * needs to know of the firmware, and whether its machine can run it. Bytes in, facts out.
 */
#ifndef VM_BOOT_FIRMWARE_DESCRIPTOR_H
#define VM_BOOT_FIRMWARE_DESCRIPTOR_H

#include "base/err.h"
#include "base/types.h"

/* A descriptor is 1 or 2 KiB long. */
#define FIRMWARE_DESCRIPTOR_MAX (64 * KIB)

struct firmware_descriptor {
	bool uefi, bios; /* the interfaces that the firmware offers */
	char *code;
	char *vars;  /* the template; NULL: it keeps no variables */
	char *unfit; /* why this machine cannot run it; NULL: it can */
	bool secure_boot;
	bool requires_smm;  /* only a machine with SMM can run it */
	bool enrolled_keys; /* the template has keys for Secure Boot */
};

/*
 * Parses @text, @size bytes. Returns -EINVAL, with the reason in @err, if it is not a descriptor.
 * Call firmware_descriptor_free() in both cases.
 */
int firmware_descriptor_parse(
	struct firmware_descriptor *descriptor, const char *text, size_t size, struct err *err);

/* Safe on a zeroed struct. */
void firmware_descriptor_free(struct firmware_descriptor *descriptor);

#endif
