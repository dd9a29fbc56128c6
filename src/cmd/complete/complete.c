// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon complete`, which shells run, not people. */
#include "cmd/complete/complete.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/machines/describe.h"
#include "cmd/source/view.h"
#include "kernel/machines.h"
#include "vm/boot/firmware_vars.h"

int complete_devices(struct err *err)
{
	static const struct source_args running = {
		.scan.skip = HOST_POWER | HOST_OVERRIDE | HOST_CONFIG | SCAN_LET_SLEEP,
	};
	char addr[PCI_ADDR_SIZE], name[PCI_NAME_SIZE];
	struct view view;
	int ret = view_open(&view, &running, false, err);

	for (unsigned i = 0; !ret && i < view.host.count; i++) {
		const struct host_dev *dev = &view.host.devs[i];

		if (host_is_assignable(dev))
			printf("%s\t%s\n", pci_addr_text(dev->addr, addr),
				view_name(&view, dev, name));
	}
	view_close(&view);
	return ret;
}

static bool is_among(char *const *names, int nr, const char *name)
{
	for (int i = 0; i < nr; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* Prints the machines that run, are defined, or have run on this host under a name. */
int complete_machines(struct err *err)
{
	own_free char *root = firmware_vars_root(), **names = NULL;
	own_dir DIR *directory = root ? opendir(root) : NULL;
	struct dirent *entry;
	int nr = machine_names(&names);

	for (int i = 0; i < nr; i++)
		printf("%s\ta machine\n", names[i]);
	while (directory && (entry = readdir(directory)))
		if (firmware_vars_name_is_plain(entry->d_name) &&
			!is_among(names, nr, entry->d_name))
			printf("%s\ta machine with UEFI variables\n", entry->d_name);
	return 0;
}

int complete_pids(struct err *err)
{
	int pids[MACHINES_MAX];
	unsigned nr = machines_find(pids);

	char name[MACHINE_NAME_SIZE];

	for (unsigned i = 0; i < nr; i++) {
		machine_name(pids[i], name);
		printf("%d\t%s\n", pids[i], *name ? name : "a machine that runs");
	}
	return 0;
}

static const struct {
	const char *name;
	int (*print)(struct err *err);
} kinds[] = {
	{ "devices", complete_devices },
	{ "machines", complete_machines },
	{ "pids", complete_pids },
	{ "table", complete_table },
};

static int complete_main(const struct cmd_call *call, struct err *err)
{
	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, call->operands[0]))
			return kinds[i].print(err) ? EXIT_CANNOT : EXIT_FINE;
	err_set(err, EINVAL, "there is nothing called '%s' to complete", call->operands[0]);
	return EXIT_USAGE;
}

const struct cmd cmd_complete = {
	.name = "complete",
	.operands = "devices|machines|pids|table",
	.description = "Prints what a shell completes; for the files of completions.\n",
	.main = complete_main,
};
