// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include <errno.h>

#include "base/bytes.h"
#include "vm/sound/wav.h"

static void header_reads_back(void **state)
{
	u8 header[WAV_HEADER];
	struct err err = { 0 };
	u32 offset, size;

	wav_header(header, 4000);
	assert_int_equal(get_le32(header + 4), 4036);
	assert_int_equal(get_le32(header + 24), 48000);
	assert_int_equal(get_le32(header + 28), 192000);
	assert_int_equal(wav_find(header, sizeof(header), &offset, &size, &err), 0);
	assert_int_equal(offset, WAV_HEADER);
	assert_int_equal(size, 4000);
	/* The most that it can say. */
	wav_header(header, WAV_MAX & ~3u);
	assert_int_equal(wav_find(header, sizeof(header), &offset, &size, &err), 0);
	assert_int_equal(size, WAV_MAX & ~3u);
}

static void chunks_before_the_samples_are_skipped(void **state)
{
	u8 header[WAV_HEADER], file[200] = { 0 };
	struct err err = { 0 };
	u32 offset, size;

	wav_header(header, 7);
	memcpy(file, header, 12);
	memcpy(file + 12, "LIST", 4);
	put_le32(file + 16, 25);
	memcpy(file + 12 + 8 + 26, header + 12, WAV_HEADER - 12);
	assert_int_equal(wav_find(file, sizeof(file), &offset, &size, &err), 0);
	assert_int_equal(offset, WAV_HEADER + 8 + 26);
	assert_int_equal(size, 4);
}

static void other_files_are_refused(void **state)
{
	static const struct {
		unsigned offset, value;
	} wrong[] = { { 0, 'X' }, { 8, 'X' }, { 12, 'X' }, { 16, 15 }, { 20, 3 }, { 22, 1 },
		{ 24, 1 }, { 34, 8 }, { 36, 'X' } };
	u8 header[WAV_HEADER];
	struct err err;
	u32 offset, size;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		wav_header(header, 400);
		header[wrong[i].offset] = (u8)wrong[i].value;
		err = (struct err){ 0 };
		assert_int_equal(wav_find(header, sizeof(header), &offset, &size, &err), -EINVAL);
	}
	wav_header(header, 400);
	for (unsigned nr = 0; nr < sizeof(header); nr++) {
		err = (struct err){ 0 };
		assert_int_equal(wav_find(header, nr, &offset, &size, &err), -EINVAL);
	}
	/* A chunk that says it is longer than any file. */
	put_le32(header + 16, 0xffffffff);
	assert_int_equal(wav_find(header, sizeof(header), &offset, &size, &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_reads_back),
		cmocka_unit_test(chunks_before_the_samples_are_skipped),
		cmocka_unit_test(other_files_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
