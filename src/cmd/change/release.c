// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon release`: undoes what `tenon bind` did. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "cmd/change/undo.h"
#include "cmd/cmd.h"
#include "cmd/source/source.h"
#include "cmd/ui/json.h"
#include "host/groups/verdict.h"
#include "host/scan/scan.h"
#include "host/scan/uses.h"

struct release_args {
	struct undo_args undo;
	struct pci_addr *devices;
	unsigned nr_devices;
	bool persist;
};

static const struct cmd_option options[] = {
	{ "persist", 0, OPTION_FLAG, NULL,
		"only take back that they go to VFIO after a reboot, too; they stay\n"
		"bound until then",
		.field = FLAG_FIELD(struct release_args, persist) },
	CHANGE_OPTIONS(struct release_args, undo.sysroot, undo.json, undo.verbose),
	{ 0 },
};

struct release {
	struct session session;
	struct host host;
	struct uses uses;
	struct json_object *list; /* NULL: prints text */
	bool files_only;          /* undo only what makes the binding survive a reboot */
};

/*
 * Refuses devices that a guest uses: the kernel would let the unbind wait until the guest has
 * ended, and no signal interrupts that.
 */
static int check_guests(
	const struct release *release, const struct journal *journal, struct err *err)
{
	if (journal->state == JOURNAL_LENT && journal_is_held(journal)) {
		err_set(err, EBUSY, "%s is lent to a machine that runs", journal->devices[0]);
		return err_help(err, "End the machine: then it goes back by itself.");
	}
	for (unsigned i = 0; i < journal->nr_devices; i++) {
		const struct use *guest = NULL;
		char who[USES_GUEST_TEXT];
		struct pci_addr addr;
		int dev;

		if (pci_addr_parse(journal->devices[i], &addr))
			continue;
		dev = host_find(&release->host, addr);
		if (dev != HOST_NONE)
			guest = uses_next(&release->uses, dev, USE_GUEST, NULL);
		if (!guest)
			continue;
		err_set(err, EBUSY, "%s belongs to a guest: %s", journal->devices[i],
			uses_guest_text(guest, who));
		return err_help(err, "End the guest first.");
	}
	return 0;
}

/*
 * Reports a device that is in no transaction, which is fine unless VFIO has it. Returns 0 or
 * -errno.
 */
static int tell_unknown(const struct release *release, struct pci_addr addr, const char *name)
{
	int dev = host_find(&release->host, addr);
	struct err err = { 0 };

	if (dev != HOST_NONE && !verdict_is_vfio(release->host.devs[dev].driver)) {
		undo_tell_nothing(release->list, name, "is not bound by tenon: nothing to do");
		return 0;
	}
	if (dev == HOST_NONE) {
		err_set(&err, ENODEV, "there is no PCI function %s", name);
		err_help(&err, "`tenon list` shows those that are there.");
	} else {
		err_set(&err, ENOENT, "tenon did not bind %s, so it does not know what to put back",
			name);
		err_help(&err,
			"To give it to the driver that the kernel prefers, write an empty line to "
			"its driver_override, then its address to its driver/unbind and to "
			"/sys/bus/pci/drivers_probe.");
	}
	undo_tell(release->list, NULL, UNDO_FAILED, &err);
	return -err.code;
}

/*
 * Finds the transaction that a device is in and returns the name of its journal; NULL if there is
 * nothing to undo.
 */
static int find(const struct release *release, struct pci_addr addr, char **journal_name)
{
	struct err err = { 0 };
	char name[PCI_ADDR_SIZE];
	struct journal journal;
	int ret = store_find(&release->session.store, pci_addr_text(addr, name), &journal, &err);

	*journal_name = NULL;
	if (!ret && release->files_only && !act_has_files(&journal)) {
		undo_tell_nothing(release->list, name, "does not survive a reboot: nothing to do");
		journal_close(&journal);
		return 0;
	}
	if (!ret) {
		*journal_name = strdup(journal.name);
		journal_close(&journal);
		return *journal_name ? 0 : -ENOMEM;
	}
	if (ret == -ENOENT)
		return tell_unknown(release, addr, name);
	undo_tell(release->list, NULL, UNDO_FAILED, &err);
	return ret;
}

static int release_one(struct release *release, const char *name)
{
	struct err err = { 0 };
	struct journal journal;
	int ret = journal_load(&journal, release->session.store.directory, name, true, &err);

	if (ret) {
		undo_tell(release->list, NULL, UNDO_FAILED, &err);
		return ret;
	}
	if (release->files_only) {
		ret = act_unpersist(&release->session.act, &journal, &err);
	} else {
		ret = check_guests(release, &journal, &err);
		if (!ret)
			ret = act_undo(&release->session.act, &journal, &err);
	}
	undo_tell(release->list, &journal,
		ret                   ? UNDO_FAILED
		: release->files_only ? UNDO_FILES
				      : UNDO_DONE,
		&err);
	journal_close(&journal);
	return ret;
}

/*
 * Several devices may be in one transaction, so all transactions are looked up before the first is
 * undone.
 */
static int release_all(struct release *release, const struct pci_addr *devices, unsigned count)
{
	own_free char **names = calloc(count + 1, sizeof(*names));
	unsigned found = 0;
	int ret = names ? 0 : -ENOMEM;

	for (unsigned i = 0; i < count && !ret; i++) {
		unsigned k = 0;

		ret = find(release, devices[i], &names[found]);
		while (!ret && names[found] && k < found && strcmp(names[k], names[found]))
			k++;
		if (!ret && names[found] && k == found)
			found++;
		else
			free(names[found]);
	}
	for (unsigned i = 0; i < found; i++) {
		int one = ret ? 0 : release_one(release, names[i]);

		ret = ret ? ret : one;
		free(names[i]);
	}
	return ret;
}

static int scan(struct release *release, struct err *err)
{
	int ret = scan_sysfs(&release->host, &release->session.sysroot, 0, err);

	if (ret)
		return ret;
	ret = scan_guests(&release->uses, &release->host, &release->session.sysroot);
	return ret ? err_sys(err, -ret, "cannot hold what uses the devices") : 0;
}

static int release_main(const struct cmd_call *call, struct err *err)
{
	const struct release_args *args = call->args;
	struct release release = { .list = args->undo.json ? json_object_new_array() : NULL,
		.files_only = args->persist };
	struct json_object *json;
	struct err failure = { 0 };
	int ret = session_open(&release.session, args->undo.sysroot, args->undo.verbose, &failure);

	if (!ret)
		ret = scan(&release, &failure);
	if (ret)
		undo_tell(release.list, NULL, UNDO_FAILED, &failure);
	else
		ret = release_all(&release, args->devices, args->nr_devices);
	if (release.list) {
		json = json_object_new_object();
		json_add(json, "transactions", release.list);
		json_print(json);
	}
	host_close(&release.host);
	session_close(&release.session);
	return ret ? EXIT_CANNOT : EXIT_FINE;
}

static int release_operands(const struct cmd_call *call, struct err *err)
{
	struct release_args *args = call->args;
	int ret = 0;

	args->devices = calloc(call->nr_operands, sizeof(*args->devices));
	if (!args->devices)
		return err_sys(err, ENOMEM, "cannot hold the addresses");
	for (unsigned i = 0; i < call->nr_operands && !ret; i++)
		ret = source_addr(call->operands[i], &args->devices[args->nr_devices++], err);
	return ret;
}

static void release_close_args(void *args)
{
	free(((struct release_args *)args)->devices);
}

static const char *release_done(const struct cmd_call *call, int code)
{
	return code == EXIT_FINE ? "The devices are released all the same: `tenon list` shows them."
				 : NULL;
}

const struct cmd cmd_release = {
	.name = "release",
	.summary = "take back what bind did",
	.operands = "ADDRESS...",
	.description =
		"Takes back what `tenon bind` did for these devices, with all that went with "
		"them:\n"
		"drivers, overrides, power settings and consoles are again what they were. What "
		"is not\n"
		"bound is left alone, and that is no error.\n",
	.options = options,
	.exits = { "done" },
	.args_size = sizeof(struct release_args),
	.take_operands = release_operands,
	.main = release_main,
	.done = release_done,
	.close = release_close_args,
};
