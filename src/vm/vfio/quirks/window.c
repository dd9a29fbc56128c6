// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/quirks/window.h"

#include "base/bytes.h"

/* The offset in config space that the access goes to, or -1 if it goes elsewhere. */
static long config_offset(const struct index_window *window, u64 offset, unsigned size)
{
	if (!window->on || offset < window->data_reg)
		return -1;
	for (unsigned i = 0; i < WINDOW_MATCHES; i++) {
		u64 at = (u64)window->address + (offset - window->data_reg);

		if (range_contains(window->matches[i], at, size))
			return (long)(at - window->matches[i].start);
	}
	return -1;
}

u64 window_read(struct vfio_quirk *quirk, struct index_window *window, u64 offset, unsigned size)
{
	u64 value = vfio_quirk_hw_read(quirk, window->bar, offset, size);
	long config = config_offset(window, offset, size);

	return config < 0 ? value : vfio_quirk_config_read(quirk, (u64)config, size);
}

void window_write(
	struct vfio_quirk *quirk, struct index_window *window, u64 offset, unsigned size, u64 value)
{
	long config = config_offset(window, offset, size);
	u8 bytes[4];

	if (offset < window->data_reg) {
		put_le32(bytes, window->address);
		put_le(bytes + (offset - window->address_reg), size, value);
		window->address = get_le32(bytes);
	} else if (config >= 0) {
		vfio_quirk_config_write(quirk, (u64)config, size, value);
		return;
	}
	vfio_quirk_hw_write(quirk, window->bar, offset, size, value);
}
