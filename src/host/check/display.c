// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Checks displays: whether the host uses the card as its display, and the firmware's framebuffer.
 */
#include "host/check/check_internal.h"
#include "host/facts/vga.h"

/* Whether the host has this display and, as far as the source shows, no other. */
static bool is_only_display(const struct look *look)
{
	return host_shows_root(look->host) && vga_is_only_display(look->host, look->dev);
}

static void fix_boot_vga(struct look *look)
{
	if (is_only_display(look))
		fix(look,
			"the host has no other display: tenon run --take-display --device %s takes "
			"it from the host's desktop while the guest runs, and gives it back",
			look->name);
	else
		fix(look,
			"make another card the primary display in %s; or on a host reached over "
			"the network: tenon bind --force %s",
			look_setup(look), look->name);
}

static void show_desktop(struct look *look)
{
	const struct use_desktop *desktop = look->uses ? &look->uses->desktop : NULL;

	if (desktop && desktop->cgroup && is_only_display(look))
		evidence(look, desktop->cgroup, "the display manager, %s, runs", desktop->unit);
}

void check_boot_vga(struct look *look)
{
	if (!host_is_gpu(look->d) || !host_knows(look->d, HOST_IDS)) {
		found(look, SEVERITY_OK, "it is no display");
	} else if (!host_knows(look->d, HOST_BOOT_VGA)) {
		if (vga_is_card(look->d) && is_only_display(look))
			found(look, SEVERITY_WARN,
				"it is the only display that is shown, so most likely the host's "
				"own: "
				"the host's screen goes dark");
		else if (vga_is_card(look->d))
			found(look, SEVERITY_UNKNOWN,
				"which card the firmware started is not known");
		else
			found(look, SEVERITY_OK, "it is no VGA controller");
	} else if (!look->d->boot_vga) {
		found(look, SEVERITY_OK, "the firmware started another display");
		evidence(look, look_file(look, look->d, "boot_vga"), "0");
	} else {
		found(look, SEVERITY_WARN,
			"it is the display that the firmware started: the host's screen goes dark, "
			"and its ROM was run already");
		evidence(look, look_file(look, look->d, "boot_vga"), "1");
		show_desktop(look);
		fix_boot_vga(look);
	}
}

static const struct use_claim *firmware_claim(const struct look *look)
{
	for (unsigned i = 0; i < look->uses->nr_claims; i++)
		if (look->uses->claims[i].dev == look->dev &&
			uses_is_firmware_claim(look->uses->claims[i].name))
			return &look->uses->claims[i];
	return NULL;
}

static void fix_framebuffer(struct look *look, const struct use_screen *screen)
{
	if (screen && screen->driver)
		fix(look,
			"tenon bind %s takes it away: it unbinds the text consoles and %s before "
			"the card",
			look->name, screen->platform);
	else
		fix(look, "boot with video=efifb:off; up to Linux 6.17 "
			  "initcall_blacklist=sysfb_init does it too, and later kernels ignore "
			  "that for simpledrm");
}

void check_framebuffer(struct look *look)
{
	const struct use_screen *screen = uses_firmware_screen(look->uses, look->dev);
	const struct use_claim *claim = firmware_claim(look);

	if (!screen && !claim && !look->uses->claims_known) {
		found(look, SEVERITY_UNKNOWN,
			"/proc/iomem is not there, or its addresses were not read; run as root");
		return;
	}
	if (!claim && !(screen && screen->driver)) {
		found(look, SEVERITY_OK, "no firmware framebuffer lies on it");
		if (look->uses->claims_known)
			evidence(look, "/proc/iomem", "nothing of firmware's in its BARs");
		return;
	}
	found(look, SEVERITY_WARN,
		"the firmware's framebuffer keeps a part of its memory: a guest's start would end "
		"in \"can't reserve\" its BAR");
	if (claim)
		evidence(look, "/proc/iomem", "%llx-%llx : %s", (unsigned long long)claim->start,
			(unsigned long long)claim->end, claim->name);
	if (screen)
		evidence(look,
			look_text(look, "/sys/bus/platform/devices/%s/driver", screen->platform),
			"%s", screen->driver ? screen->driver : "no driver");
	for (unsigned i = 0; i < look->uses->nr_consoles; i++)
		if (look->uses->consoles[i].framebuffer && look->uses->consoles[i].bound)
			evidence(look,
				look_text(look, "/sys/class/vtconsole/vtcon%u/name",
					look->uses->consoles[i].number),
				"%s, bound", look->uses->consoles[i].name);
	fix_framebuffer(look, screen);
}
