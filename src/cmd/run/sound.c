// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run/sound.h"

#include <errno.h>
#include <string.h>

#include "cmd/ui/options.h"
#include "cmd/ui/suboptions.h"

static int apply_input(void *target, char *value, struct err *err)
{
	struct sound_config *sound = target;

	sound->input = value;
	return value && *value ? 0 : err_set(err, EINVAL, "input takes a FILE");
}

static void print_input(const void *target, FILE *out)
{
	const struct sound_config *sound = target;

	if (sound->input)
		run_print_path(sound->input, out);
}

static int apply_size(void *target, char *value, struct err *err)
{
	struct sound_config *sound = target;
	int ret;

	sound->max = 0;
	if (value && !strcmp(value, "off"))
		return 0;
	ret = option_size(value ? value : "", MIB, &sound->max, err);
	if (!ret && !sound->max)
		ret = err_set(err, EINVAL, "size=%s leaves no room; size=off sets no limit", value);
	return ret;
}

static void print_size(const void *target, FILE *out)
{
	const struct sound_config *sound = target;

	if (sound->kind != SOUND_FILE || sound->max == RUN_SOUND_MAX)
		return;
	if (sound->max)
		run_print_bytes(sound->max, out);
	else
		fputs("off", out);
}

static int apply_user(void *target, char *value, struct err *err)
{
	struct sound_config *sound = target;

	sound->user = value;
	return value && *value ? 0 : err_set(err, EINVAL, "user takes a NAME");
}

static void print_user(const void *target, FILE *out)
{
	const struct sound_config *sound = target;

	if (sound->user)
		fputs(sound->user, out);
}

static const struct suboption of_file[] = {
	{ "input", apply_input, print_input },
	{ "size", apply_size, print_size },
	{ NULL },
};

static const struct suboption of_session[] = {
	{ "user", apply_user, print_user },
	{ NULL },
};

static const struct suboption of_nothing[] = { { NULL } };

static const struct suboption *suboptions_of(enum sound_kind kind)
{
	if (kind == SOUND_FILE)
		return of_file;
	return kind == SOUND_OFF || kind == SOUND_NONE ? of_nothing : of_session;
}

static int parse(struct sound_config *sound, char *key, char *file, char *rest, struct err *err)
{
	sound->kind = SOUND_NR_KINDS;
	for (unsigned i = 0; key && i < SOUND_NR_KINDS; i++)
		if (!strcmp(key, sound_kinds[i]))
			sound->kind = (enum sound_kind)i;
	if (sound->kind == SOUND_NR_KINDS || !file != (sound->kind != SOUND_FILE) ||
		(file && !*file))
		return err_set(err, EINVAL,
			"--sound is on, pipewire, alsa, file=PATH, none or off, not '%s'",
			key ? key : "");
	sound->file = file;
	return suboptions_apply(suboptions_of(sound->kind), "--sound", rest, sound, err);
}

int run_sound_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;
	struct sound_config sound = { .max = RUN_SOUND_MAX };
	char *key = NULL, *file = NULL;
	int ret;

	option_next(&value, &key, &file);
	ret = parse(&sound, key, file, value, err);
	if (!ret && sound.file)
		ret = run_path(request, &sound.file, 0, err);
	if (!ret && sound.input)
		ret = run_path(request, &sound.input, 0, err);
	if (!ret)
		request->config.sound = sound;
	return ret;
}

bool run_sound_print(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;
	const struct sound_config *sound = &request->config.sound;

	fputs(sound_kinds[sound->kind], out);
	if (sound->kind == SOUND_FILE) {
		fputs("=", out);
		run_print_path_first(sound->file, out);
	}
	suboptions_print(suboptions_of(sound->kind), sound, out);
	return true;
}
