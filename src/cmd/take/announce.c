// SPDX-License-Identifier: GPL-2.0-or-later
/* What is said before a display is taken, and the question. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/take/internal.h"
#include "host/scan/process_unit.h"

/* A display of this host, not one that SSH forwards. */
static bool has_display(void)
{
	const char *x11 = getenv("DISPLAY");

	return getenv("WAYLAND_DISPLAY") || (x11 && *x11 == ':');
}

struct take_place take_place_now(void)
{
	struct take_place place = { .in_desktop = has_display() };
	struct process_unit unit;
	struct sysroot sysroot;
	struct err ignored = { 0 };

	if (!sysroot_open(&sysroot, "", &ignored) && !process_unit_read(&sysroot, 0, &unit)) {
		place.in_session = unit.of_user;
		place.in_desktop = unit.in_desktop;
	}
	sysroot_close(&sysroot);
	return place;
}

static bool stops_services(const struct plan *plan)
{
	for (unsigned i = 0; i < plan->nr_ops; i++)
		if (plan->ops[i].kind == PLAN_SERVICE)
			return true;
	return false;
}

void take_announce(const struct plan *plan, const struct take_place *place)
{
	struct term term = term_of(stderr);
	char line[256];

	fputs("Until the guest ends, it has", term.out);
	for (unsigned i = 0; i < plan->nr_devices; i++)
		fprintf(term.out, "%s%s", i ? ", " : " ", plan->devices[i].name);
	fputs(stops_services(plan) ? "; and these are stopped:\n" : ".\n", term.out);
	for (unsigned i = 0; i < plan->nr_ops; i++) {
		if (plan->ops[i].kind != PLAN_SERVICE)
			continue;
		snprintf(
			line, sizeof(line), "%.96s (%.128s)", plan->ops[i].value, plan->ops[i].why);
		term_paragraph(&term, "  - ", 4, line);
	}
	for (unsigned i = 0; i < plan->nr_notes; i++)
		term_paragraph(&term, "  - ", 4, plan->notes[i].text);
	term_paragraph(&term, "", 0,
		"When the guest ends, in whatever way, all of it comes back. If it does not, "
		"`tenon recover` puts it back, by SSH for example.");
	if (place->in_desktop)
		term_paragraph(&term, "", 0,
			"This terminal ends with the desktop. From here on all is written "
			"to " TAKE_LOG ".");
}

int take_ask(struct err *err)
{
	char answer[16];

	if (!isatty(STDIN_FILENO)) {
		err_set(err, EINVAL,
			"the desktop that this was started from would end, and there is no "
			"terminal to ask whether it may");
		return err_help(err, "--yes says that it may.");
	}
	fputs("Go on? [y/N] ", stderr);
	if (fgets(answer, sizeof(answer), stdin) && (*answer == 'y' || *answer == 'Y'))
		return 0;
	return err_set(err, ECANCELED, "nothing was changed");
}
