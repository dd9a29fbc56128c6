/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds a bzImage for the tests. */
#ifndef BZIMAGE_MAKE_H
#define BZIMAGE_MAKE_H

#include "base/types.h"

#define BZIMAGE_SETUP (5 * 512) /* the offset of the protected-mode part */
#define BZIMAGE_PROT  0x5000    /* its size */
#define BZIMAGE_SIZE  (BZIMAGE_SETUP + BZIMAGE_PROT)

/*
 * Fills BZIMAGE_SIZE bytes with a relocatable 64-bit kernel, whose preferred address is 1000000h,
 * which needs 8 MiB and accepts a command line of 100 characters.
 */
void make_bzimage(u8 *image);

#endif
