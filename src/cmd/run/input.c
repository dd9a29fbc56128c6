// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run/input.h"

#include <errno.h>
#include <string.h>

#include "cmd/ui/options.h"
#include "cmd/ui/suboptions.h"

static int apply_toggle(void *target, char *value, struct err *err)
{
	struct input_config *input = target;

	for (unsigned i = 0; value && i < NR_SEAT_TOGGLES; i++) {
		if (strcmp(value, seat_toggle_names[i]))
			continue;
		input->toggle = i;
		return 0;
	}
	return err_set(err, EINVAL,
		"toggle is ctrl-ctrl, alt-alt, shift-shift, meta-meta, scrolllock or "
		"ctrl-scrolllock");
}

static void print_toggle(const void *target, FILE *out)
{
	const struct input_config *input = target;

	if (input->toggle)
		fputs(seat_toggle_names[input->toggle], out);
}

static int apply_start(void *target, char *value, struct err *err)
{
	struct input_config *input = target;

	if (!value || (strcmp(value, "guest") && strcmp(value, "host")))
		return err_set(err, EINVAL, "start is guest or host");
	input->start_at_host = !strcmp(value, "host");
	return 0;
}

static void print_start(const void *target, FILE *out)
{
	if (((const struct input_config *)target)->start_at_host)
		fputs("host", out);
}

static int apply_command(void *target, char *value, struct err *err)
{
	if (!value || *value != '/')
		return err_set(err, EINVAL, "command is the absolute path of a program");
	((struct input_config *)target)->command = value;
	return 0;
}

static void print_command(const void *target, FILE *out)
{
	const struct input_config *input = target;

	if (input->command)
		fputs(input->command, out);
}

static const struct suboption suboptions[] = {
	{ "toggle", apply_toggle, print_toggle },
	{ "start", apply_start, print_start },
	{ "command", apply_command, print_command },
	{ NULL },
};

static int add_device(struct run_request *request, const char *path, struct err *err)
{
	struct input_config *input = &request->config.input;
	int ret;

	if (!strcmp(path, "auto")) {
		input->automatic = true;
	} else {
		if (input->nr_paths == SEAT_DEVICES)
			return err_set(err, E2BIG, "--input: more than %d devices", SEAT_DEVICES);
		ret = run_path(request, &path, 0, err);
		if (ret)
			return ret;
		input->paths[input->nr_paths++] = path;
	}
	if (input->automatic && input->nr_paths)
		return err_set(
			err, EINVAL, "--input: auto takes all devices, so name none besides");
	input->wanted = true;
	return 0;
}

int run_input_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;
	char *path, *rest;
	int ret;

	if (!option_next(&value, &path, &rest) || !*path || rest)
		return err_set(err, EINVAL,
			"--input begins with a device, such as "
			"/dev/input/by-id/usb-Maker_Keyboard-event-kbd, or with auto");
	ret = add_device(request, path, err);
	return ret ? ret
		   : suboptions_apply(suboptions, "--input", value, &request->config.input, err);
}

/* What concerns all devices is printed with the first one. */
bool run_input_print(const void *target, unsigned n, FILE *out)
{
	const struct input_config *input = &((const struct run_request *)target)->config.input;

	if (!input->wanted || n >= (input->automatic ? 1 : input->nr_paths))
		return false;
	if (input->automatic)
		fputs("auto", out);
	else
		run_print_path_first(input->paths[n], out);
	if (!n)
		suboptions_print(suboptions, input, out);
	return true;
}
