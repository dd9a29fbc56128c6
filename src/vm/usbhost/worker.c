// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/usbhost/worker.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "base/clock.h"

#define MAX_FILES      8
#define RESET_PAUSE_MS 500
#define MAX_MESSAGES   32 /* taken at a time */

#define TEST_MODE 2 /* a feature, 9.4.9 */

static int fail(const struct usb_worker *worker, struct err *err, int error, const char *what)
{
	return err_set(err, EIO, "cannot %s: %s", what, worker->usb->text(error));
}

static void tell(const struct usb_worker *worker, struct usb_link_message *message)
{
	message->generation = worker->generation;
	send(worker->link, message, sizeof(*message), MSG_NOSIGNAL);
}

static void answer(struct usb_worker *worker, unsigned n, enum usb_status status, u32 size)
{
	struct usb_link_message message = {
		.kind = USB_LINK_ENDED,
		.endpoint = usb_link_address(n),
		.status = (u8)status,
		.more = status == USB_DONE && worker->requests[n].more,
		.size = size,
	};

	tell(worker, &message);
}

static void add_endpoints(
	struct usb_worker *worker, const struct libusb_interface_descriptor *interface)
{
	for (unsigned i = 0; i < interface->bNumEndpoints && interface->endpoint; i++) {
		const struct libusb_endpoint_descriptor *endpoint = &interface->endpoint[i];
		unsigned n = usb_link_endpoint(endpoint->bEndpointAddress);

		if (n == USB_CONTROL)
			continue;
		worker->endpoints[n] = (struct usb_worker_endpoint){
			.there = true,
			.type = endpoint->bmAttributes & 3,
			.packet = endpoint->wMaxPacketSize & 0x7ff,
		};
	}
}

/* Finds out which interfaces there are, and which endpoints, as the device is set now. */
static void look(struct usb_worker *worker)
{
	struct libusb_config_descriptor *config = NULL;

	memset(worker->endpoints, 0, sizeof(worker->endpoints));
	worker->configuration = 0;
	worker->interfaces = 0;
	if (worker->usb->get_configuration(worker->usb->get_device(worker->handle), &config))
		return;
	worker->configuration = config->bConfigurationValue;
	for (unsigned i = 0; i < config->bNumInterfaces; i++) {
		const struct libusb_interface *interface = &config->interface[i];

		for (int alt = 0; alt < interface->num_altsetting; alt++) {
			const struct libusb_interface_descriptor *one = &interface->altsetting[alt];
			unsigned number = one->bInterfaceNumber;

			if (number >= USB_WORKER_INTERFACES)
				continue;
			worker->interfaces |= BIT(number);
			if (one->bAlternateSetting == worker->alternates[number])
				add_endpoints(worker, one);
		}
	}
	worker->usb->free_configuration(config);
}

/* Returns an error of libusb. A driver that is not there cannot be detached. */
static int claim_all(struct usb_worker *worker)
{
	int error = 0;

	look(worker);
	for (unsigned n = 0; n < USB_WORKER_INTERFACES && !error; n++) {
		if (!(worker->interfaces & BIT(n)))
			continue;
		worker->usb->detach_driver(worker->handle, (int)n);
		error = worker->usb->claim(worker->handle, (int)n);
	}
	return error;
}

static void release_all(struct usb_worker *worker)
{
	for (unsigned n = 0; n < USB_WORKER_INTERFACES; n++)
		if (worker->interfaces & BIT(n))
			worker->usb->release(worker->handle, (int)n);
	worker->interfaces = 0;
}

static void reset_alternates(struct usb_worker *worker)
{
	for (unsigned n = 0; n < USB_WORKER_INTERFACES; n++)
		if (worker->alternates[n] && worker->interfaces & BIT(n))
			worker->usb->set_alternate(worker->handle, (int)n, 0);
	memset(worker->alternates, 0, sizeof(worker->alternates));
	look(worker);
}

static enum usb_status status_of(struct usb_worker *worker, int error)
{
	if (error == LIBUSB_ERROR_NO_DEVICE)
		worker->gone = true;
	return !error ? USB_DONE : error == LIBUSB_ERROR_NO_DEVICE ? USB_LOST : USB_STALL;
}

/*
 * The guest finds a device without a configuration, while the host has given it one. The same one
 * again would only have the host's drivers look for it once more.
 */
static enum usb_status set_configuration(struct usb_worker *worker, u8 value)
{
	int error = 0, claimed;

	if (value == worker->configuration && worker->interfaces) {
		reset_alternates(worker);
		return USB_DONE;
	}
	if (!value)
		return USB_DONE;
	release_all(worker);
	error = worker->usb->set_configuration(worker->handle, value);
	memset(worker->alternates, 0, sizeof(worker->alternates));
	claimed = claim_all(worker);
	return status_of(worker, error ? error : claimed);
}

static enum usb_status set_interface(struct usb_worker *worker, unsigned number, unsigned alternate)
{
	int error;

	if (number >= USB_WORKER_INTERFACES || alternate > 0xff ||
		!(worker->interfaces & BIT(number)))
		return USB_STALL;
	error = worker->usb->set_alternate(worker->handle, (int)number, (int)alternate);
	if (!error) {
		worker->alternates[number] = (u8)alternate;
		look(worker);
	}
	return status_of(worker, error);
}

/* Does a request about which the host's kernel has to know. Returns false if it is another one. */
static bool do_standard(
	struct usb_worker *worker, const u8 setup[USB_SETUP], enum usb_status *status)
{
	unsigned value = usb_value(setup), index = usb_index(setup);

	switch (usb_request(setup)) {
	case USB_SET_ADDRESS: /* the host has given it one */
		*status = USB_STALL;
		return true;
	case USB_SET_DEVICE_FEATURE:
		*status = USB_STALL;
		return value == TEST_MODE;
	case USB_SET_CONFIGURATION:
		*status = set_configuration(worker, (u8)value);
		return true;
	case USB_SET_INTERFACE:
		*status = set_interface(worker, index, value);
		return true;
	case USB_CLEAR_ENDPOINT_FEATURE:
		if (value != USB_ENDPOINT_HALT || !usb_link_endpoint((u8)index))
			return false;
		*status = status_of(
			worker, worker->usb->clear_halt(worker->handle, (unsigned char)index));
		return true;
	default:
		return false;
	}
}

static enum usb_status end_status(struct usb_worker *worker, const struct libusb_transfer *transfer)
{
	switch (transfer->status) {
	case LIBUSB_TRANSFER_COMPLETED:
		return USB_DONE;
	case LIBUSB_TRANSFER_STALL:
		return USB_STALL;
	case LIBUSB_TRANSFER_NO_DEVICE:
		worker->gone = true;
		return USB_LOST;
	default:
		return USB_LOST;
	}
}

static void LIBUSB_CALL on_end(struct libusb_transfer *transfer)
{
	struct usb_worker_request *request = transfer->user_data;
	struct usb_worker *worker = request->worker;
	unsigned n = (unsigned)(request - worker->requests);
	u32 done = transfer->actual_length < 0 ? 0 : (u32)transfer->actual_length;

	request->active = false;
	worker->nr_active--;
	if (done > request->size)
		done = request->size;
	if (n == USB_CONTROL && worker->control[0] & USB_IN)
		memcpy(worker->memory->data[n], worker->control + LIBUSB_CONTROL_SETUP_SIZE, done);
	if (done < request->size)
		request->more = false;
	answer(worker, n, end_status(worker, transfer), done);
}

static void submit(struct usb_worker *worker, unsigned n, u8 type, u8 *bytes, u32 size)
{
	struct usb_worker_request *request = &worker->requests[n];
	struct libusb_transfer *transfer = request->transfer;
	int error;

	*transfer = (struct libusb_transfer){
		.dev_handle = worker->handle,
		.endpoint = usb_link_address(n),
		.type = type,
		.length = (int)size,
		.callback = on_end,
		.user_data = request,
		.buffer = bytes,
	};
	request->size = n == USB_CONTROL ? size - LIBUSB_CONTROL_SETUP_SIZE : size;
	error = worker->usb->submit(transfer);
	if (error) {
		answer(worker, n, status_of(worker, error), 0);
		return;
	}
	request->active = true;
	worker->nr_active++;
}

static void start_control(struct usb_worker *worker, const struct usb_link_message *message)
{
	u32 size = usb_length(message->setup);
	enum usb_status status;

	worker->requests[USB_CONTROL].more = false;
	if (do_standard(worker, message->setup, &status)) {
		answer(worker, USB_CONTROL, status, 0);
		return;
	}
	memcpy(worker->control, message->setup, USB_SETUP);
	if (!(message->setup[0] & USB_IN))
		memcpy(worker->control + LIBUSB_CONTROL_SETUP_SIZE,
			worker->memory->data[USB_CONTROL], size);
	submit(worker, USB_CONTROL, LIBUSB_TRANSFER_TYPE_CONTROL, worker->control,
		LIBUSB_CONTROL_SETUP_SIZE + size);
}

/* Of what the guest has room for, as many whole packets as fit. */
static void start_transfer(
	struct usb_worker *worker, unsigned n, const struct usb_link_message *message)
{
	const struct usb_worker_endpoint *endpoint = &worker->endpoints[n];
	u32 size = message->size < USB_LINK_DATA ? message->size : USB_LINK_DATA;

	worker->requests[n].more = n < 16 || size < message->size;
	if (!endpoint->there || (endpoint->type != LIBUSB_TRANSFER_TYPE_BULK &&
					endpoint->type != LIBUSB_TRANSFER_TYPE_INTERRUPT)) {
		answer(worker, n, USB_STALL, 0);
		return;
	}
	if (size < message->size && endpoint->packet)
		size -= size % endpoint->packet;
	submit(worker, n, endpoint->type, worker->memory->data[n], size);
}

static void cancel_all(struct usb_worker *worker)
{
	for (unsigned n = 0; n < USB_LINK_ENDPOINTS; n++)
		if (worker->requests[n].active)
			worker->usb->cancel(worker->requests[n].transfer);
}

void usb_worker_hear(struct usb_worker *worker, const struct usb_link_message *message)
{
	unsigned n = usb_link_endpoint(message->endpoint);
	struct usb_worker_request *request = &worker->requests[n];

	if (message->generation != worker->generation)
		return;
	switch (message->kind) {
	case USB_LINK_CONTROL:
		if (!worker->requests[USB_CONTROL].active)
			start_control(worker, message);
		break;
	case USB_LINK_TRANSFER:
		if (n != USB_CONTROL && !request->active)
			start_transfer(worker, n, message);
		break;
	case USB_LINK_CANCEL:
		if (request->active)
			worker->usb->cancel(request->transfer);
		break;
	case USB_LINK_RESET:
		cancel_all(worker);
		worker->reset_wanted = true;
		break;
	default:
		break;
	}
}

/* The device keeps its configuration. A device that has become another one is plugged in anew. */
int usb_worker_settle(struct usb_worker *worker, u64 now)
{
	int error;

	if (!worker->reset_wanted || worker->nr_active)
		return -1;
	if (now < worker->next_reset)
		return (int)((worker->next_reset - now) / NS_PER_MS) + 1;
	worker->reset_wanted = false;
	worker->next_reset = now + RESET_PAUSE_MS * NS_PER_MS;
	error = worker->usb->reset(worker->handle);
	if (error == LIBUSB_ERROR_NOT_FOUND || error == LIBUSB_ERROR_NO_DEVICE)
		worker->gone = true;
	else
		reset_alternates(worker);
	return -1;
}

int usb_worker_open(struct usb_worker *worker, struct err *err)
{
	int error;

	for (unsigned n = 0; n < USB_LINK_ENDPOINTS; n++) {
		worker->requests[n].worker = worker;
		worker->requests[n].transfer = worker->usb->alloc(0);
		if (!worker->requests[n].transfer)
			return err_sys(err, ENOMEM, "cannot open libusb");
	}
	/* The device is the one that is open. */
	worker->usb->set_option(NULL, LIBUSB_OPTION_NO_DEVICE_DISCOVERY, NULL);
	error = worker->usb->init(&worker->context);
	return error ? fail(worker, err, error, "open libusb") : 0;
}

int usb_worker_take(struct usb_worker *worker, struct err *err)
{
	struct usb_link_message message = { .kind = USB_LINK_PLUGGED, .status = worker->speed };
	int error = worker->usb->wrap(worker->context, worker->file, &worker->handle);

	if (error)
		return fail(worker, err, error, "open the device");
	error = claim_all(worker);
	if (error)
		return fail(worker, err, error, "take the device from the host");
	tell(worker, &message);
	return 0;
}

/* Returns false when the machine has ended. */
static bool hear_all(struct usb_worker *worker)
{
	struct usb_link_message message;

	for (unsigned i = 0; i < MAX_MESSAGES && !worker->reset_wanted; i++) {
		ssize_t nr = recv(worker->link, &message, sizeof(message), MSG_DONTWAIT);

		if (nr < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (nr <= 0)
			return false;
		if (nr == sizeof(message))
			usb_worker_hear(worker, &message);
	}
	return true;
}

static unsigned find_files(struct usb_worker *worker, struct pollfd files[MAX_FILES])
{
	const struct libusb_pollfd **of_library = worker->usb->get_files(worker->context);
	unsigned nr = 0;

	files[nr++] = (struct pollfd){ .fd = worker->link };
	for (unsigned i = 0; of_library && of_library[i] && nr < MAX_FILES; i++)
		files[nr++] = (struct pollfd){ of_library[i]->fd, of_library[i]->events, 0 };
	return nr;
}

void usb_worker_run(struct usb_worker *worker)
{
	struct pollfd files[MAX_FILES];
	unsigned nr = find_files(worker, files);
	int wait = -1;

	while (!worker->gone) {
		struct timeval now = { 0, 0 };
		bool lost = false;

		files[0].events = worker->reset_wanted ? 0 : POLLIN;
		if (poll(files, nr, wait) < 0 && errno != EINTR)
			return;
		for (unsigned i = 1; i < nr; i++)
			if (files[i].fd == worker->file && files[i].revents & (POLLERR | POLLHUP))
				lost = true;
		worker->usb->handle_events(worker->context, &now, NULL);
		if (lost || !hear_all(worker))
			return;
		wait = usb_worker_settle(worker, clock_monotonic(&clock_system));
	}
}
