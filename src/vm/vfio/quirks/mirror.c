// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/quirks/mirror.h"

u64 mirror_read(struct vfio_quirk *quirk, struct mirror mirror, u64 offset, unsigned size)
{
	vfio_quirk_hw_read(quirk, mirror.bar, offset, size);
	return vfio_quirk_config_read(quirk, offset - mirror.start, size);
}

void mirror_write(
	struct vfio_quirk *quirk, struct mirror mirror, u64 offset, unsigned size, u64 value)
{
	vfio_quirk_config_write(quirk, offset - mirror.start, size, value);
}
