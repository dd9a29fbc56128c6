// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/scan/modules.h"

#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"

#define MAX_ALIASES (64 * MIB)
#define PCI_PREFIX  "alias pci:"
#define VFIO_PREFIX "alias vfio_pci:"

#define MODALIAS_SIZE 80

struct aliases {
	struct modules *modules;
	struct host *host;
	char (*modalias)[MODALIAS_SIZE]; /* by device; "" if it is not assignable */
};

/* pci:v000010DEd00002204sv00001043sd000087B3bc03sc00i00, without its prefix. */
static void modalias_of(const struct host_dev *dev, char text[MODALIAS_SIZE])
{
	snprintf(text, MODALIAS_SIZE, "v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X", dev->vendor,
		dev->device, dev->subvendor, dev->subdevice, dev->class >> 16 & 0xff,
		dev->class >> 8 & 0xff, dev->class & 0xff);
}

/*
 * Compares the vendor first, which most aliases name, because that is quicker than matching the
 * pattern.
 */
static bool matches(const char *pattern, const char *modalias)
{
	if (!*modalias || pattern[0] != 'v' ||
		(pattern[1] != '*' && memcmp(pattern + 1, modalias + 1, 8)))
		return false;
	return !fnmatch(pattern, modalias, 0);
}

static void add_claim(struct host *host, struct device_modules *of_dev, const char *module)
{
	for (unsigned i = 0; i < of_dev->nr_claims; i++)
		if (!strcmp(of_dev->claims[i], module))
			return;
	if (of_dev->nr_claims == SYSTEM_CLAIMS)
		return;
	of_dev->claims[of_dev->nr_claims] = host_string(host, module, strlen(module));
	if (of_dev->claims[of_dev->nr_claims])
		of_dev->nr_claims++;
}

/* vfio_pci itself matches all devices; a variant names a vendor. */
static void add_alias(
	const struct aliases *aliases, const char *pattern, const char *module, bool vfio)
{
	struct host *host = aliases->host;

	if (strlen(pattern) < 9 || (vfio && !strcmp(module, "vfio_pci")))
		return;
	for (unsigned i = 0; i < host->count; i++) {
		struct device_modules *of_dev = &aliases->modules->devs[i];

		if (!matches(pattern, aliases->modalias[i]))
			continue;
		if (vfio)
			of_dev->variant = host_string(host, module, strlen(module));
		else
			add_claim(host, of_dev, module);
	}
}

/* alias pci:v00001002d0000731Fsv*sd*bc*sc*i* amdgpu; most lines are about other buses. */
static void scan_alias(const struct aliases *aliases, char *line)
{
	bool vfio = !strncmp(line, VFIO_PREFIX, strlen(VFIO_PREFIX));
	char *pattern, *module;

	if (!vfio && strncmp(line, PCI_PREFIX, strlen(PCI_PREFIX)))
		return;
	pattern = line + strlen(vfio ? VFIO_PREFIX : PCI_PREFIX);
	module = strchr(pattern, ' ');
	if (!module)
		return;
	*module++ = '\0';
	add_alias(aliases, pattern, module, vfio);
}

static int scan_aliases(struct modules *modules, struct host *host, const struct sysroot *sysroot)
{
	static const char *const roots[] = { "/lib/modules", "/usr/lib/modules" };
	own_free char(*modalias)[MODALIAS_SIZE] = calloc(host->count + 1, sizeof(*modalias));
	const struct aliases aliases = { modules, host, modalias };
	own_free char *text = NULL;
	char path[PATH_MAX], *end;
	size_t size;

	if (!modalias)
		return -ENOMEM;
	for (unsigned i = 0; i < host->count; i++)
		if (host_is_assignable(&host->devs[i]))
			modalias_of(&host->devs[i], modalias[i]);
	for (unsigned i = 0; i < ARRAY_SIZE(roots) && !text; i++) {
		snprintf(path, sizeof(path), "%s/%s/modules.alias", roots[i], modules->release);
		if (sysroot_whole(sysroot, path, MAX_ALIASES, &text, &size))
			text = NULL;
	}
	modules->modules_known = text;
	for (char *line = text; line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		scan_alias(&aliases, line);
	}
	return 0;
}

static u32 nvidia_loaded(const struct sysroot *sysroot)
{
	u32 loaded = 0;

	for (unsigned i = 0; i < NR_NVIDIA_MODULES; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/sys/module/%s", modules_of_nvidia[i]);
		if (sysroot_exists(sysroot, path))
			loaded |= BIT(i);
	}
	return loaded;
}

int scan_modules(struct modules *modules, struct host *host, const struct sysroot *sysroot)
{
	char release[128];
	ssize_t n = sysroot_text(sysroot, "/proc/sys/kernel/osrelease", release, sizeof(release));

	*modules = (struct modules){
		.udev = sysroot_exists(sysroot, "/etc/udev/rules.d"),
		.modprobe = sysroot_exists(sysroot, "/etc/modprobe.d"),
		.modules_load = sysroot_exists(sysroot, "/etc/modules-load.d"),
		.initramfs_tools = sysroot_exists(sysroot, "/etc/initramfs-tools/hooks"),
		.dracut = sysroot_exists(sysroot, "/etc/dracut.conf.d"),
		.mkinitcpio = sysroot_exists(sysroot, "/etc/mkinitcpio.conf.d"),
		.nvidia_loaded = nvidia_loaded(sysroot),
	};
	modules->devs = host_alloc(host, (host->count + 1) * sizeof(*modules->devs));
	if (!modules->devs)
		return -ENOMEM;
	memset(modules->devs, 0, (host->count + 1) * sizeof(*modules->devs));
	if (n <= 0 || strchr(release, '/'))
		return 0;
	modules->release = host_string(host, release, n);
	if (!modules->release)
		return -ENOMEM;
	return scan_aliases(modules, host, sysroot);
}
