// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run/usb.h"

#include <errno.h>
#include <string.h>

#include "cmd/ui/options.h"
#include "cmd/ui/suboptions.h"

static int apply_force(void *target, char *value, struct err *err)
{
	struct usb_host_config *usb = target;

	return option_switch("force", value ? value : "on", &usb->force, err);
}

static void print_force(const void *target, FILE *out)
{
	if (((const struct usb_host_config *)target)->force)
		fputs("on", out);
}

static const struct suboption suboptions[] = {
	{ "force", apply_force, print_force },
	{ NULL },
};

static bool is_same(const struct usb_match *a, const struct usb_match *b)
{
	char of_a[USB_MATCH_SIZE], of_b[USB_MATCH_SIZE];

	return !strcmp(usb_match_text(a, of_a), usb_match_text(b, of_b));
}

/* The device's name was split if there is a "=" in it: port=3-1.2, or in a serial number. */
static int parse(struct usb_host_config *usb, char *value, struct err *err)
{
	char *name = NULL, *rest = NULL, text[USB_MATCH_SIZE];
	int ret;

	option_next(&value, &name, &rest);
	snprintf(text, sizeof(text), "%s%s%s", name ? name : "", rest ? "=" : "", rest ? rest : "");
	ret = usb_match_parse(&usb->match, text, err);
	if (ret)
		return err_wrap(err, "--usb");
	return suboptions_apply(suboptions, "--usb", value, usb, err);
}

int run_usb_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;
	struct machine_config *config = &request->config;
	struct usb_host_config usb = { 0 };
	int ret = parse(&usb, value, err);

	if (ret)
		return ret;
	for (unsigned i = 0; i < config->nr_usb; i++)
		if (is_same(&config->usb[i].match, &usb.match))
			return err_set(err, EINVAL, "--usb names the same device twice");
	if (config->nr_usb == USB_HOST_MAX)
		return err_set(err, E2BIG, "--usb: more than %d devices", USB_HOST_MAX);
	config->usb[config->nr_usb++] = usb;
	return 0;
}

bool run_usb_print(const void *target, unsigned n, FILE *out)
{
	const struct machine_config *config = &((const struct run_request *)target)->config;
	char text[USB_MATCH_SIZE];

	if (n >= config->nr_usb)
		return false;
	suboption_print_text(usb_match_text(&config->usb[n].match, text), out);
	suboptions_print(suboptions, &config->usb[n], out);
	return true;
}

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
