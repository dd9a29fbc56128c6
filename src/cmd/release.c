// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon release` and `tenon recover`: put back what `tenon bind` changed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/own.h"
#include "cmd/act.h"
#include "cmd/cmd.h"

static const struct act_syntax release_syntax = {
	.name = "release",
	.min_devices = 1,
	.max_devices = 256,
	.help = "Usage: tenon release [OPTIONS] BDF...\n"
		"\n"
		"Takes back what `tenon bind` did for these devices, with all that went with "
		"them:\n"
		"drivers, overrides and power settings are again what they were.\n"
		"\n"
		"  --sysroot DIR  on the files below DIR\n"
		"  -v, --verbose  say each step\n"
		"\n"
		"Exit codes: 0 done, 2 wrong usage, 3 not possible.\n",
};

static const struct act_syntax recover_syntax = {
	.name = "recover",
	.help = "Usage: tenon recover [OPTIONS]\n"
		"\n"
		"Puts back what a `tenon bind` or `tenon release` that did not come to its end "
		"left\n"
		"behind. What is bound stays bound.\n"
		"\n"
		"  --sysroot DIR  on the files below DIR\n"
		"  -v, --verbose  say each step\n"
		"\n"
		"Exit codes: 0 done or nothing to do, 2 wrong usage, 3 not possible.\n",
};

static void print_back(const struct journal *journal)
{
	for (unsigned i = 0; i < journal->device_count; i++)
		printf("%s is as it was\n", journal->devices[i]);
}

static int undo(struct act_session *session, struct journal *journal, struct err *err)
{
	int rc = act_undo(&session->act, journal, err);

	if (!rc)
		print_back(journal);
	return rc;
}

static int release_one(struct act_session *session, struct pci_addr addr, struct err *err)
{
	char name[PCI_ADDR_SIZE];
	struct journal journal;
	int rc = store_find(&session->store, pci_addr_text(addr, name), &journal, err);

	if (rc == -ENOENT) {
		err_set(err, ENOENT, "tenon did not bind %s, and cannot know what to put back",
			name);
		return -ENOENT;
	}
	if (rc)
		return rc;
	rc = undo(session, &journal, err);
	journal_close(&journal);
	return rc;
}

/* One transaction may hold several of the devices: those are back when their turn comes. */
static int release_all(struct act_session *session, const struct act_args *args, struct err *err)
{
	for (unsigned i = 0; i < args->count; i++) {
		int rc = release_one(session, args->devices[i], err);

		if (rc == -ENOENT && i)
			continue;
		if (rc)
			return rc;
	}
	return 0;
}

static int recover_all(struct act_session *session, const struct act_args *args, struct err *err)
{
	own_free char **names = NULL;
	int n = store_names(&session->store, &names, err), first = n < 0 ? n : 0;

	for (int i = 0; i < n; i++) {
		struct err failure = { 0 };
		struct journal journal;
		int rc = journal_load(&journal, session->store.folder, names[i], true, &failure);

		if (!rc && journal.state != JOURNAL_BOUND)
			rc = undo(session, &journal, &failure);
		journal_close(&journal);
		if (rc && !first) {
			first = rc;
			*err = failure;
		}
	}
	return first;
}

static int run(const struct act_syntax *syntax,
	int (*work)(struct act_session *, const struct act_args *, struct err *), int argc,
	char **argv)
{
	struct act_session session;
	struct err err = { 0 };
	struct act_args args;
	int rc = act_parse(&args, syntax, argc, argv);

	if (rc >= 0)
		goto out;
	rc = act_session_open(&session, args.sysroot, &err);
	if (!rc)
		rc = work(&session, &args, &err);
	act_session_close(&session);
	if (rc)
		log_err(&err);
	rc = rc ? EXIT_CANNOT : EXIT_FINE;
out:
	free(args.devices);
	return rc;
}

int cmd_release(int argc, char **argv)
{
	return run(&release_syntax, release_all, argc, argv);
}

int cmd_recover(int argc, char **argv)
{
	return run(&recover_syntax, recover_all, argc, argv);
}
