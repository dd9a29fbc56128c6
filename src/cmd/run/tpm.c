// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run/tpm.h"

#include <errno.h>
#include <string.h>

#define STATE "state="

int run_tpm_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;
	struct tpm_config tpm = { .on = strcmp(value, "off") };

	if (!strncmp(value, STATE, strlen(STATE)) && value[strlen(STATE)]) {
		tpm.state = value + strlen(STATE);
		if (run_path(request, &tpm.state, 0, err))
			return -err->code;
	} else if (strcmp(value, "on") && strcmp(value, "off")) {
		return err_set(err, EINVAL, "--tpm is on, off or state=DIRECTORY, not '%s'", value);
	}
	request->config.tpm = tpm;
	return 0;
}

bool run_tpm_print(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;
	const struct tpm_config *tpm = &request->config.tpm;

	if (tpm->state) {
		fputs(STATE, out);
		run_print_path(tpm->state, out);
	} else {
		fputs(tpm->on ? "on" : "off", out);
	}
	return true;
}

int run_tpm_check(const struct machine_config *config, struct err *err)
{
	if (!config->tpm.on || config->tpm.state || config->name)
		return 0;
	err_set(err, EINVAL,
		"--tpm on needs --name: a TPM's secrets are kept under the machine's name");
	return err_help(err,
		"--name NAME gives the machine a name; --tpm state=DIRECTORY keeps them "
		"elsewhere.");
}
