// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks legacy VGA: which cards decode it, and what prevents guests from using it. */
#include <string.h>

#include "host/check/check_internal.h"
#include "host/facts/vga.h"

/*
 * Says whether accesses to 3C0h and A0000h reach the card, by the registers of the bridges and the
 * card.
 */
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
	if (look->platform && look->platform->vga_arbiter)
		evidence(look, "/dev/vga_arbiter", "%s", look->platform->vga_arbiter);
	for (unsigned i = 0; i < look->host->count; i++) {
		const struct host_dev *dev = &look->host->devs[i];

		if (vga_is_card(dev))
			evidence(look, look_file(look, dev, "config"), "%s, %s",
				reach_text(look->host, i), look_driver(dev));
	}
}

/* The kernel's text console that writes to A0000h, whichever card decodes that at the moment. */
static const struct use_console *vga_console(const struct look *look)
{
	for (unsigned i = 0; look->uses && i < look->uses->nr_consoles; i++) {
		const struct use_console *console = &look->uses->consoles[i];

		if (console->bound && console->name && strstr(console->name, "VGA+"))
			return console;
	}
	return NULL;
}

static bool is_locked(const struct look *look)
{
	struct vga_line line;

	return look->platform && look->platform->vga_arbiter &&
	       !vga_parse(look->platform->vga_arbiter, &line) && line.locks;
}

/*
 * Finds a card on the root bus that stays with the host. No bridge can keep legacy VGA from it, so
 * while another card has the ranges, the arbiter turns off all its memory decoding, and with it the
 * display.
 */
static const struct host_dev *turned_off(const struct look *look)
{
	for (unsigned i = 0; i < look->host->count; i++) {
		const struct host_dev *dev = &look->host->devs[i];

		if (vga_is_card(dev) && !look_goes(look, i) && dev->parent == HOST_NONE &&
			!dev->parent_missing && dev->driver && !vga_steps_back(dev) &&
			!vga_keeps_answering(dev))
			return dev;
	}
	return NULL;
}

/* Whether VFIO's legacy VGA is disabled: then a guest whose card needs it is refused. */
static bool is_disabled(struct look *look)
{
	if (!look->platform || look->platform->modules.disable_vga != PLATFORM_ON)
		return false;
	found(look, SEVERITY_FAIL,
		"vfio-pci was told to leave legacy VGA alone: a guest cannot start with its card's "
		"BIOS");
	evidence(look, "/sys/module/vfio_pci/parameters/disable_vga", "Y");
	fix(look, "take disable_vga=1 off the options of vfio_pci (/etc/modprobe.d, the kernel's "
		  "command line) and load it again: modprobe -r vfio_pci; modprobe vfio_pci");
	return true;
}

/*
 * Reports what prevents guests and host from sharing legacy VGA. Returns whether there was
 * anything.
 */
static bool check_sharing(struct look *look)
{
	const struct use_console *console = vga_console(look);
	const struct host_dev *off = turned_off(look);
	char name[PCI_ADDR_SIZE];

	if (is_disabled(look))
		return true;
	if (is_locked(look)) {
		found(look, SEVERITY_WARN,
			"a program holds legacy VGA locked: a guest's first access waits until it "
			"lets go");
		vga_evidence(look);
		fix(look, "end it: fuser -v /dev/vga_arbiter (an X server, as a rule)");
		return true;
	}
	if (console) {
		found(look, SEVERITY_WARN,
			"the host's text console writes to legacy VGA without asking the arbiter: "
			"what it prints may appear on the guest's card");
		evidence(look,
			look_text(look, "/sys/class/vtconsole/vtcon%u/name", console->number),
			"%s, bound", console->name);
		fix(look, "let a driver of the host's card have the console (modprobe its DRM "
			  "driver), or boot with a framebuffer console");
		return true;
	}
	if (!off)
		return false;
	found(look, SEVERITY_WARN,
		"%s is on the root bus and its driver takes part in legacy VGA: the host's picture "
		"stands still while a guest uses it",
		pci_addr_text(off->addr, name));
	vga_evidence(look);
	fix(look, "use another card for the host, or start the guest with UEFI (--for uefi)");
	return true;
}

/*
 * Reports which cards use legacy VGA: in the mode `bios` the arbiter has to route each access of
 * the guest.
 */
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
	} else if (look->facts->mode == PLAN_MODE_BIOS && check_sharing(look)) {
		return;
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
