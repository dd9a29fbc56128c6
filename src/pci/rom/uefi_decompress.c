// SPDX-License-Identifier: GPL-2.0-or-later
#include "pci/rom/uefi_decompress.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

/*
 * A block begins with three sets of code lengths. The code of the first set encodes the lengths of
 * the second, whose symbols are bytes and lengths of copies. The symbols of the third are bit
 * lengths of distances.
 */
#define MAX_CODE       16 /* bits of the longest code */
#define NR_LENGTHS     19
#define NR_SYMBOLS     510
#define NR_POSITIONS   31
#define LENGTHS_BITS   5 /* of the number of symbols in each set */
#define SYMBOLS_BITS   9
#define FIRST_COPY     256 /* the symbol that copies three bytes */
#define SHORTEST_COPY  3
#define ZEROS_AFTER    3 /* lengths of the first set, after which two bits give a number of zeros */
#define LONG_LENGTH    7 /* lengths from here on are encoded in unary */
#define NR_ZERO_FORMS  3 /* symbols of the first set that stand for runs of zero lengths */
#define NO_ZEROS_AFTER 0

/*
 * A canonical Huffman code: the symbols in the order of their codes, and how many have each length.
 */
struct code {
	u16 nr_of_length[MAX_CODE + 1];
	u16 symbols[NR_SYMBOLS];
	bool single; /* one symbol, which takes no bits */
};

struct stream {
	const u8 *bytes;
	u64 nr_bits, at; /* at may run past nr_bits; the bits there are zero */
	const char *damage;
	struct code lengths, symbols, positions;
};

static u64 window(const struct stream *stream)
{
	u64 at = stream->at / 8, nr_bytes = stream->nr_bits / 8, bits = 0;

	if (at + sizeof(bits) <= nr_bytes)
		return get_be64(stream->bytes + at);
	for (unsigned i = 0; i < sizeof(bits); i++, at++)
		bits = bits << 8 | (at < nr_bytes ? stream->bytes[at] : 0);
	return bits;
}

/* @nr_bits: 0 to 32. */
static u32 peek(const struct stream *stream, unsigned nr_bits)
{
	u64 bits = window(stream) << stream->at % 8;

	return nr_bits ? bits >> (64 - nr_bits) : 0;
}

static u32 take(struct stream *stream, unsigned nr_bits)
{
	u32 value = peek(stream, nr_bits);

	stream->at += nr_bits;
	return value;
}

static void make_single(struct code *code, u16 symbol)
{
	code->single = true;
	code->symbols[0] = symbol;
}

/* Returns false if the lengths do not form a complete code; those of every encoder do. */
static bool make_code(struct code *code, const u8 *lengths, unsigned nr_lengths)
{
	u16 next[MAX_CODE + 2] = { 0 };
	u32 used = 0;

	memset(code, 0, sizeof(*code));
	for (unsigned i = 0; i < nr_lengths; i++) {
		if (lengths[i] > MAX_CODE)
			return false;
		code->nr_of_length[lengths[i]]++;
	}
	code->nr_of_length[0] = 0;
	for (unsigned length = 1; length <= MAX_CODE; length++) {
		next[length + 1] = next[length] + code->nr_of_length[length];
		used += code->nr_of_length[length] << (MAX_CODE - length);
	}
	for (unsigned i = 0; i < nr_lengths; i++)
		if (lengths[i])
			code->symbols[next[lengths[i]]++] = i;
	return used == 1u << MAX_CODE;
}

static u16 decode(struct stream *stream, const struct code *code)
{
	u32 bits = peek(stream, MAX_CODE), first = 0, index = 0;

	if (code->single)
		return code->symbols[0];
	for (unsigned length = 1; length <= MAX_CODE; length++) {
		u32 nr = code->nr_of_length[length], value = bits >> (MAX_CODE - length);

		if (value - first < nr) {
			stream->at += length;
			return code->symbols[index + value - first];
		}
		index += nr;
		first = (first + nr) << 1;
	}
	/*
	 * Cannot happen: make_code() accepts only complete codes, which have a symbol for any bits.
	 */
	stream->damage = "a code has no symbol";
	return 0;
}

/*
 * Reads a length of the first or third set: three bits, and if all are ones, more ones up to a
 * zero.
 */
static u8 take_length(struct stream *stream)
{
	u8 length = take(stream, 3);

	if (length < LONG_LENGTH)
		return length;
	while (take(stream, 1) && length <= MAX_CODE)
		length++;
	return length;
}

/* @zeros_after: the number of lengths after which two bits give a number of zeros, or 0. */
static bool read_lengths(struct stream *stream, struct code *code, unsigned nr_lengths,
	unsigned nr_bits, unsigned zeros_after)
{
	u8 lengths[NR_POSITIONS + 4] = { 0 };
	unsigned nr = take(stream, nr_bits), i = 0;

	memset(code, 0, sizeof(*code));
	if (!nr) {
		nr = take(stream, nr_bits);
		make_single(code, nr);
		return nr < nr_lengths;
	}
	if (nr > nr_lengths)
		return false;
	while (i < nr) {
		lengths[i++] = take_length(stream);
		if (i == zeros_after)
			i += take(stream, 2);
	}
	return make_code(code, lengths, nr_lengths);
}

static bool read_symbols(struct stream *stream)
{
	u8 lengths[NR_SYMBOLS] = { 0 };
	unsigned nr = take(stream, SYMBOLS_BITS), i = 0;

	memset(&stream->symbols, 0, sizeof(stream->symbols));
	if (!nr) {
		nr = take(stream, SYMBOLS_BITS);
		make_single(&stream->symbols, nr);
		return nr < NR_SYMBOLS;
	}
	if (nr > NR_SYMBOLS)
		return false;
	while (i < nr) {
		u16 symbol = decode(stream, &stream->lengths);

		if (symbol >= NR_ZERO_FORMS)
			lengths[i++] = symbol - (NR_ZERO_FORMS - 1);
		else if (symbol == 0)
			i++;
		else if (symbol == 1)
			i += take(stream, 4) + 3;
		else
			i += take(stream, SYMBOLS_BITS) + 20;
	}
	return i <= NR_SYMBOLS && make_code(&stream->symbols, lengths, NR_SYMBOLS);
}

/* Returns the number of symbols in the block, 0 if it is damaged. */
static unsigned read_block(struct stream *stream, enum uefi_positions positions)
{
	unsigned nr = take(stream, 16);

	if (!nr)
		stream->damage = "a block is empty";
	else if (!read_lengths(stream, &stream->lengths, NR_LENGTHS, LENGTHS_BITS, ZEROS_AFTER) ||
		 !read_symbols(stream) ||
		 !read_lengths(stream, &stream->positions, NR_POSITIONS, positions, NO_ZEROS_AFTER))
		stream->damage = "a Huffman code is not complete";
	else if (stream->at > stream->nr_bits)
		stream->damage = "it ends within a block";
	return stream->damage ? 0 : nr;
}

static u32 take_distance(struct stream *stream)
{
	u16 size = decode(stream, &stream->positions);

	if (size < 2)
		return size + 1;
	return (1u << (size - 1)) + take(stream, size - 1) + 1;
}

/* Returns the number of bytes that it wrote at @done, at most @room. */
static u32 copy(struct stream *stream, u16 symbol, u8 *to, u32 done, u32 room)
{
	u32 length = symbol - FIRST_COPY + SHORTEST_COPY;
	u32 distance = take_distance(stream);

	if (distance > done) {
		stream->damage = "a copy is from before the start";
		return 0;
	}
	if (length > room)
		length = room;
	for (u32 i = 0; i < length; i++)
		to[done + i] = to[done + i - distance];
	return length;
}

static u32 decompress(struct stream *stream, enum uefi_positions positions, u8 *to, u32 to_size)
{
	unsigned left = 0;
	u32 done = 0;

	while (done < to_size && !stream->damage) {
		u16 symbol;

		if (!left)
			left = read_block(stream, positions);
		if (!left)
			break;
		left--;
		symbol = decode(stream, &stream->symbols);
		if (symbol < FIRST_COPY)
			to[done++] = symbol;
		else
			done += copy(stream, symbol, to, done, to_size - done);
		if (stream->at > stream->nr_bits)
			stream->damage = "it ends too early";
	}
	return done;
}

int uefi_decompressed_size(const u8 *from, size_t size, u32 *to_size, struct err *err)
{
	if (size < UEFI_COMPRESSED_HEADER)
		return err_set(err, EINVAL, "compressed data of %zu bytes has no header", size);
	if (get_le32(from) > size - UEFI_COMPRESSED_HEADER)
		return err_set(err, EINVAL,
			"the compressed data says that it has %u bytes, and there is room for %zu",
			get_le32(from), size - UEFI_COMPRESSED_HEADER);
	*to_size = get_le32(from + 4);
	return 0;
}

int uefi_decompress(const u8 *from, size_t size, enum uefi_positions positions, u8 *to, u32 to_size,
	struct err *err)
{
	struct stream stream = { .bytes = from + UEFI_COMPRESSED_HEADER };
	u32 header_size, done;
	int ret = uefi_decompressed_size(from, size, &header_size, err);

	if (ret)
		return ret;
	stream.nr_bits = 8ull * get_le32(from);
	done = decompress(&stream, positions, to, to_size);
	if (stream.damage)
		return err_set(err, EINVAL,
			"the compressed data is damaged after %u of %u bytes: %s", done, to_size,
			stream.damage);
	return 0;
}
