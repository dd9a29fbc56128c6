// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/source/source.h"

#include <stdio.h>

#include "base/log.h"
#include "cmd/cmd.h"

bool source_option(struct source_args *args, int option, const char *value)
{
	switch (option) {
	case OPT_SOURCE_SYSROOT:
		args->scan.sysroot = value;
		return true;
	case OPT_SOURCE_LSPCI:
		args->scan.lspci = value;
		return true;
	case OPT_SOURCE_JSON:
		args->json = true;
		return true;
	}
	return false;
}

int source_usage(const char *command, const char *what, const char *value)
{
	fprintf(stderr, "tenon %s: %s%s%s%s\n`tenon %s --help` describes the command.\n", command,
		what, value ? " '" : "", value ? value : "", value ? "'" : "", command);
	return EXIT_USAGE;
}

int source_open(const struct source_args *args, struct host *host)
{
	struct err err = { 0 };

	if (args->scan.sysroot && args->scan.lspci) {
		log_error("--sysroot and --lspci are two hosts; name one");
		return EXIT_USAGE;
	}
	if (!scan_host(host, &args->scan, &err))
		return -1;
	log_err(&err);
	return EXIT_CANNOT;
}

int source_device(const struct host *host, const char *command, const char *text, int *code)
{
	struct pci_addr addr;
	int dev;

	if (pci_addr_parse(text, &addr)) {
		*code = source_usage(command, "not a PCI address (0000:01:00.0 or 01:00.0):", text);
		return HOST_NONE;
	}
	dev = host_find(host, addr);
	if (dev == HOST_NONE) {
		log_error("%s has no PCI function %s", host->origin, text);
		*code = EXIT_CANNOT;
	}
	return dev;
}
