// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run/display.h"

#include <errno.h>
#include <string.h>

#include "cmd/ui/options.h"
#include "cmd/ui/suboptions.h"

#define UNIX "unix:"

static int apply_password_file(void *target, char *value, struct err *err)
{
	struct display_config *display = target;

	display->password_file = value;
	return value && *value ? 0 : err_set(err, EINVAL, "password-file takes a FILE");
}

static void print_password_file(const void *target, FILE *out)
{
	const struct display_config *display = target;

	if (display->password_file)
		run_print_path(display->password_file, out);
}

static const struct suboption suboptions[] = {
	{ "password-file", apply_password_file, print_password_file },
	{ NULL },
};

static bool is_unix(const char *address)
{
	return !strncmp(address, UNIX, strlen(UNIX));
}

/* A socket file's path is relative to the machine file's directory, like all paths in that file. */
static int apply_address(struct run_request *request, struct display_config *display,
	const char *text, struct err *err)
{
	display->vnc = true;
	display->address_text = text;
	if (is_unix(text) && run_path(request, &display->address_text, strlen(UNIX), err))
		return -err->code;
	return vnc_address_parse(&display->address, display->address_text, err);
}

int run_display_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;
	struct display_config display = { 0 };
	char *key = NULL, *address = NULL;
	int ret;

	if (strcmp(value, "none")) {
		option_next(&value, &key, &address);
		if (!key || strcmp(key, "vnc") || !address)
			return err_set(err, EINVAL, "--display is vnc=ADDRESS or none");
		ret = apply_address(request, &display, address, err);
		if (!ret)
			ret = suboptions_apply(suboptions, "--display", value, &display, err);
		if (!ret && display.password_file)
			ret = run_path(request, &display.password_file, 0, err);
		if (ret)
			return ret;
	}
	request->config.display = display;
	return 0;
}

bool run_display_print(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;
	const struct display_config *display = &request->config.display;

	if (!display->vnc)
		return false;
	fputs("vnc=", out);
	if (is_unix(display->address_text)) {
		fputs(UNIX, out);
		run_print_path_first(display->address_text + strlen(UNIX), out);
	} else {
		suboption_print_text(display->address_text, out);
	}
	suboptions_print(suboptions, display, out);
	return true;
}
