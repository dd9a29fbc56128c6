// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks who uses a device now. */
#include <string.h>

#include "host/check/check_internal.h"

static unsigned count_uses(const struct look *look, enum use_kind kind)
{
	const struct use *use = NULL;
	unsigned count = 0;

	while ((use = uses_next(look->uses, look->dev, kind, use)))
		count++;
	return count;
}

static void show_uses(struct look *look, enum use_kind kind)
{
	const struct use *use = NULL;

	while ((use = uses_next(look->uses, look->dev, kind, use))) {
		if (use->pid)
			evidence(look, look_text(look, "/proc/%d/fd", use->pid), "%s: %s",
				use->what, use->via);
		else
			evidence(look, use->via, "%s: %s", uses_kind_name(kind), use->what);
	}
}

void check_holders(struct look *look)
{
	unsigned guests = count_uses(look, USE_GUEST), holders = count_uses(look, USE_PROCESS);
	const struct use *first = uses_next(look->uses, look->dev, USE_PROCESS, NULL);

	if (guests) {
		found(look, SEVERITY_FAIL, "a guest has it");
		show_uses(look, USE_GUEST);
		fix(look, "end that guest first");
	} else if (holders) {
		found(look, SEVERITY_WARN,
			"%u programs have it open: taking the driver from it may hang, and then "
			"only a restart helps",
			holders);
		show_uses(look, USE_PROCESS);
		if (!strncmp(first->what, "nvidia-persist", 14))
			fix(look, "systemctl stop nvidia-persistenced");
		else
			fix(look,
				"end them: process %d (%s)%s; a display server may have to be "
				"told to leave the card alone",
				first->pid, first->what, holders > 1 ? " and the others" : "");
	} else if (!look->uses->processes_known) {
		found(look, SEVERITY_UNKNOWN,
			"not every process's open files were read; run as root");
	} else {
		found(look, SEVERITY_OK, "no program has it open");
		evidence(look, "/proc/*/fd", "no file of its own");
	}
}

void check_host_use(struct look *look)
{
	static const enum use_kind kinds[] = { USE_MOUNT, USE_SWAP, USE_ROUTE };
	bool used = false;

	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++)
		used |= count_uses(look, kinds[i]) > 0;
	if (!used) {
		found(look, SEVERITY_OK, "no file system, swap or route of the host's is on it");
		return;
	}
	found(look, SEVERITY_FAIL, "the host itself lives on it");
	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++)
		show_uses(look, kinds[i]);
	fix(look, "assign another device, or move these to one first");
}

void check_daemons(struct look *look)
{
	const struct platform *platform = look->platform;

	if (!platform->nr_daemons) {
		found(look, SEVERITY_OK, "no program runs that keeps graphics cards open");
		return;
	}
	found(look, SEVERITY_WARN,
		"%s runs: it opens NVIDIA cards again as soon as they are free, and unbinding "
		"hangs on it",
		platform->daemons[0].name);
	for (unsigned i = 0; i < platform->nr_daemons; i++)
		evidence(look, look_text(look, "/proc/%d/comm", platform->daemons[i].pid), "%s",
			platform->daemons[i].name);
	fix(look, "systemctl disable --now %s",
		!strcmp(platform->daemons[0].name, "nvidia-persiste") ? "nvidia-persistenced"
		: !strcmp(platform->daemons[0].name, "nv-fabricmanage")
			? "nvidia-fabricmanager"
			: platform->daemons[0].name);
}
