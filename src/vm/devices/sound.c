// SPDX-License-Identifier: GPL-2.0-or-later
/* --sound: a sound card, and the process that plays it. */
#include "vm/sound/sound.h"
#include "vm/devices/kinds.h"
#include "vm/hda/hda.h"

/* Beside the other functions of the chipset. */
#define PLACE PCI_DEVFN_OF(31, 5)

struct sound_card {
	struct sound sound;
	struct hda hda;
};

static const struct hda_ops ops = { sound_play, sound_record, sound_run };

static bool wanted(const struct machine_config *config)
{
	return config->sound.kind != SOUND_OFF;
}

static int open(void *dev, const struct device_parts *parts, struct err *err)
{
	struct sound_card *card = dev;
	const struct hda_config config = {
		.ops = &ops, .owner = &card->sound, .clock = parts->loop->clock
	};
	int ret = sound_open(&card->sound, &parts->config->sound, parts->loop, err);

	return ret ? ret : hda_open(&card->hda, &config, err);
}

static int attach(void *dev, const struct device_parts *parts, struct err *err)
{
	struct sound_card *card = dev;

	return hda_attach(&card->hda, &parts->board->mch.host.root, PLACE, parts->loop, err);
}

static void pause(void *dev)
{
	struct sound_card *card = dev;

	hda_pause(&card->hda);
}

static void resume(void *dev)
{
	struct sound_card *card = dev;

	hda_resume(&card->hda);
}

static void close(void *dev)
{
	struct sound_card *card = dev;

	hda_close(&card->hda);
	sound_close(&card->sound);
}

const struct device_kind sound_kind = {
	.name = "sound",
	.size = sizeof(struct sound_card),
	.wanted = wanted,
	.open = open,
	.attach = attach,
	.pause = pause,
	.resume = resume,
	.close = close,
};
