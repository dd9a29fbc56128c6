// SPDX-License-Identifier: GPL-2.0-or-later
/* Verbs and their answers: High Definition Audio 1.0a, 7.3. */
#include "unit.h"

#include "vm/hda/codec.h"

enum { LEFT = 0x2000, RIGHT = 0x1000 };

static u32 ask(struct hda_codec *codec, unsigned node, u32 verb)
{
	return hda_codec_command(codec, node << 20 | verb);
}

/* In the order in which a driver parses a codec that it does not know. */
static void parsers_find_their_way(void **state)
{
	static const struct {
		u8 node;
		u32 verb, answer;
	} expected[] = {
		{ HDA_ROOT, 0xf0000, 0x1af40022 },
		{ HDA_ROOT, 0xf0002, 0x00100101 },
		{ HDA_ROOT, 0xf0004, 0x00010001 },
		{ HDA_GROUP, 0xf0005, 0x00000001 }, /* an audio function group */
		{ HDA_GROUP, 0xf0004, 0x00020004 }, /* nodes 2 to 5 */
		{ HDA_GROUP, 0xf000a, 0x00020040 }, /* 16 bits, 48 kHz */
		{ HDA_GROUP, 0xf000b, 0x00000001 }, /* PCM */
		{ HDA_GROUP, 0xf000f, 0x0000000f }, /* D0 to D3 */
		{ HDA_GROUP, 0xf2000, 0x1af40022 }, /* subsystem */
		{ HDA_DAC, 0xf0009, 0x0000001d },   /* output, stereo, own amplifier and format */
		{ HDA_DAC, 0xf000a, 0x00020040 },
		{ HDA_DAC, 0xf0012, 0x80034a4a },      /* mute; steps of 1 dB, -74 to 0 */
		{ HDA_LINE_OUT, 0xf0009, 0x00400101 }, /* a pin with a list of connections */
		{ HDA_LINE_OUT, 0xf000c, 0x00000010 }, /* that can be an output */
		{ HDA_LINE_OUT, 0xf000e, 0x00000001 },
		{ HDA_LINE_OUT, 0xf0200, HDA_DAC },
		{ HDA_LINE_OUT, 0xf1c00, 0x01014110 },
		{ HDA_LINE_OUT, 0xf0700, 0x00000040 },
		{ HDA_ADC, 0xf0009, 0x0010011b },
		{ HDA_ADC, 0xf000d, 0x80034a4a },
		{ HDA_ADC, 0xf000e, 0x00000001 },
		{ HDA_ADC, 0xf0200, HDA_MIC },
		{ HDA_MIC, 0xf0009, 0x00400001 },
		{ HDA_MIC, 0xf000c, 0x00000020 },
		{ HDA_MIC, 0xf1c00, 0x01a19120 },
		{ HDA_MIC, 0xf0700, 0x00000020 },
		{ HDA_DAC, 0xa0000, 0x00000011 },
		/* What there is not. */
		{ HDA_LINE_OUT, 0xf0204, 0 },
		{ HDA_GROUP, 0xf0011, 0 },
		{ HDA_DAC, 0xfff00, 0 },
		{ HDA_NR_NODES, 0xf0009, 0 },
		{ 0x7f, 0xf0009, 0 },
	};
	struct hda_codec codec;

	hda_codec_reset(&codec);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		u32 answer = ask(&codec, expected[i].node, expected[i].verb);

		if (answer != expected[i].answer)
			fail_msg("node %u, %x: %x", expected[i].node, expected[i].verb, answer);
	}
	/* 27: an indirect address, which nobody has. */
	assert_int_equal(hda_codec_command(&codec, 1u << 27 | 0xf0000), 0);
}

static void amplifiers_have_two_sides(void **state)
{
	struct hda_codec codec;

	hda_codec_reset(&codec);
	assert_int_equal(ask(&codec, HDA_DAC, 0xb0000 | 0x8000 | LEFT), HDA_AMP_0DB);
	ask(&codec, HDA_DAC, 0x30000 | 0x8000 | LEFT | 0x80 | 20);
	assert_int_equal(ask(&codec, HDA_DAC, 0xb0000 | 0x8000 | LEFT), 0x80 | 20);
	assert_int_equal(ask(&codec, HDA_DAC, 0xb0000 | 0x8000), HDA_AMP_0DB);
	ask(&codec, HDA_DAC, 0x30000 | 0x8000 | LEFT | RIGHT | 0x7f);
	assert_int_equal(ask(&codec, HDA_DAC, 0xb0000 | 0x8000), HDA_AMP_0DB);
	/* The converter's input has none, nor has another index, nor a pin. */
	ask(&codec, HDA_DAC, 0x30000 | 0x4000 | LEFT | 3);
	ask(&codec, HDA_DAC, 0x30000 | 0x8000 | LEFT | 0x100 | 3);
	assert_int_equal(ask(&codec, HDA_DAC, 0xb0000 | 0x8000 | LEFT), HDA_AMP_0DB);
	assert_int_equal(ask(&codec, HDA_DAC, 0xb0000 | LEFT), 0);
	ask(&codec, HDA_ADC, 0x30000 | 0x4000 | RIGHT | 9);
	assert_int_equal(ask(&codec, HDA_ADC, 0xb0000), 9);
	assert_int_equal(ask(&codec, HDA_LINE_OUT, 0xb0000 | 0x8000), 0);
}

static void what_is_set_reads_back(void **state)
{
	struct hda_codec codec;

	hda_codec_reset(&codec);
	ask(&codec, HDA_DAC, 0x70650);
	assert_int_equal(ask(&codec, HDA_DAC, 0xf0600), 0x50);
	ask(&codec, HDA_ADC, 0x24011);
	assert_int_equal(ask(&codec, HDA_ADC, 0xa0000), 0x4011);
	ask(&codec, HDA_LINE_OUT, 0x707ff);
	assert_int_equal(ask(&codec, HDA_LINE_OUT, 0xf0700), 0x40);
	ask(&codec, HDA_MIC, 0x707ff);
	assert_int_equal(ask(&codec, HDA_MIC, 0xf0700), 0x20);
	ask(&codec, HDA_MIC, 0x71d77);
	assert_int_equal(ask(&codec, HDA_MIC, 0xf1c00), 0x01a17720);
	ask(&codec, HDA_GROUP, 0x723ab);
	assert_int_equal(ask(&codec, HDA_GROUP, 0xf2000), 0xabf40022);
	ask(&codec, HDA_GROUP, 0x70503);
	assert_int_equal(ask(&codec, HDA_GROUP, 0xf0500), 0x33);
	/* A reset of the function group. */
	ask(&codec, HDA_GROUP, 0x7ff00);
	assert_int_equal(ask(&codec, HDA_GROUP, 0xf0500), 0);
	assert_int_equal(ask(&codec, HDA_DAC, 0xf0600), 0);
}

static void only_the_named_stream_is_taken(void **state)
{
	struct hda_codec codec;

	hda_codec_reset(&codec);
	assert_false(hda_codec_takes(&codec, HDA_DAC, 0, 0x11));
	ask(&codec, HDA_DAC, 0x70650);
	assert_true(hda_codec_takes(&codec, HDA_DAC, 5, 0x11));
	assert_false(hda_codec_takes(&codec, HDA_DAC, 4, 0x11));
	assert_false(hda_codec_takes(&codec, HDA_DAC, 5, 0x4011));
	assert_false(hda_codec_takes(&codec, HDA_ADC, 5, 0x11));
	ask(&codec, HDA_LINE_OUT, 0x70700);
	assert_false(hda_codec_takes(&codec, HDA_DAC, 5, 0x11));
	ask(&codec, HDA_LINE_OUT, 0x70740);
	ask(&codec, HDA_GROUP, 0x70503);
	assert_false(hda_codec_takes(&codec, HDA_DAC, 5, 0x11));
}

static void gain_is_in_decibels(void **state)
{
	static const struct {
		u8 amp;
		u16 loud; /* what 20000 becomes */
	} expected[] = {
		{ 74, 20000 },
		{ 73, 17825 },
		{ 68, 10023 },
		{ 54, 2000 },
		{ 34, 200 },
		{ 0, 3 },
		{ 0x80 | 74, 0 },
	};
	struct hda_codec codec;

	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		u32 frame = (u32)(u16)-20000 << 16 | 20000;

		hda_codec_reset(&codec);
		ask(&codec, HDA_DAC, 0x30000 | 0x8000 | LEFT | RIGHT | expected[i].amp);
		hda_codec_amplify(&codec, HDA_DAC, &frame, 1);
		assert_in_range(frame & 0xffff, expected[i].loud ? expected[i].loud - 1 : 0,
			expected[i].loud + 1);
		assert_int_equal((s16)(frame >> 16), -(s16)frame);
	}
	/* Each side has its own, and at 0 dB no bit changes. */
	hda_codec_reset(&codec);
	for (u32 sample = 0; sample < 0x10000; sample += 0x101) {
		u32 frame = sample << 16 | (0xffff - sample), was = frame;

		hda_codec_amplify(&codec, HDA_DAC, &frame, 1);
		assert_int_equal(frame, was);
		ask(&codec, HDA_ADC, 0x30000 | 0x4000 | LEFT | 0x80);
		hda_codec_amplify(&codec, HDA_ADC, &frame, 1);
		assert_int_equal(frame, was & 0xffff0000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parsers_find_their_way),
		cmocka_unit_test(amplifiers_have_two_sides),
		cmocka_unit_test(what_is_set_reads_back),
		cmocka_unit_test(only_the_named_stream_is_taken),
		cmocka_unit_test(gain_is_in_decibels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
