// SPDX-License-Identifier: GPL-2.0-or-later
/* UEFI's compression, both ways. */
#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "pci/rom/uefi_compress.h"
#include "pci/rom/uefi_decompress.h"
#include "unit.h"

#define SIZE (300 * 1000)

static u8 data[SIZE], back[SIZE];

/* Bits as the format has them, most significant first. */
struct bits {
	u8 bytes[512];
	u32 at;
};

static void put(struct bits *bits, unsigned nr, u32 value)
{
	for (; nr--; bits->at++)
		bits->bytes[8 + bits->at / 8] |= (value >> nr & 1) << (7 - bits->at % 8);
}

static u32 finish(struct bits *bits, u32 size)
{
	u32 bytes = (bits->at + 7) / 8;

	put_le32(bits->bytes, bytes);
	put_le32(bits->bytes + 4, size);
	return 8 + bytes;
}

/* A block of @nr symbols in which every code is the one symbol that takes no bits. */
static void put_single(struct bits *bits, u16 nr, u16 symbol, unsigned position_bits, u16 position)
{
	put(bits, 16, nr);
	put(bits, 10, 0);
	put(bits, 9, 0);
	put(bits, 9, symbol);
	put(bits, position_bits, 0);
	put(bits, position_bits, position);
}

static int decompress(struct bits *bits, u32 size, enum uefi_positions positions, struct err *err)
{
	u32 stream = finish(bits, size), told;

	err_clear(err);
	assert_int_equal(uefi_decompressed_size(bits->bytes, stream, &told, err), 0);
	assert_int_equal(told, size);
	memset(back, 0xee, sizeof(back));
	return uefi_decompress(bits->bytes, stream, positions, back, size, err);
}

/* One literal, then a copy from one byte back: by hand, as the specification has it. */
static void by_hand(void **state)
{
	struct bits bits = { 0 };
	struct err err;

	put_single(&bits, 1, 'x', 4, 0);
	put_single(&bits, 2, 256 + 10 - 3, 4, 0);
	assert_int_equal(decompress(&bits, 21, UEFI_POSITIONS_EFI, &err), 0);
	for (int i = 0; i < 21; i++)
		assert_int_equal(back[i], 'x');
	assert_int_equal(back[21], 0xee);
}

/* The same with five bits for the positions; read with four it is something else. */
static void tiano(void **state)
{
	struct bits bits = { 0 };
	struct err err;

	put_single(&bits, 1, 'x', 5, 0);
	put_single(&bits, 1, 256, 5, 0);
	assert_int_equal(decompress(&bits, 4, UEFI_POSITIONS_TIANO, &err), 0);
	assert_memory_equal(back, "xxxx", 4);
	assert_int_not_equal(decompress(&bits, 4, UEFI_POSITIONS_EFI, &err), 0);
}

static void refuse(struct bits *bits, const char *why)
{
	struct err err;

	assert_int_equal(decompress(bits, 100, UEFI_POSITIONS_EFI, &err), -EINVAL);
	print_message("  %s\n", err.text);
	assert_non_null(strstr(err.text, why));
}

static void damaged(void **state)
{
	struct bits early = { 0 }, before_start = { 0 }, empty = { 0 }, symbol = { 0 },
		    code = { 0 };

	put_single(&early, 1, 'x', 4, 0);
	refuse(&early, "empty");
	put_single(&before_start, 1, 256, 4, 0);
	refuse(&before_start, "before the start");
	put(&empty, 16, 0);
	refuse(&empty, "empty");
	put_single(&symbol, 1, 511, 4, 0);
	refuse(&symbol, "not complete");
	/* Two codes of one bit are complete, one of two bits is not. */
	put(&code, 16, 1);
	put(&code, 5, 1);
	put(&code, 3, 2);
	refuse(&code, "not complete");
}

static void header(void **state)
{
	u8 bytes[16] = { 0 };
	struct err err = { 0 };
	u32 size;

	assert_int_equal(uefi_decompressed_size(bytes, 7, &size, &err), -EINVAL);
	put_le32(bytes, 9);
	assert_int_equal(uefi_decompressed_size(bytes, 16, &size, &err), -EINVAL);
	put_le32(bytes, 8);
	put_le32(bytes + 4, 77);
	assert_int_equal(uefi_decompressed_size(bytes, 16, &size, &err), 0);
	assert_int_equal(size, 77);
}

static u32 round_trip(u32 size)
{
	u32 compressed_size = 0, told;
	struct err err = { 0 };
	u8 *compressed;

	assert_int_equal(uefi_compress(data, size, &compressed, &compressed_size), 0);
	assert_int_equal(uefi_decompressed_size(compressed, compressed_size, &told, &err), 0);
	assert_int_equal(told, size);
	memset(back, 0xee, sizeof(back));
	assert_int_equal(
		uefi_decompress(compressed, compressed_size, UEFI_POSITIONS_EFI, back, size, &err),
		0);
	assert_memory_equal(back, data, size);
	free(compressed);
	return compressed_size;
}

/* Skewed data gives codes that would be longer than 16 bits; noise of few values has no copies. */
static void both_ways(void **state)
{
	u32 a = 1, b = 1, at = 0;

	memset(data, 7, sizeof(data));
	assert_in_range(round_trip(SIZE), 1, 2000);
	for (u8 value = 0; at < SIZE && value < 30; value++) {
		u32 next = a + b;

		for (u32 i = 0; i < a && at < SIZE; i++)
			data[at++] = value;
		a = b;
		b = next;
	}
	for (u32 i = SIZE - 1; i; i--) {
		u32 other = (i * 2654435761u >> 7) % i;
		u8 value = data[i];

		data[i] = data[other];
		data[other] = value;
	}
	round_trip(SIZE);
	for (u32 i = 0; i < SIZE; i++)
		data[i] = (i * 2654435761u >> 24) & 0x3f;
	assert_in_range(round_trip(SIZE), 1, SIZE);
	round_trip(5000);
}

static void noise(void **state)
{
	u32 value = 1, size;
	u8 *compressed = NULL;

	for (u32 i = 0; i < 1000; i++) {
		value = value * 1103515245 + 12345;
		data[i] = value >> 16;
	}
	assert_int_equal(uefi_compress(data, 1000, &compressed, &size), -EFBIG);
	assert_int_equal(uefi_compress(data, 0, &compressed, &size), -EFBIG);
	assert_null(compressed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_hand),
		cmocka_unit_test(tiano),
		cmocka_unit_test(damaged),
		cmocka_unit_test(header),
		cmocka_unit_test(both_ways),
		cmocka_unit_test(noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
