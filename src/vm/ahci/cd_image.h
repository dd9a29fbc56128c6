/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks for what is wrong with the image of a CD or DVD, as far as its owner should know before a
 * guest fails with it: a download that was cut off, a file that is no image, a boot record that
 * leads nowhere. Reads four sectors at most, and believes nothing in them.
 *
 * ECMA-119 (ISO 9660), ECMA-167 (UDF), the El Torito specification 1.0.
 */
#ifndef VM_AHCI_CD_IMAGE_H
#define VM_AHCI_CD_IMAGE_H

#include "base/types.h"

#define CD_IMAGE_TEXT 160

/*
 * @size: of the image in @fd, in bytes. Writes one sentence without full stop to @text and returns
 * true, or returns false if nothing is wrong.
 */
bool cd_image_is_odd(int fd, u64 size, char text[CD_IMAGE_TEXT]);

#endif
