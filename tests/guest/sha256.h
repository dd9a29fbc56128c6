/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256, FIPS 180-4. */
#ifndef GUEST_SHA256_H
#define GUEST_SHA256_H

#include "base/types.h"

struct sha256 {
	u32 state[8];
	u64 length;
	u8 block[64];
};

void sha256_start(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *data, size_t size);
/* Ends the sum and writes it in hexadecimal, with a 0 at the end. */
void sha256_finish(struct sha256 *sha, char text[65]);

#endif
