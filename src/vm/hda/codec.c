// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/hda/codec.h"

#include <string.h>

#include "base/own.h"
#include "vm/hda/regs.h"

/* A common codec with these widgets, for which every system's generic driver is right. */
#define VENDOR    0x1af40022u
#define REVISION  0x00100101u
#define SUBSYSTEM 0x1af40022u

/* 7.3.4.6: what a widget is. */
#define TYPE_OUTPUT (0x0u << 20)
#define TYPE_INPUT  (0x1u << 20)
#define TYPE_PIN    (0x4u << 20)
#define STEREO      0x001u
#define IN_AMP      0x002u
#define OUT_AMP     0x004u
#define OWN_AMP     0x008u
#define OWN_FORMAT  0x010u
#define CONNECTED   0x100u

#define FORMATS  (1u << 17 | 1u << 6) /* 7.3.4.7: 16 bits, 48 kHz */
#define PCM      1u
#define AMP      (1u << 31 | 3u << 16 | HDA_AMP_0DB << 8 | HDA_AMP_0DB)
#define STATES   0xfu      /* D0 to D3 */
#define OUT_CAP  (1u << 4) /* 7.3.4.9 */
#define IN_CAP   (1u << 5)
#define PIN_OUT  0x40u /* 7.3.3.13 */
#define PIN_IN   0x20u
#define LINE_OUT 0x01014110u /* 7.3.3.31: a green jack at the rear, which senses nothing */
#define MIC      0x01a19120u /* a pink one */

/* 7.3.4 */
enum parameter {
	P_VENDOR = 0x00,
	P_REVISION = 0x02,
	P_NODES = 0x04,
	P_GROUP = 0x05,
	P_GROUP_CAPS = 0x08,
	P_WIDGET = 0x09,
	P_FORMATS = 0x0a,
	P_STREAMS = 0x0b,
	P_PIN = 0x0c,
	P_IN_AMP = 0x0d,
	P_CONNECTIONS = 0x0e,
	P_STATES = 0x0f,
	P_OUT_AMP = 0x12,
};

static const struct {
	u8 node, id;
	u32 value;
} parameters[] = {
	{ HDA_ROOT, P_VENDOR, VENDOR },
	{ HDA_ROOT, P_REVISION, REVISION },
	{ HDA_ROOT, P_NODES, HDA_GROUP << 16 | 1 },
	{ HDA_GROUP, P_NODES, HDA_DAC << 16 | (HDA_NR_NODES - HDA_DAC) },
	{ HDA_GROUP, P_GROUP, 1 },
	{ HDA_GROUP, P_GROUP_CAPS, 0x0808 },
	{ HDA_GROUP, P_FORMATS, FORMATS },
	{ HDA_GROUP, P_STREAMS, PCM },
	{ HDA_GROUP, P_STATES, STATES },
	{ HDA_DAC, P_WIDGET, TYPE_OUTPUT | STEREO | OUT_AMP | OWN_AMP | OWN_FORMAT },
	{ HDA_DAC, P_FORMATS, FORMATS },
	{ HDA_DAC, P_STREAMS, PCM },
	{ HDA_DAC, P_OUT_AMP, AMP },
	{ HDA_LINE_OUT, P_WIDGET, TYPE_PIN | STEREO | CONNECTED },
	{ HDA_LINE_OUT, P_PIN, OUT_CAP },
	{ HDA_LINE_OUT, P_CONNECTIONS, 1 },
	{ HDA_ADC, P_WIDGET, TYPE_INPUT | STEREO | IN_AMP | OWN_AMP | OWN_FORMAT | CONNECTED },
	{ HDA_ADC, P_FORMATS, FORMATS },
	{ HDA_ADC, P_STREAMS, PCM },
	{ HDA_ADC, P_IN_AMP, AMP },
	{ HDA_ADC, P_CONNECTIONS, 1 },
	{ HDA_MIC, P_WIDGET, TYPE_PIN | STEREO },
	{ HDA_MIC, P_PIN, IN_CAP },
};

static u32 parameter(unsigned node, unsigned id)
{
	for (size_t i = 0; i < ARRAY_SIZE(parameters); i++)
		if (parameters[i].node == node && parameters[i].id == id)
			return parameters[i].value;
	return 0;
}

/* Which node's output is this one's only input; 0: none. */
static u8 connection(unsigned node)
{
	return node == HDA_LINE_OUT ? HDA_DAC : node == HDA_ADC ? HDA_MIC : 0;
}

static bool is_converter(unsigned node)
{
	return node == HDA_DAC || node == HDA_ADC;
}

static bool is_pin(unsigned node)
{
	return node == HDA_LINE_OUT || node == HDA_MIC;
}

void hda_codec_reset(struct hda_codec *codec)
{
	u64 gain = 1ull << 48;

	*codec = (struct hda_codec){ .subsystem = SUBSYSTEM };
	for (unsigned i = HDA_DAC; i < HDA_NR_NODES; i++) {
		struct hda_node *node = &codec->nodes[i];

		memset(node->amp, HDA_AMP_0DB, sizeof(node->amp));
		node->format = is_converter(i) ? HDA_FORMAT : 0;
	}
	codec->nodes[HDA_LINE_OUT].pin = PIN_OUT;
	codec->nodes[HDA_LINE_OUT].config = LINE_OUT;
	codec->nodes[HDA_MIC].pin = PIN_IN;
	codec->nodes[HDA_MIC].config = MIC;
	/* One dB less is the factor 10^(-1/20), here with 32 bits behind the point. */
	for (unsigned i = HDA_AMP_0DB + 1; i-- > 0;) {
		codec->gains[i] = (u32)((gain + (1ull << 31)) >> 32);
		gain = (u64)((unsigned __int128)gain * 3827893632ull >> 32);
	}
}

/* 7.3.3.7. Only the first index of an amplifier exists, and one of the two sides. */
static u32 get_amp(const struct hda_codec *codec, unsigned node, u32 payload)
{
	bool is_out = payload >> 15 & 1;

	if (!is_converter(node) || is_out != (node == HDA_DAC) || payload & 0xf)
		return 0;
	return codec->nodes[node].amp[payload >> 13 & 1 ? 0 : 1];
}

static void set_amp(struct hda_codec *codec, unsigned node, u32 payload)
{
	bool side = payload >> (node == HDA_DAC ? 15 : 14) & 1;
	u8 value = payload & (HDA_AMP_MUTE | HDA_AMP_GAIN);

	if (!is_converter(node) || !side || payload >> 8 & 0xf)
		return;
	if ((value & HDA_AMP_GAIN) > HDA_AMP_0DB)
		value = (u8)((value & HDA_AMP_MUTE) | HDA_AMP_0DB);
	for (unsigned i = 0; i < 2; i++)
		if (payload >> (13 - i) & 1)
			codec->nodes[node].amp[i] = value;
}

/* Verbs of four bits, which have a payload of 16. */
static u32 long_verb(struct hda_codec *codec, unsigned node, unsigned verb, u32 payload)
{
	switch (verb) {
	case 0x2:
		if (is_converter(node))
			codec->nodes[node].format = (u16)payload;
		return 0;
	case 0x3:
		set_amp(codec, node, payload);
		return 0;
	case 0xa:
		return codec->nodes[node].format;
	case 0xb:
		return get_amp(codec, node, payload);
	default:
		return 0;
	}
}

static u32 get(const struct hda_codec *codec, unsigned number, unsigned verb, u32 payload)
{
	const struct hda_node *node = &codec->nodes[number];

	switch (verb) {
	case 0xf00:
		return parameter(number, payload);
	case 0xf02:
		return payload ? 0 : connection(number);
	case 0xf05:
		return node->power | (u32)node->power << 4;
	case 0xf06:
		return node->stream;
	case 0xf07:
		return node->pin;
	case 0xf08:
		return node->unsolicited;
	case 0xf0c:
		return node->eapd;
	case 0xf1c:
		return node->config;
	case 0xf20:
		return number == HDA_GROUP ? codec->subsystem : 0;
	default:
		return 0;
	}
}

/* Byte @n of the little-endian @word becomes @value. */
static void set_byte(u32 *word, unsigned n, u32 value)
{
	*word = (*word & ~(0xffu << 8 * n)) | value << 8 * n;
}

static void set_power(struct hda_codec *codec, unsigned number, u32 state)
{
	/* A group's state is the most that its widgets, which have none of their own, can have. */
	if (number == HDA_GROUP)
		codec->nodes[number].power = state & 3;
}

static void set(struct hda_codec *codec, unsigned number, unsigned verb, u32 payload)
{
	struct hda_node *node = &codec->nodes[number];

	switch (verb) {
	case 0x705:
		set_power(codec, number, payload);
		break;
	case 0x706:
		if (is_converter(number))
			node->stream = (u8)payload;
		break;
	case 0x707:
		if (is_pin(number))
			node->pin = payload & (number == HDA_MIC ? PIN_IN : PIN_OUT);
		break;
	case 0x71c ... 0x71f:
		if (is_pin(number))
			set_byte(&node->config, verb - 0x71c, payload);
		break;
	case 0x720 ... 0x723:
		if (number == HDA_GROUP)
			set_byte(&codec->subsystem, verb - 0x720, payload);
		break;
	case 0x7ff:
		if (number == HDA_GROUP)
			hda_codec_reset(codec);
		break;
	}
}

u32 hda_codec_command(struct hda_codec *codec, u32 command)
{
	unsigned node = command >> 20 & 0x7f, verb = command >> 8 & 0xfff;
	bool indirect = command >> 27 & 1;

	if (node >= HDA_NR_NODES || indirect)
		return 0;
	if ((verb & 0xf00) == 0xf00)
		return get(codec, node, verb, command & 0xff);
	if ((verb & 0xf00) != 0x700)
		return long_verb(codec, node, verb >> 8, command & 0xffff);
	set(codec, node, verb, command & 0xff);
	return 0;
}

bool hda_codec_takes(const struct hda_codec *codec, unsigned converter, unsigned tag, u16 format)
{
	const struct hda_node *node = &codec->nodes[converter];
	unsigned pin = converter == HDA_DAC ? HDA_LINE_OUT : HDA_MIC;

	return tag && node->stream == tag << 4 && node->format == HDA_FORMAT &&
	       format == HDA_FORMAT && !codec->nodes[HDA_GROUP].power && codec->nodes[pin].pin;
}

static s16 amplified(s16 sample, u32 gain)
{
	return (s16)((s64)sample * gain / 65536);
}

void hda_codec_amplify(const struct hda_codec *codec, unsigned converter, u32 *frames, unsigned nr)
{
	const u8 *amp = codec->nodes[converter].amp;
	u32 gains[2];

	for (unsigned i = 0; i < 2; i++)
		gains[i] = amp[i] & HDA_AMP_MUTE ? 0 : codec->gains[amp[i] & HDA_AMP_GAIN];
	if (amp[0] == HDA_AMP_0DB && amp[1] == HDA_AMP_0DB)
		return;
	for (unsigned i = 0; i < nr; i++)
		frames[i] = (u16)amplified((s16)frames[i], gains[0]) |
			    (u32)(u16)amplified((s16)(frames[i] >> 16), gains[1]) << 16;
}
