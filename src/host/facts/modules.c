// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/facts/modules.h"

#include <string.h>

const char *const modules_of_nvidia[NR_NVIDIA_MODULES] = { "nvidia_drm", "nvidia_modeset",
	"nvidia_uvm" };

const char *modules_driver_name(const char *module)
{
	static const char *const differing[][2] = {
		{ "vfio_pci", "vfio-pci" },
		{ "xe_vfio_pci", "xe-vfio-pci" },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(differing); i++)
		if (!strcmp(module, differing[i][0]))
			return differing[i][1];
	return module;
}
