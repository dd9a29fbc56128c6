// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Framebuffers on the cards to assign: the firmware's framebuffer reserves part of a BAR, which
 * VFIO then cannot map, and text consoles draw into framebuffers until they are unbound.
 */
#include "host/plan/plan_internal.h"

#define PLATFORM "/sys/bus/platform/devices"

static bool goes(const struct plan *plan, int dev)
{
	for (unsigned i = 0; i < plan->nr_devices; i++)
		if ((int)plan->devices[i].dev == dev)
			return !plan->devices[i].ready;
	return false;
}

/* Whether the host loses its last framebuffer; otherwise consoles move to another by themselves. */
static bool last_picture_goes(const struct plan *plan, const struct uses *uses)
{
	bool any = false;

	for (unsigned i = 0; i < uses->nr_screens; i++) {
		if (!uses->screens[i].fb)
			continue;
		if (!goes(plan, uses->screens[i].dev))
			return false;
		any = true;
	}
	return any;
}

static void add_consoles(struct plan *plan, const struct uses *uses)
{
	for (unsigned i = 0; i < uses->nr_consoles; i++) {
		const struct use_console *console = &uses->consoles[i];

		if (!console->framebuffer || !console->bound)
			continue;
		plan_add_op(
			plan, (struct plan_op){
				      .kind = PLAN_WRITE,
				      .file = plan_text(plan, "/sys/class/vtconsole/vtcon%u/bind",
					      console->number),
				      .value = "0",
				      .why = "the text console draws on the card",
			      });
	}
}

static void add_picture(struct plan *plan, const struct use_screen *screen)
{
	const char *name = plan_text(plan, "%s", screen->platform);

	plan_add_op(plan, (struct plan_op){
				  .kind = PLAN_UNBIND,
				  .device = name,
				  .file = plan_text(plan, PLATFORM "/%s/driver/unbind", name),
				  .value = name,
				  .driver = plan_text(plan, "%s", screen->driver),
				  .why = "the firmware's picture keeps a part of the card's memory",
			  });
}

static void note_claims(struct plan *plan, const struct uses *uses, const char *name, int dev)
{
	const struct use_screen *screen = uses_firmware_screen(uses, dev);

	for (unsigned i = 0; i < uses->nr_claims; i++) {
		const struct use_claim *claim = &uses->claims[i];

		if ((int)claim->dev != dev || !uses_is_firmware_claim(claim->name) ||
			(screen && screen->driver))
			continue;
		plan_add_note(plan, name,
			plan_text(plan,
				"%s: the kernel keeps a part of its memory for the firmware's "
				"picture (%s) and has no driver to take it from; boot with "
				"video=efifb:off, or initcall_blacklist=sysfb_init before Linux "
				"6.18",
				name, claim->name));
	}
}

void plan_screens(struct plan *plan, const struct plan_facts *facts)
{
	const struct uses *uses = facts->uses;

	if (!uses)
		return;
	if (last_picture_goes(plan, uses))
		add_consoles(plan, uses);
	for (unsigned i = 0; i < uses->nr_screens; i++)
		if (uses->screens[i].platform && uses->screens[i].driver &&
			goes(plan, uses->screens[i].dev))
			add_picture(plan, &uses->screens[i]);
	for (unsigned i = 0; i < plan->nr_devices; i++)
		if (!plan->devices[i].ready)
			note_claims(plan, uses, plan->devices[i].name, plan->devices[i].dev);
}
