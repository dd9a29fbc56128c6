// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/facts/uses.h"

#include <string.h>

const struct use *users_next(
	const struct users *users, unsigned dev, enum use_kind kind, const struct use *after)
{
	for (unsigned i = after ? after - users->uses + 1 : 0; i < users->use_count; i++)
		if (users->uses[i].dev == dev && users->uses[i].kind == kind)
			return &users->uses[i];
	return NULL;
}

const struct use_screen *users_firmware_screen(const struct users *users, unsigned dev)
{
	for (unsigned i = 0; i < users->screen_count; i++) {
		const struct use_screen *screen = &users->screens[i];

		if (screen->dev == (int)dev && screen->platform)
			return screen;
	}
	return NULL;
}

bool users_is_firmware_claim(const char *name)
{
	static const char *const names[] = { "BOOTFB", "efifb", "simplefb", "simpledrm", "vesafb",
		"vesadrm", "efidrm", "simple-framebuffer", "efi-framebuffer", "vesa-framebuffer" };

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(name, names[i], strlen(names[i])))
			return true;
	return false;
}

const char *users_kind_name(enum use_kind kind)
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
