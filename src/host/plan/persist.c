// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes a bind survive a reboot with a udev rule. If the device at the address is still the same
 * one, the rule sets the override, loads the driver and has the kernel probe the device, all before
 * udev loads the device's own driver. Another card's event may have loaded that driver before, so
 * the rule unbinds the device first. The other files make sure that the rule and the driver are in
 * the initramfs, where the first drivers are loaded.
 *
 * Each transaction has its own files, named after its first device, so that it can be undone on its
 * own.
 */
#include <string.h>

#include "host/plan/plan_internal.h"

#define DEVICES "/sys/bus/pci/devices"

#define MADE_BY                                                                      \
	"# Made by `tenon bind --persist`. `tenon release %s` removes it again; if " \
	"tenon\n# is gone, deleting the files named tenon-%s is enough.\n"

struct persist {
	struct plan *plan;
	const struct plan_facts *facts;
	const char *first; /* 0000:01:00.0 */
	const char *tag;   /* 0000-01-00.0: hooks may not have colons in their names */
	const char *rules; /* path of the udev rules */
	const char *conf;  /* path of the soft dependencies; NULL without any */
};

/* The programs that make an initramfs, and where they have their settings. */
static const struct {
	const char *directory, *command;
} makers[] = {
	{ "/etc/initramfs-tools/hooks/", "update-initramfs -u -k all" },
	{ "/etc/dracut.conf.d/", "dracut --force --regenerate-all" },
	{ "/etc/mkinitcpio.conf.d/", "mkinitcpio -P" },
};

const char *plan_file_maker(const char *file)
{
	for (unsigned i = 0; i < ARRAY_SIZE(makers); i++)
		if (!strncmp(file, makers[i].directory, strlen(makers[i].directory)))
			return makers[i].command;
	return NULL;
}

const char *plan_tag(struct plan *plan, const char *address)
{
	char tag[PCI_ADDR_SIZE];

	strncpy(tag, address, sizeof(tag) - 1);
	tag[sizeof(tag) - 1] = '\0';
	for (char *c = tag; *c; c++)
		if (*c == ':')
			*c = '-';
	return plan_text(plan, "%s", tag);
}

static void add_file(const struct persist *p, const char *file, const char *text, const char *why)
{
	plan_add_op(p->plan,
		(struct plan_op){ .kind = PLAN_FILE, .file = file, .value = text, .why = why });
}

static const char *rule_for(
	struct plan *plan, const struct plan_device *device, const struct host_dev *dev)
{
	return plan_text(plan,
		"ACTION==\"add\", SUBSYSTEM==\"pci\", KERNEL==\"%s\", ATTR{vendor}==\"0x%04x\", "
		"ATTR{device}==\"0x%04x\", ATTR{driver_override}=\"%s\", "
		"RUN{builtin}+=\"kmod load %s\", "
		"RUN{program}+=\"/bin/sh -c '[ -e " DEVICES "/%s/driver ] && "
		"[ ! -e /sys/bus/pci/drivers/%s/%s ] && echo %s >" DEVICES "/%s/driver/unbind; "
		"echo %s >/sys/bus/pci/drivers_probe'\"\n",
		device->name, dev->vendor, dev->device, device->driver, device->driver,
		device->name, device->driver, device->name, device->name, device->name,
		device->name);
}

static void add_rules(const struct persist *p)
{
	const char *text = plan_text(p->plan, MADE_BY, p->first, p->tag);

	for (unsigned i = 0; i < p->plan->nr_devices; i++) {
		const struct plan_device *device = &p->plan->devices[i];
		const char *rule = rule_for(p->plan, device, &p->facts->host->devs[device->dev]);

		text = plan_text(p->plan, "%s%s", text ? text : "", rule ? rule : "");
	}
	add_file(p, p->rules, text, "at each start the device goes to that driver first");
}

/* Adds soft dependencies, so that the devices' own drivers are loaded after VFIO's. */
static void add_softdeps(struct persist *p)
{
	const struct modules *modules = p->facts->modules;
	const char *text = plan_text(p->plan, MADE_BY, p->first, p->tag);
	bool any = false;

	for (unsigned i = 0; i < p->plan->nr_devices; i++) {
		const struct plan_device *device = &p->plan->devices[i];
		const struct device_modules *of_dev = &modules->devs[device->dev];

		for (unsigned k = 0; k < of_dev->nr_claims; k++) {
			const char *line = plan_text(
				p->plan, "softdep %s pre: %s\n", of_dev->claims[k], device->driver);

			any = true;
			if (text && line && !strstr(text, line))
				text = plan_text(p->plan, "%s%s", text, line);
		}
	}
	if (!any)
		return;
	p->conf = plan_text(p->plan, "/etc/modprobe.d/tenon-%s.conf", p->tag);
	add_file(p, p->conf, text, "the device's own drivers are loaded after that driver only");
}

/* Lists all drivers of the plan, each once, formatted by @fmt. */
static const char *drivers_of(const struct persist *p)
{
	const char *list = " ";

	for (unsigned i = 0; i < p->plan->nr_devices && list; i++) {
		const char *name = plan_text(p->plan, " %s ", p->plan->devices[i].driver);

		if (name && !strstr(list, name))
			list = plan_text(p->plan, "%s%s ", list, p->plan->devices[i].driver);
	}
	return list ? list : "";
}

/* Adds a file for the program that makes the initramfs, and notes that it has to be run. */
static void add_made(const struct persist *p, const char *file, const char *text)
{
	add_file(
		p, file, text, "rule and driver are there before the first other driver is loaded");
	if (file)
		p->plan->after = plan_file_maker(file);
}

static void add_initramfs(const struct persist *p)
{
	const struct modules *modules = p->facts->modules;
	const char *drivers = drivers_of(p), *conf = p->conf ? p->conf : "";
	struct plan *plan = p->plan;
	const char *made = plan_text(plan, MADE_BY, p->first, p->tag);

	if (modules->initramfs_tools)
		add_made(p, plan_text(plan, "/etc/initramfs-tools/hooks/tenon-%s", p->tag),
			plan_text(plan,
				"#!/bin/sh\n%s[ \"$1\" != prereqs ] || { echo udev; exit 0; }\n"
				". /usr/share/initramfs-tools/hook-functions\n"
				"manual_add_modules%s\n"
				"mkdir -p \"$DESTDIR/etc/udev/rules.d\"\n"
				"cp -p %s \"$DESTDIR/etc/udev/rules.d/\"\n",
				made, drivers, p->rules));
	if (modules->dracut)
		add_made(p, plan_text(plan, "/etc/dracut.conf.d/tenon-%s.conf", p->tag),
			plan_text(plan,
				"%sadd_drivers+=\"%s\"\ninstall_items+=\" %s %s /bin/sh \"\n", made,
				drivers, p->rules, conf));
	if (modules->mkinitcpio)
		add_made(p, plan_text(plan, "/etc/mkinitcpio.conf.d/tenon-%s.conf", p->tag),
			plan_text(plan, "%sMODULES+=(%s)\nFILES+=(%s %s)\n", made, drivers,
				p->rules, conf));
}

void plan_persist(struct plan *plan, const struct plan_facts *facts)
{
	struct persist p = { plan, facts };

	if (!plan->nr_devices)
		return;
	p.first = plan->devices[0].name;
	p.tag = plan_tag(plan, p.first);
	p.rules = plan_text(plan, "/etc/udev/rules.d/10-tenon-%s.rules", p.tag);
	if (!facts->modules || !facts->modules->udev) {
		plan_add_objection(
			plan, (struct plan_objection){
				      .kind = PLAN_NO_PERSIST,
				      .text = "nothing can make it survive a reboot: there is no "
					      "/etc/udev/rules.d",
				      .help = "Leave --persist out.",
			      });
		return;
	}
	add_rules(&p);
	if (facts->modules->modprobe)
		add_softdeps(&p);
	add_initramfs(&p);
}
