/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The codec: High Definition Audio Specification 1.0a, chapter 7. One audio function group with a
 * converter to a line-out jack and one from a microphone jack, for 48 kHz, 16 bits, two channels.
 *
 * Pure: it knows no controller. The controller's lock protects it.
 */
#ifndef VM_HDA_CODEC_H
#define VM_HDA_CODEC_H

#include "base/types.h"

#define HDA_CODEC_ADDRESS 0

enum { HDA_ROOT, HDA_GROUP, HDA_DAC, HDA_LINE_OUT, HDA_ADC, HDA_MIC, HDA_NR_NODES };

/* An amplifier's register, 7.3.3.7; there are steps of 1 dB, and the last is 0 dB. */
#define HDA_AMP_MUTE 0x80u
#define HDA_AMP_GAIN 0x7fu
#define HDA_AMP_0DB  74u

/* What verbs can change in a node. */
struct hda_node {
	u8 amp[2]; /* left and right */
	u8 stream; /* tag and lowest channel */
	u16 format;
	u8 pin; /* widget control */
	u8 power;
	u8 unsolicited;
	u8 eapd;
	u32 config; /* a pin's default */
};

struct hda_codec {
	struct hda_node nodes[HDA_NR_NODES];
	u32 subsystem;
	u32 gains[HDA_AMP_0DB + 1]; /* 65536 is 0 dB */
};

/* Sets the state after power-on. */
void hda_codec_reset(struct hda_codec *codec);

/* Answers @command: codec address, node, verb and payload. Returns 0 for what it does not know. */
u32 hda_codec_command(struct hda_codec *codec, u32 command);

/* Whether the converter, HDA_DAC or HDA_ADC, is on and connected to the stream @tag. */
bool hda_codec_takes(const struct hda_codec *codec, unsigned converter, unsigned tag, u16 format);

/*
 * Applies the gain and the mute of the converter to @nr frames of two s16 each. At 0 dB they stay
 * what they are.
 */
void hda_codec_amplify(const struct hda_codec *codec, unsigned converter, u32 *frames, unsigned nr);

#endif
