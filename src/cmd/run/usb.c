// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run/usb.h"

#include "cmd/ui/options.h"

int run_usb_input_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;

	return option_switch("--usb-input", value, &request->config.usb_input, err);
}

bool run_usb_input_print(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	fputs(request->config.usb_input ? "on" : "off", out);
	return true;
}
