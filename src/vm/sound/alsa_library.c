// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/sound/alsa_library.h"

#include "base/library.h"
#include "base/types.h"

int alsa_library_load(struct alsa_library *library, struct err *err)
{
	const struct library_function functions[] = {
		{ "snd_pcm_open", &library->open },
		{ "snd_pcm_close", &library->close },
		{ "snd_pcm_set_params", &library->set_params },
		{ "snd_pcm_avail_update", &library->avail },
		{ "snd_pcm_writei", &library->write },
		{ "snd_pcm_readi", &library->read },
		{ "snd_pcm_start", &library->start },
		{ "snd_pcm_recover", &library->recover },
		{ "snd_strerror", &library->text },
		{ "snd_lib_error_set_handler", &library->set_error_handler },
	};

	return library_load(
		"libasound.so.2", "libasound2", functions, ARRAY_SIZE(functions), NULL, err);
}
