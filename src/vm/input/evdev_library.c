// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/input/evdev_library.h"

#include "base/library.h"
#include "base/types.h"

int evdev_library_load(struct evdev_library *library, struct err *err)
{
	const struct library_function functions[] = {
		{ "libevdev_new_from_fd", &library->new_from_fd },
		{ "libevdev_free", &library->free },
		{ "libevdev_grab", &library->grab },
		{ "libevdev_next_event", &library->next_event },
		{ "libevdev_has_event_code", &library->has_event_code },
		{ "libevdev_get_name", &library->get_name },
		{ "libevdev_kernel_set_led_value", &library->set_led },
	};

	return library_load(
		"libevdev.so.2", "libevdev2", functions, ARRAY_SIZE(functions), NULL, err);
}
