// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finds matches greedily by hash chains, and writes blocks, each with its own Huffman codes. Codes
 * are limited to 16 bits by flattening the frequencies until they fit.
 */
#include "pci/rom/uefi_compress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/own.h"
#include "pci/rom/uefi_decompress.h"

#define WINDOW        8192
#define MAX_MATCH     256
#define MIN_MATCH     3
#define MAX_CHAIN     256 /* the number of candidates that are tried */
#define HASH_BITS     14
#define BLOCK_SYMBOLS 16384
#define MAX_CODE      16
#define NR_LENGTHS    19
#define NR_SYMBOLS    510
#define NR_POSITIONS  14
#define NONE          0xffffffffu

struct token {
	u16 symbol;
	u16 distance; /* less 1, of a copy */
};

struct code {
	unsigned nr; /* the number of possible symbols */
	u32 frequency[NR_SYMBOLS];
	u8 length[NR_SYMBOLS];
	u16 bits[NR_SYMBOLS];
	int single; /* the only symbol, 0 where there is none at all, else -1 */
};

struct writer {
	u8 *bytes;
	u64 room, at; /* in bits */
	bool full;
};

static void put(struct writer *out, unsigned nr_bits, u32 value)
{
	for (unsigned i = nr_bits; i--; out->at++) {
		if (out->at >= out->room) {
			out->full = true;
			return;
		}
		out->bytes[out->at / 8] |= (value >> i & 1) << (7 - out->at % 8);
	}
}

/*
 * Finds the two trees of least weight that have no parent yet. Quadratic in the number of symbols,
 * of which there are few.
 */
static bool rarest_two(const u32 *weight, const u16 *parent, unsigned nr, unsigned two[2])
{
	two[0] = two[1] = nr;
	for (unsigned i = 0; i < nr; i++) {
		if (!weight[i] || parent[i])
			continue;
		if (two[0] == nr || weight[i] < weight[two[0]]) {
			two[1] = two[0];
			two[0] = i;
		} else if (two[1] == nr || weight[i] < weight[two[1]]) {
			two[1] = i;
		}
	}
	return two[1] < nr;
}

/* Sets the code lengths; returns the longest. */
static unsigned huffman(struct code *code)
{
	u32 weight[2 * NR_SYMBOLS] = { 0 };
	u16 parent[2 * NR_SYMBOLS] = { 0 };
	unsigned nr = code->nr, two[2], longest = 0;

	memcpy(weight, code->frequency, nr * sizeof(*weight));
	while (rarest_two(weight, parent, nr, two)) {
		weight[nr] = weight[two[0]] + weight[two[1]];
		parent[two[0]] = parent[two[1]] = nr++;
	}
	for (unsigned i = 0; i < code->nr; i++) {
		unsigned length = 0;

		for (unsigned at = i; weight[at] && parent[at]; at = parent[at])
			length++;
		code->length[i] = length;
		if (length > longest)
			longest = length;
	}
	return longest;
}

static void assign_bits(struct code *code)
{
	u16 next = 0;

	for (unsigned length = 1; length <= MAX_CODE; length++) {
		for (unsigned i = 0; i < code->nr; i++)
			if (code->length[i] == length)
				code->bits[i] = next++;
		next <<= 1;
	}
}

static void make_code(struct code *code)
{
	unsigned used = 0;

	code->single = 0;
	for (unsigned i = 0; i < code->nr; i++) {
		if (!code->frequency[i])
			continue;
		used++;
		code->single = i;
	}
	memset(code->length, 0, sizeof(code->length));
	if (used < 2)
		return;
	code->single = -1;
	while (huffman(code) > MAX_CODE)
		for (unsigned i = 0; i < code->nr; i++)
			code->frequency[i] = (code->frequency[i] + 1) / 2;
	assign_bits(code);
}

static void put_symbol(struct writer *out, const struct code *code, unsigned symbol)
{
	put(out, code->length[symbol], code->bits[symbol]);
}

static unsigned nr_lengths(const struct code *code)
{
	unsigned nr = code->nr;

	while (nr && !code->length[nr - 1])
		nr--;
	return nr;
}

/* @zeros_after: after so many lengths, two bits give a number of zeros; 0: never. */
static void put_lengths(
	struct writer *out, const struct code *code, unsigned nr_bits, unsigned zeros_after)
{
	unsigned nr = nr_lengths(code), i = 0;

	put(out, nr_bits, code->single < 0 ? nr : 0);
	if (code->single >= 0) {
		put(out, nr_bits, code->single);
		return;
	}
	while (i < nr) {
		u8 length = code->length[i++];

		if (length < 7)
			put(out, 3, length);
		else
			put(out, length - 3, (1u << (length - 3)) - 2);
		if (i == zeros_after) {
			unsigned zeros = 0;

			while (zeros < 3 && i < nr && !code->length[i]) {
				zeros++;
				i++;
			}
			put(out, 2, zeros);
		}
	}
}

/* One item of the encoded code lengths: a length, or a run of zeros. */
struct run {
	u8 symbol;   /* the symbol in the code that encodes lengths */
	u8 nr_extra; /* bits that follow */
	u16 extra;
};

static struct run next_run(const struct code *symbols, unsigned nr, unsigned *at)
{
	unsigned zeros = 0;

	if (symbols->length[*at])
		return (struct run){ symbols->length[(*at)++] + 2, 0, 0 };
	while (*at + zeros < nr && !symbols->length[*at + zeros])
		zeros++;
	if (zeros < 3) {
		(*at)++;
		return (struct run){ 0, 0, 0 };
	}
	if (zeros < 20) {
		zeros = zeros > 18 ? 18 : zeros;
		*at += zeros;
		return (struct run){ 1, 4, zeros - 3 };
	}
	*at += zeros;
	return (struct run){ 2, 9, zeros - 20 };
}

static void put_symbols_code(struct writer *out, const struct code *symbols)
{
	struct code lengths = { .nr = NR_LENGTHS };
	unsigned nr = nr_lengths(symbols);

	for (unsigned at = 0; at < nr;)
		lengths.frequency[next_run(symbols, nr, &at).symbol]++;
	make_code(&lengths);
	put_lengths(out, &lengths, 5, 3);
	put(out, 9, symbols->single < 0 ? nr : 0);
	if (symbols->single >= 0) {
		put(out, 9, symbols->single);
		return;
	}
	for (unsigned at = 0; at < nr;) {
		struct run run = next_run(symbols, nr, &at);

		put_symbol(out, &lengths, run.symbol);
		put(out, run.nr_extra, run.extra);
	}
}

static unsigned bits_of(u32 value)
{
	return value ? 32 - __builtin_clz(value) : 0;
}

static void put_block(struct writer *out, const struct token *tokens, unsigned nr)
{
	struct code symbols = { .nr = NR_SYMBOLS }, positions = { .nr = NR_POSITIONS };

	for (unsigned i = 0; i < nr; i++) {
		symbols.frequency[tokens[i].symbol]++;
		if (tokens[i].symbol >= 256)
			positions.frequency[bits_of(tokens[i].distance)]++;
	}
	make_code(&symbols);
	make_code(&positions);
	put(out, 16, nr);
	put_symbols_code(out, &symbols);
	put_lengths(out, &positions, UEFI_POSITIONS_EFI, 0);
	for (unsigned i = 0; i < nr && !out->full; i++) {
		unsigned size = bits_of(tokens[i].distance);

		put_symbol(out, &symbols, tokens[i].symbol);
		if (tokens[i].symbol < 256)
			continue;
		put_symbol(out, &positions, size);
		if (size > 1)
			put(out, size - 1, tokens[i].distance - (1u << (size - 1)));
	}
}

/*
 * The hash chains: the last offset of each hash, and for each offset the one before with the same
 * hash.
 */
struct finder {
	const u8 *bytes;
	u32 size;
	u32 last[1 << HASH_BITS];
	u32 before[WINDOW];
};

static u32 hash(const u8 *bytes)
{
	u32 value = bytes[0] | bytes[1] << 8 | bytes[2] << 16;

	return value * 2654435761u >> (32 - HASH_BITS);
}

static void enter(struct finder *finder, u32 at)
{
	u32 *last;

	if (at + MIN_MATCH > finder->size)
		return;
	last = &finder->last[hash(finder->bytes + at)];
	finder->before[at % WINDOW] = *last;
	*last = at;
}

static u32 equal_bytes(const struct finder *finder, u32 a, u32 b)
{
	u32 n = 0;

	while (n < MAX_MATCH && b + n < finder->size &&
		finder->bytes[a + n] == finder->bytes[b + n])
		n++;
	return n;
}

/* Returns the length of the longest match, below MIN_MATCH for none. */
static u32 find(const struct finder *finder, u32 at, u32 *distance)
{
	u32 best = 0, from;

	if (at + MIN_MATCH > finder->size)
		return 0;
	from = finder->last[hash(finder->bytes + at)];
	for (unsigned i = 0; i < MAX_CHAIN && from != NONE && at - from < WINDOW; i++) {
		u32 length = equal_bytes(finder, from, at);

		if (length > best) {
			best = length;
			*distance = at - from;
		}
		if (finder->before[from % WINDOW] >= from)
			break;
		from = finder->before[from % WINDOW];
	}
	return best;
}

static void compress(struct finder *finder, struct token *tokens, struct writer *out)
{
	unsigned nr = 0;

	for (u32 at = 0; at < finder->size && !out->full;) {
		u32 distance = 0, length = find(finder, at, &distance);

		if (length < MIN_MATCH) {
			length = 1;
			tokens[nr++] = (struct token){ finder->bytes[at], 0 };
		} else {
			tokens[nr++] = (struct token){ 256 + length - MIN_MATCH, distance - 1 };
		}
		while (length--)
			enter(finder, at++);
		if (nr == BLOCK_SYMBOLS || at == finder->size) {
			put_block(out, tokens, nr);
			nr = 0;
		}
	}
}

int uefi_compress(const u8 *from, u32 size, u8 **to, u32 *to_size)
{
	own_free struct token *tokens = calloc(BLOCK_SYMBOLS, sizeof(*tokens));
	own_free struct finder *finder = calloc(1, sizeof(*finder));
	own_free u8 *bytes = calloc(1, (size_t)size + 1);
	struct writer out = { .bytes = bytes, .room = 8ull * size };

	if (!tokens || !finder || !bytes)
		return -ENOMEM;
	if (size <= UEFI_COMPRESSED_HEADER)
		return -EFBIG;
	finder->bytes = from;
	finder->size = size;
	memset(finder->last, 0xff, sizeof(finder->last));
	memset(finder->before, 0xff, sizeof(finder->before));
	out.at = 8 * UEFI_COMPRESSED_HEADER;
	compress(finder, tokens, &out);
	if (out.full)
		return -EFBIG;
	*to_size = (out.at + 7) / 8;
	put_le32(bytes, *to_size - UEFI_COMPRESSED_HEADER);
	put_le32(bytes + 4, size);
	*to = take_ptr(&bytes);
	return 0;
}
