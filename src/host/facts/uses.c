// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/facts/uses.h"

#include <stdio.h>
#include <string.h>

const struct use *uses_next(
	const struct uses *uses, unsigned dev, enum use_kind kind, const struct use *after)
{
	for (unsigned i = after ? after - uses->use + 1 : 0; i < uses->nr_uses; i++)
		if (uses->use[i].dev == dev && uses->use[i].kind == kind)
			return &uses->use[i];
	return NULL;
}

const struct use_screen *uses_firmware_screen(const struct uses *uses, unsigned dev)
{
	for (unsigned i = 0; i < uses->nr_screens; i++) {
		const struct use_screen *screen = &uses->screens[i];

		if (screen->dev == (int)dev && screen->platform)
			return screen;
	}
	return NULL;
}

bool uses_is_firmware_claim(const char *name)
{
	static const char *const names[] = { "BOOTFB", "efifb", "simplefb", "simpledrm", "vesafb",
		"vesadrm", "efidrm", "simple-framebuffer", "efi-framebuffer", "vesa-framebuffer" };

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(name, names[i], strlen(names[i])))
			return true;
	return false;
}

const char *uses_kind_name(enum use_kind kind)
{
	static const char *const names[] = {
		[USE_MOUNT] = "mount",
		[USE_SWAP] = "swap",
		[USE_ROUTE] = "route",
		[USE_INPUT] = "input",
		[USE_PROCESS] = "process",
		[USE_GUEST] = "guest",
	};

	return names[kind];
}

const struct use *uses_guest(const struct uses *uses, unsigned dev)
{
	return uses ? uses_next(uses, dev, USE_GUEST, NULL) : NULL;
}

char *uses_guest_text(const struct use *guest, char text[USES_GUEST_TEXT])
{
	if (guest->machine)
		snprintf(text, USES_GUEST_TEXT, "%.64s (process %d, machine %.96s)", guest->what,
			guest->pid, guest->machine);
	else
		snprintf(text, USES_GUEST_TEXT, "%.64s (process %d)", guest->what, guest->pid);
	return text;
}
