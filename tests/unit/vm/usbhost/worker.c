// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The process that drives a device, over a libusb that only notes what it is asked for, with a
 * device whose descriptors say anything.
 */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "vm/usbhost/worker.h"

#define GENERATION 7

static struct {
	struct libusb_config_descriptor config;
	struct libusb_interface interfaces[2];
	struct libusb_interface_descriptor settings[3];
	struct libusb_endpoint_descriptor endpoints[3];
	struct libusb_transfer *submitted;
	int claim_error, submit_error, reset_error;
	u32 claimed, detached;
	unsigned nr_resets, nr_cancels, nr_configured;
	int alternate, halted;
	bool unconfigured;
} fake;

static int fake_set_option(libusb_context *context, enum libusb_option option, ...)
{
	return 0;
}

static int fake_init(libusb_context **context)
{
	return 0;
}

static int fake_wrap(libusb_context *context, intptr_t fd, libusb_device_handle **handle)
{
	return 0;
}

static libusb_device *fake_get_device(libusb_device_handle *handle)
{
	return NULL;
}

static int fake_get(libusb_device *device, struct libusb_config_descriptor **config)
{
	*config = &fake.config;
	return fake.unconfigured ? LIBUSB_ERROR_NOT_FOUND : 0;
}

static void fake_free(struct libusb_config_descriptor *config)
{
}

static int fake_configure(libusb_device_handle *handle, int configuration)
{
	fake.nr_configured++;
	fake.config.bConfigurationValue = (u8)configuration;
	return 0;
}

static int fake_alternate(libusb_device_handle *handle, int interface, int alternate)
{
	fake.alternate = alternate;
	return alternate > 1 ? LIBUSB_ERROR_NOT_FOUND : 0;
}

static int fake_detach(libusb_device_handle *handle, int interface)
{
	fake.detached |= BIT(interface);
	return LIBUSB_ERROR_NOT_FOUND;
}

static int fake_claim(libusb_device_handle *handle, int interface)
{
	fake.claimed |= BIT(interface);
	return fake.claim_error;
}

static int fake_release(libusb_device_handle *handle, int interface)
{
	fake.claimed &= ~BIT(interface);
	return 0;
}

static int fake_halt(libusb_device_handle *handle, unsigned char endpoint)
{
	fake.halted = endpoint;
	return 0;
}

static int fake_reset(libusb_device_handle *handle)
{
	fake.nr_resets++;
	return fake.reset_error;
}

static struct libusb_transfer *fake_alloc(int packets)
{
	return calloc(1, sizeof(struct libusb_transfer));
}

static int fake_submit(struct libusb_transfer *transfer)
{
	if (!fake.submit_error)
		fake.submitted = transfer;
	return fake.submit_error;
}

static int fake_cancel(struct libusb_transfer *transfer)
{
	fake.nr_cancels++;
	return 0;
}

static const char *fake_text(int error)
{
	return "an error of the fake's";
}

static const struct usb_library library = {
	.set_option = fake_set_option,
	.init = fake_init,
	.wrap = fake_wrap,
	.get_device = fake_get_device,
	.get_configuration = fake_get,
	.free_configuration = fake_free,
	.set_configuration = fake_configure,
	.set_alternate = fake_alternate,
	.detach_driver = fake_detach,
	.claim = fake_claim,
	.release = fake_release,
	.clear_halt = fake_halt,
	.reset = fake_reset,
	.alloc = fake_alloc,
	.submit = fake_submit,
	.cancel = fake_cancel,
	.text = fake_text,
};

static struct usb_worker worker;
static struct usb_link_memory memory;
static int ours;

/* Interface 0 has bulk endpoints; interface 1 has an interrupt endpoint in its second setting. */
static void describe(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.endpoints[0] = (struct libusb_endpoint_descriptor){
		.bEndpointAddress = 0x81, .bmAttributes = 2, .wMaxPacketSize = 512
	};
	fake.endpoints[1] = (struct libusb_endpoint_descriptor){
		.bEndpointAddress = 0x02, .bmAttributes = 2, .wMaxPacketSize = 512
	};
	fake.endpoints[2] = (struct libusb_endpoint_descriptor){
		.bEndpointAddress = 0x83, .bmAttributes = 3, .wMaxPacketSize = 12
	};
	fake.settings[0] = (struct libusb_interface_descriptor){ .bNumEndpoints = 2,
		.endpoint = fake.endpoints };
	fake.settings[1] = (struct libusb_interface_descriptor){ .bInterfaceNumber = 1 };
	fake.settings[2] = (struct libusb_interface_descriptor){ .bInterfaceNumber = 1,
		.bAlternateSetting = 1,
		.bNumEndpoints = 1,
		.endpoint = fake.endpoints + 2 };
	fake.interfaces[0] = (struct libusb_interface){ fake.settings, 1 };
	fake.interfaces[1] = (struct libusb_interface){ fake.settings + 1, 2 };
	fake.config = (struct libusb_config_descriptor){
		.bNumInterfaces = 2, .bConfigurationValue = 1, .interface = fake.interfaces
	};
}

static int set_up(void **state)
{
	int pair[2];

	describe();
	socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair);
	ours = pair[0];
	memset(&worker, 0, sizeof(worker));
	memset(&memory, 0, sizeof(memory));
	worker.usb = &library;
	worker.link = pair[1];
	worker.memory = &memory;
	worker.generation = GENERATION;
	worker.speed = USB_HIGH;
	return 0;
}

static int tear_down(void **state)
{
	for (unsigned n = 0; n < USB_LINK_ENDPOINTS; n++)
		free(worker.requests[n].transfer);
	close(worker.link);
	close(ours);
	return 0;
}

static struct usb_link_message heard(void)
{
	struct usb_link_message message = { 0 };

	assert_int_equal(recv(ours, &message, sizeof(message), 0), sizeof(message));
	assert_int_equal(message.generation, GENERATION);
	return message;
}

static void assert_silent(void)
{
	struct usb_link_message message;

	assert_int_equal(recv(ours, &message, sizeof(message), 0), -1);
}

static void take(void)
{
	struct err err = { 0 };
	struct usb_link_message message;

	assert_int_equal(usb_worker_open(&worker, &err), 0);
	assert_int_equal(usb_worker_take(&worker, &err), 0);
	message = heard();
	assert_int_equal(message.kind, USB_LINK_PLUGGED);
	assert_int_equal(message.status, USB_HIGH);
}

static void ask(u8 kind, u8 endpoint, u32 size)
{
	const struct usb_link_message message = {
		.generation = GENERATION, .kind = kind, .endpoint = endpoint, .size = size
	};

	usb_worker_hear(&worker, &message);
}

static void control(u16 request, u16 value, u16 index, u16 length)
{
	const struct usb_link_message message = {
		.generation = GENERATION,
		.kind = USB_LINK_CONTROL,
		.setup = { (u8)(request >> 8), (u8)request, (u8)value, (u8)(value >> 8), (u8)index,
			(u8)(index >> 8), (u8)length, (u8)(length >> 8) },
	};

	usb_worker_hear(&worker, &message);
}

static void end(enum libusb_transfer_status status, int actual)
{
	struct libusb_transfer *transfer = fake.submitted;

	assert_non_null(transfer);
	fake.submitted = NULL;
	transfer->status = status;
	transfer->actual_length = actual;
	transfer->callback(transfer);
}

static void assert_ended(u8 endpoint, enum usb_status status, u32 size, bool more)
{
	struct usb_link_message message = heard();

	assert_int_equal(message.kind, USB_LINK_ENDED);
	assert_int_equal(message.endpoint, endpoint);
	assert_int_equal(message.status, status);
	assert_int_equal(message.size, size);
	assert_int_equal(message.more, more);
}

static void test_take(void **state)
{
	struct err err = { 0 };

	take();
	assert_int_equal(fake.claimed, 3);
	assert_int_equal(fake.detached, 3);
	fake.claim_error = LIBUSB_ERROR_BUSY;
	assert_int_equal(usb_worker_take(&worker, &err), -EIO);
	assert_silent();
}

static void test_bulk(void **state)
{
	take();
	memory.data[2][0] = 0x42;
	ask(USB_LINK_TRANSFER, 0x02, 1000);
	assert_int_equal(fake.submitted->type, LIBUSB_TRANSFER_TYPE_BULK);
	assert_int_equal(fake.submitted->length, 1000);
	assert_int_equal(fake.submitted->buffer[0], 0x42);
	/* One at a time. */
	ask(USB_LINK_TRANSFER, 0x02, 10);
	assert_int_equal(worker.nr_active, 1);
	end(LIBUSB_TRANSFER_COMPLETED, 1000);
	assert_ended(0x02, USB_DONE, 1000, true);
	/* More than there is memory for: whole packets. */
	ask(USB_LINK_TRANSFER, 0x81, 1000000);
	assert_int_equal(fake.submitted->length, 65536);
	end(LIBUSB_TRANSFER_COMPLETED, 65536);
	assert_ended(0x81, USB_DONE, 65536, true);
	ask(USB_LINK_TRANSFER, 0x81, 1000000);
	end(LIBUSB_TRANSFER_COMPLETED, 65535);
	assert_ended(0x81, USB_DONE, 65535, false);
	ask(USB_LINK_TRANSFER, 0x81, 512);
	end(LIBUSB_TRANSFER_STALL, -1);
	assert_ended(0x81, USB_STALL, 0, false);
	ask(USB_LINK_TRANSFER, 0x81, 512);
	end(LIBUSB_TRANSFER_OVERFLOW, 100000);
	assert_ended(0x81, USB_LOST, 512, false);
	/* There is no such endpoint. */
	ask(USB_LINK_TRANSFER, 0x8f, 512);
	assert_ended(0x8f, USB_STALL, 0, false);
}

static void test_settings(void **state)
{
	take();
	ask(USB_LINK_TRANSFER, 0x83, 12);
	assert_ended(0x83, USB_STALL, 0, false);
	control(0x010b, 1, 1, 0);
	assert_ended(0, USB_DONE, 0, false);
	assert_int_equal(fake.alternate, 1);
	ask(USB_LINK_TRANSFER, 0x83, 100000);
	assert_int_equal(fake.submitted->type, LIBUSB_TRANSFER_TYPE_INTERRUPT);
	assert_int_equal(fake.submitted->length, 65532);
	end(LIBUSB_TRANSFER_COMPLETED, 8);
	assert_ended(0x83, USB_DONE, 8, false);
	control(0x010b, 5, 1, 0);
	assert_ended(0, USB_STALL, 0, false);
	control(0x010b, 0, 200, 0);
	assert_ended(0, USB_STALL, 0, false);
	/* The same configuration again takes no driver's part, but the settings are the first ones.
	 */
	control(0x0009, 1, 0, 0);
	assert_ended(0, USB_DONE, 0, false);
	assert_int_equal(fake.nr_configured, 0);
	assert_int_equal(fake.alternate, 0);
	control(0x0009, 2, 0, 0);
	assert_ended(0, USB_DONE, 0, false);
	assert_int_equal(fake.nr_configured, 1);
	assert_int_equal(fake.claimed, 3);
}

static void test_control(void **state)
{
	take();
	control(0x8006, 0x0100, 0, 18);
	assert_int_equal(fake.submitted->type, LIBUSB_TRANSFER_TYPE_CONTROL);
	assert_int_equal(fake.submitted->length, 8 + 18);
	fake.submitted->buffer[8] = 18;
	end(LIBUSB_TRANSFER_COMPLETED, 18);
	assert_ended(0, USB_DONE, 18, false);
	assert_int_equal(memory.data[0][0], 18);
	control(0x0005, 5, 0, 0); /* the host has given it an address */
	assert_ended(0, USB_STALL, 0, false);
	control(0x0003, 2, 0x0100, 0); /* test mode */
	assert_ended(0, USB_STALL, 0, false);
	control(0x0201, 0, 0x81, 0);
	assert_ended(0, USB_DONE, 0, false);
	assert_int_equal(fake.halted, 0x81);
	memory.data[0][3] = 9;
	control(0x21ff, 0, 0, 65535);
	assert_int_equal(fake.submitted->buffer[8 + 3], 9);
	end(LIBUSB_TRANSFER_COMPLETED, 65535);
	assert_ended(0, USB_DONE, 65535, false);
}

static void test_reset(void **state)
{
	u64 now = 5 * NS_PER_S;

	take();
	ask(USB_LINK_TRANSFER, 0x81, 512);
	ask(USB_LINK_RESET, 0, 0);
	assert_int_equal(fake.nr_cancels, 1);
	assert_int_equal(usb_worker_settle(&worker, now), -1);
	assert_int_equal(fake.nr_resets, 0);
	end(LIBUSB_TRANSFER_CANCELLED, 0);
	assert_ended(0x81, USB_LOST, 0, false);
	assert_int_equal(usb_worker_settle(&worker, now), -1);
	assert_int_equal(usb_worker_settle(&worker, now), -1);
	assert_int_equal(fake.nr_resets, 1);
	assert_false(worker.gone);
	/* The next one comes after a pause. */
	ask(USB_LINK_RESET, 0, 0);
	assert_in_range(usb_worker_settle(&worker, now + NS_PER_MS), 400, 500);
	assert_int_equal(fake.nr_resets, 1);
	fake.reset_error = LIBUSB_ERROR_NOT_FOUND;
	assert_int_equal(usb_worker_settle(&worker, now + 2 * NS_PER_S), -1);
	assert_int_equal(fake.nr_resets, 2);
	assert_true(worker.gone);
}

static void test_gone(void **state)
{
	take();
	ask(USB_LINK_TRANSFER, 0x81, 512);
	end(LIBUSB_TRANSFER_NO_DEVICE, 0);
	assert_ended(0x81, USB_LOST, 0, false);
	assert_true(worker.gone);
	worker.gone = false;
	fake.submit_error = LIBUSB_ERROR_NO_DEVICE;
	ask(USB_LINK_TRANSFER, 0x02, 512);
	assert_ended(0x02, USB_LOST, 0, false);
	assert_true(worker.gone);
}

/* Messages for the device that was there before, and nonsense. */
static void test_old(void **state)
{
	const struct usb_link_message old = { .generation = GENERATION - 1,
		.kind = USB_LINK_TRANSFER,
		.endpoint = 0x81,
		.size = 512 };

	take();
	usb_worker_hear(&worker, &old);
	ask(200, 0x81, 512);
	ask(USB_LINK_TRANSFER, 0x80, 512);
	ask(USB_LINK_CANCEL, 0x81, 0);
	assert_null(fake.submitted);
	assert_silent();
}

/* Descriptors that contradict each other. */
static void test_descriptors(void **state)
{
	fake.settings[0].bInterfaceNumber = 255;
	fake.settings[1].bNumEndpoints = 30; /* and none is there */
	fake.settings[2].bInterfaceNumber = 31;
	fake.endpoints[2].bEndpointAddress = 0x80;
	fake.interfaces[0].num_altsetting = 0;
	take();
	assert_int_equal(fake.claimed, BIT(1) | BIT(31));
	fake.unconfigured = true;
	control(0x0009, 1, 0, 0);
	assert_ended(0, USB_DONE, 0, false);
	ask(USB_LINK_TRANSFER, 0x81, 512);
	assert_ended(0x81, USB_STALL, 0, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_take, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bulk, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_settings, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_control, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reset, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_old, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_descriptors, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
