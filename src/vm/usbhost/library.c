// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/usbhost/library.h"

#include "base/library.h"
#include "base/types.h"

int usb_library_load(struct usb_library *library, struct err *err)
{
	const struct library_function functions[] = {
		{ "libusb_set_option", &library->set_option },
		{ "libusb_init", &library->init },
		{ "libusb_wrap_sys_device", &library->wrap },
		{ "libusb_get_device", &library->get_device },
		{ "libusb_get_active_config_descriptor", &library->get_configuration },
		{ "libusb_free_config_descriptor", &library->free_configuration },
		{ "libusb_set_configuration", &library->set_configuration },
		{ "libusb_set_interface_alt_setting", &library->set_alternate },
		{ "libusb_detach_kernel_driver", &library->detach_driver },
		{ "libusb_claim_interface", &library->claim },
		{ "libusb_release_interface", &library->release },
		{ "libusb_clear_halt", &library->clear_halt },
		{ "libusb_reset_device", &library->reset },
		{ "libusb_alloc_transfer", &library->alloc },
		{ "libusb_submit_transfer", &library->submit },
		{ "libusb_cancel_transfer", &library->cancel },
		{ "libusb_handle_events_timeout_completed", &library->handle_events },
		{ "libusb_get_pollfds", &library->get_files },
		{ "libusb_strerror", &library->text },
	};

	return library_load(
		"libusb-1.0.so.0", "libusb-1.0-0", functions, ARRAY_SIZE(functions), NULL, err);
}
