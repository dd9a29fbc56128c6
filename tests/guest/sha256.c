// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "sha256.h"

/* Section 4.2.2: the first 32 bits of the fractions of the cube roots of the first 64 primes. */
static const u32 constants[64] = { 0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b,
	0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6,
	0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d,
	0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
	0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585,
	0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa,
	0xa4506ceb, 0xbef9a3f7, 0xc67178f2 };

static u32 rotate(u32 x, unsigned n)
{
	return x >> n | x << (32 - n);
}

/* Section 6.2.2, step 1. */
static void schedule(u32 *w, const u8 *block)
{
	for (unsigned t = 0; t < 16; t++)
		w[t] = get_be32(block + 4 * t);
	for (unsigned t = 16; t < 64; t++) {
		u32 a = w[t - 2], b = w[t - 15];
		u32 s1 = rotate(a, 17) ^ rotate(a, 19) ^ a >> 10;
		u32 s0 = rotate(b, 7) ^ rotate(b, 18) ^ b >> 3;

		w[t] = s1 + w[t - 7] + s0 + w[t - 16];
	}
}

/* Step 3 for one t, where the working variables have been renamed instead of moved. */
static inline void round_of(const u32 *v, u32 *d, u32 *h, unsigned t, u32 w)
{
	u32 a = v[-t & 7], b = v[(1 - t) & 7], c = v[(2 - t) & 7];
	u32 e = v[(4 - t) & 7], f = v[(5 - t) & 7], g = v[(6 - t) & 7];
	u32 s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
	u32 s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
	u32 t1 = *h + s1 + (g ^ (e & (f ^ g))) + constants[t] + w;

	*d += t1;
	*h = t1 + s0 + ((a & b) | (c & (a | b)));
}

static void compress(struct sha256 *sha, const u8 *block)
{
	u32 w[64], v[8];

	schedule(w, block);
	memcpy(v, sha->state, sizeof(v));
#pragma GCC unroll 64
	for (unsigned t = 0; t < 64; t++)
		round_of(v, &v[(3 - t) & 7], &v[(7 - t) & 7], t, w[t]);
	for (unsigned i = 0; i < 8; i++)
		sha->state[i] += v[i];
}

void sha256_start(struct sha256 *sha)
{
	static const u32 first[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
		0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

	memcpy(sha->state, first, sizeof(first));
	sha->length = 0;
}

void sha256_add(struct sha256 *sha, const void *data, size_t size)
{
	const u8 *from = data;

	while (size) {
		size_t used = sha->length % 64;
		size_t n = size < 64 - used ? size : 64 - used;

		if (n == 64) {
			compress(sha, from);
		} else {
			memcpy(sha->block + used, from, n);
			if (used + n == 64)
				compress(sha, sha->block);
		}
		sha->length += n;
		from += n;
		size -= n;
	}
}

/* Section 5.1.1: a bit 1, zeros, and the length in bits. */
void sha256_finish(struct sha256 *sha, char text[65])
{
	static const u8 padding[64] = { 0x80 };
	u64 bits = 8 * sha->length;
	u8 length[8];

	for (unsigned i = 0; i < 8; i++)
		length[i] = bits >> (56 - 8 * i);
	sha256_add(sha, padding, 64 - (sha->length + 8) % 64);
	sha256_add(sha, length, sizeof(length));
	for (unsigned i = 0; i < 8; i++)
		snprintf(text + 8 * i, 9, "%08x", sha->state[i]);
}
