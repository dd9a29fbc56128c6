// SPDX-License-Identifier: GPL-2.0-or-later
/* Pictures: the host's own display, the firmware's framebuffer, legacy VGA. */
#include "host/check/parts.h"
#include "host/topo/vga.h"

void check_boot_vga(struct look *look)
{
	if (!host_is_gpu(look->d) || !host_knows(look->d, HOST_IDS)) {
		found(look, SEVERITY_OK, "it is no display");
	} else if (!host_knows(look->d, HOST_BOOT_VGA)) {
		if (vga_is_card(look->d))
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
		fix(look,
			"make another card the primary display in the firmware's setup; or on a "
			"host reached over the network: tenon bind --force %s",
			look->name);
	}
}

static const struct use_claim *firmware_claim(const struct look *look)
{
	for (unsigned i = 0; i < look->users->claim_count; i++)
		if (look->users->claims[i].dev == look->dev &&
			users_is_firmware_claim(look->users->claims[i].name))
			return &look->users->claims[i];
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
	const struct use_screen *screen = users_firmware_screen(look->users, look->dev);
	const struct use_claim *claim = firmware_claim(look);

	if (!screen && !claim && !look->users->claims_known) {
		found(look, SEVERITY_UNKNOWN,
			"/proc/iomem is not there or shows no addresses, which takes root");
		return;
	}
	if (!claim && !(screen && screen->driver)) {
		found(look, SEVERITY_OK, "no firmware framebuffer lies on it");
		if (look->users->claims_known)
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
	for (unsigned i = 0; i < look->users->console_count; i++)
		if (look->users->consoles[i].framebuffer && look->users->consoles[i].bound)
			evidence(look,
				look_text(look, "/sys/class/vtconsole/vtcon%u/name",
					look->users->consoles[i].number),
				"%s, bound", look->users->consoles[i].name);
	fix_framebuffer(look, screen);
}

/* Whether accesses to 3C0h and A0000h get to it, by what bridges and the card are set to. */
static const char *reach_text(const struct host *host, unsigned dev)
{
	const struct vga_path path = vga_path_of(host, dev);

	if (!path.known)
		return "whether VGA accesses reach it is not known";
	return path.open && vga_decoding(&host->devs[dev]) == (VGA_IO | VGA_MEM)
		       ? "VGA accesses reach it"
		       : "VGA accesses do not reach it";
}

static void vga_evidence(struct look *look)
{
	if (look->setup && look->setup->vga_arbiter)
		evidence(look, "/dev/vga_arbiter", "%s", look->setup->vga_arbiter);
	for (unsigned i = 0; i < look->host->count; i++) {
		const struct host_dev *dev = &look->host->devs[i];

		if (vga_is_card(dev))
			evidence(look, look_file(look, dev, "config"), "%s, %s",
				reach_text(look->host, i), look_driver(dev));
	}
}

/* Who takes part in legacy VGA: in the mode `bios` each access of the guest has to be routed. */
void check_vga(struct look *look)
{
	unsigned count = 0, stay = 0, blind = 0;

	for (unsigned i = 0; i < look->host->count; i++) {
		const struct host_dev *dev = &look->host->devs[i];

		if (!vga_is_card(dev))
			continue;
		count++;
		stay += !look_goes(look, i) && vga_keeps_answering(dev);
		blind += vga_decoding(dev) < 0;
	}
	if (!count) {
		found(look, SEVERITY_OK, "there is no VGA controller");
	} else if (blind) {
		found(look, SEVERITY_UNKNOWN, "the config space of %u VGA controllers is not known",
			blind);
	} else if (stay && look->facts->mode == PLAN_MODE_BIOS) {
		found(look, SEVERITY_WARN,
			"the host's Intel graphics take part in legacy VGA and do not step back: "
			"each VGA access of a guest started with the card's BIOS switches the "
			"bridges");
		vga_evidence(look);
		fix(look, "start the guest with UEFI (--for uefi), which uses no legacy VGA");
	} else {
		found(look,
			count > 1 && look->facts->mode == PLAN_MODE_BIOS ? SEVERITY_INFO
									 : SEVERITY_OK,
			"%u VGA controllers take part in legacy VGA", count);
		vga_evidence(look);
	}
}
