// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks KVM, VFIO's modules, and which driver is bound to a card at boot. */
#include <stdio.h>
#include <string.h>

#include "host/check/check_internal.h"
#include "host/groups/verdict.h"

void check_kvm(struct look *look)
{
	const struct platform *platform = look->platform;

	if (!platform->cpu_known && !platform->kvm_works) {
		found(look, SEVERITY_UNKNOWN, "the source has no /proc/cpuinfo");
	} else if (platform->kvm_works) {
		found(look, SEVERITY_OK, "KVM is there");
		evidence(look, "/dev/kvm", "exists");
		evidence(look, "/sys/devices/virtual/misc/kvm", "exists");
	} else if (platform->x86 && !platform->virtualisation) {
		found(look, SEVERITY_FAIL, "the processor offers no hardware virtualisation");
		evidence(look, "/proc/cpuinfo", "neither vmx nor svm among the flags");
		if (!fix_outer_kvm(look))
			fix(look, "turn it on in the firmware's setup: %s",
				platform->amd ? "SVM mode"
					      : "Intel Virtualization Technology (VT-x)");
	} else if (!platform->devices_known) {
		found(look, SEVERITY_UNKNOWN, "the source has no /dev");
	} else if (!platform->kvm) {
		found(look, SEVERITY_FAIL, "KVM is not there");
		evidence(look, "/dev/kvm", "does not exist");
		fix(look, "modprobe %s", platform->amd ? "kvm_amd" : "kvm_intel");
	} else {
		found(look, SEVERITY_OK, "KVM is there");
		evidence(look, "/dev/kvm", "exists");
	}
}

void check_vfio(struct look *look)
{
	const struct platform_modules *m = &look->platform->modules;

	if (m->vfio_pci) {
		found(look, SEVERITY_OK, "vfio-pci is there");
		evidence(look, "/sys/bus/pci/drivers/vfio-pci", "exists");
	} else if (look->facts->modules && look->facts->modules->modules_known) {
		found(look, SEVERITY_INFO, "vfio-pci is not loaded; `tenon bind` loads it");
		evidence(look, "/sys/bus/pci/drivers/vfio-pci", "does not exist");
	} else {
		found(look, SEVERITY_UNKNOWN,
			"vfio-pci is not loaded, and the kernel's modules are not there to look "
			"at");
		evidence(look, "/sys/bus/pci/drivers/vfio-pci", "does not exist");
	}
}

/* Finds a vfio-pci ids= setting that names the device's ids. Returns its text, or NULL. */
static const char *ids_option(struct look *look, const struct host_dev *dev, const char **file)
{
	const struct platform *platform = look->platform;
	char ids[16];

	snprintf(ids, sizeof(ids), "%04x:%04x", dev->vendor, dev->device);
	*file = "/proc/cmdline";
	if (platform_option_has(look->host->cmdline, "vfio_pci.ids", ids))
		return look_text(look, "vfio-pci.ids=%s", ids);
	for (unsigned i = 0; platform && i < platform->nr_modprobe; i++) {
		*file = platform->modprobe[i].file;
		if (platform_option_has(platform->modprobe[i].line, "ids", ids))
			return platform->modprobe[i].line;
	}
	return NULL;
}

/* Another device with the same ids that stays with the host; HOST_NONE if there is none. */
static int twin_of(const struct look *look, unsigned dev, bool staying)
{
	const struct host_dev *d = &look->host->devs[dev];

	for (unsigned i = 0; i < look->host->count; i++)
		if (i != dev && look->host->devs[i].vendor == d->vendor &&
			look->host->devs[i].device == d->device && !look->host->devs[i].vf &&
			!(staying && look_goes(look, i)))
			return i;
	return HOST_NONE;
}

void check_same_ids(struct look *look)
{
	unsigned twins = 0, told = 0;

	for (unsigned i = 0; i < look->facts->nr_devs; i++) {
		unsigned dev = look->facts->devs[i];
		const struct host_dev *d = &look->host->devs[dev];
		const char *file, *option = ids_option(look, d, &file);
		char addr[PCI_ADDR_SIZE], other[PCI_ADDR_SIZE];
		int twin = twin_of(look, dev, true);

		twins += twin_of(look, dev, false) != HOST_NONE;
		if (!host_knows(d, HOST_IDS) || twin == HOST_NONE || !option)
			continue;
		told++;
		found(look, SEVERITY_WARN,
			"vfio-pci is told to take all %04x:%04x: %s goes and %s, which has the "
			"same "
			"ids, with it",
			d->vendor, d->device, pci_addr_text(d->addr, addr),
			pci_addr_text(look->host->devs[twin].addr, other));
		evidence(look, file, "%s", option);
		fix(look, "take the ids out there; `tenon bind --persist %s` goes by address",
			addr);
	}
	if (told)
		return;
	found(look, SEVERITY_OK,
		twins ? "%u of the devices have twins with the same ids, and nothing binds by ids"
		      : "no other device has the same ids",
		twins);
}

static const char *claims(struct look *look)
{
	const struct device_modules *of_dev = &look->facts->modules->devs[look->dev];
	const char *list = NULL;

	for (unsigned i = 0; i < of_dev->nr_claims; i++)
		list = list ? look_text(look, "%s, %s", list, of_dev->claims[i])
			    : of_dev->claims[i];
	return list;
}

void check_early_binding(struct look *look)
{
	const struct modules *modules = look->facts->modules;
	const char *file, *ids = ids_option(look, look->d, &file), *list;

	if (!host_knows(look->d, HOST_DRIVER)) {
		found(look, SEVERITY_UNKNOWN, "its driver is not known");
		return;
	}
	list = modules && modules->modules_known ? claims(look) : NULL;
	if (ids && look->d->driver && !verdict_is_vfio(look->d->driver)) {
		found(look, SEVERITY_WARN,
			"vfio-pci was to have it from boot on, and %s was earlier",
			look->d->driver);
		evidence(look, file, "%s", ids);
		evidence(look, look_file(look, look->d, "driver"), "%s", look->d->driver);
		fix(look,
			"tenon bind --persist %s, which has vfio-pci in the initramfs; or in "
			"/etc/modprobe.d: softdep %s pre: vfio-pci",
			look->name,
			list ? look_text(look, "%.*s", (int)strcspn(list, ","), list)
			     : look->d->driver);
		return;
	}
	if (look->d->driver && !verdict_is_vfio(look->d->driver)) {
		found(look, SEVERITY_INFO, "%s has it from boot on", look->d->driver);
		fix(look, "to have it ready for guests after each start: tenon bind --persist %s",
			look->name);
	} else {
		found(look, SEVERITY_OK, "%s has it",
			look->d->driver ? look->d->driver : "no driver of the host's");
	}
	evidence(look, look_file(look, look->d, "driver"), "%s", look_driver(look->d));
	if (list)
		evidence(look, "modules.alias", "%s", list);
}
