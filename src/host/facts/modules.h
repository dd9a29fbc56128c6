/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which modules of the installed kernel drive a device, which variant of vfio-pci fits it, and
 * which program of the distribution makes the initramfs. Filled by scan_modules(), read-only
 * afterwards; lives as long as the host.
 */
#ifndef HOST_FACTS_MODULES_H
#define HOST_FACTS_MODULES_H

#include "host/facts/host.h"

#define SYSTEM_CLAIMS 4

struct device_modules {
	const char *variant; /* a VFIO driver made for this device: "mlx5_vfio_pci"; NULL */
	const char *claims[SYSTEM_CLAIMS]; /* "nouveau", "nvidia_drm": whose aliases match */
	unsigned nr_claims;
};

struct modules {
	const char *release;         /* of the kernel: "6.1.0-18-amd64"; NULL: not known */
	bool modules_known;          /* its modules.alias was readable */
	struct device_modules *devs; /* by device index */
	/* Which configuration directories exist, for settings that have to survive a reboot. */
	bool udev, modprobe, modules_load;
	bool initramfs_tools, dracut, mkinitcpio;
	/* A bit for each of modules_of_nvidia[] that is loaded. */
	u32 nvidia_loaded;
};

/* The modules that use the cards of the driver nvidia, in an order in which they can be unloaded.
 */
#define NR_NVIDIA_MODULES 3
extern const char *const modules_of_nvidia[NR_NVIDIA_MODULES];

/* The name of a VFIO driver, given its module's: with few exceptions they are the same. */
const char *modules_driver_name(const char *module);

#endif
