// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A USB device of the host: a hostile guest and a hostile process on the two sides of the device
 * that the guest's controller has; and in that process, a device whose descriptors and transfers
 * are anything, driven by any messages.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "fuzz.h"
#include "vm/usbhost/device.h"
#include "vm/usbhost/match.h"
#include "vm/usbhost/worker.h"

#define MAX_STEPS  300
#define PACKET_MAX 70000u
#define GENERATION 1

struct step {
	u8 kind;
	u8 endpoint;
	u8 value[2];
	u8 setup[USB_SETUP];
};

enum { CONTROL, TRANSFER, CANCEL, RESET, MESSAGE, SCRIBBLE, NR_KINDS };
enum { HEAR, COMPLETE, SETTLE, FAIL, NR_WORKS };

/* In the place of the log: each plug and unplug is said. */
void __wrap_log_at(enum log_level level, const char *fmt, ...);

void __wrap_log_at(enum log_level level, const char *fmt, ...)
{
}

static u16 value_of(const struct step *step)
{
	return (u16)(step->value[0] | step->value[1] << 8);
}

/* The guest's side: as the controller does, it has one packet at each endpoint. */
static struct {
	struct usb_host host;
	pthread_mutex_t lock;
	struct usb_link_memory memory;
	struct usb_packet packets[USB_LINK_ENDPOINTS];
	struct iovec iov[USB_LINK_ENDPOINTS];
	u8 setups[USB_LINK_ENDPOINTS][USB_SETUP];
	bool waits[USB_LINK_ENDPOINTS];
	bool plugged;
} g;

static int plug(void *owner, struct usb_device *dev, struct err *err)
{
	CLAIM(!g.plugged && dev->speed >= USB_FULL && dev->speed <= USB_SUPER);
	g.plugged = true;
	dev->lock = &g.lock;
	return 0;
}

static void drop(unsigned n)
{
	free(g.iov[n].iov_base);
	g.iov[n].iov_base = NULL;
	g.waits[n] = false;
}

static void unplug(void *owner, struct usb_device *dev)
{
	CLAIM(g.plugged);
	g.plugged = false;
	for (unsigned n = 0; n < USB_LINK_ENDPOINTS; n++)
		drop(n);
}

static const struct usb_host_ops ops = { plug, unplug };

static void offer(unsigned n)
{
	struct usb_packet *packet = &g.packets[n];
	u32 before = packet->actual;
	enum usb_status status =
		n ? g.host.dev.ops->transfer(&g.host.dev, usb_link_address(n), packet)
		  : g.host.dev.ops->control(&g.host.dev, g.setups[n], packet);

	CLAIM(packet->actual >= before && packet->actual <= packet->size);
	if (status != USB_NAK)
		drop(n);
}

static void begin(unsigned n, u32 size, const u8 setup[USB_SETUP])
{
	if (!g.waits[n]) {
		/* Exactly so large, so that the sanitizer sees what is outside. */
		g.iov[n] = (struct iovec){ malloc(size + 1), size };
		g.packets[n] = (struct usb_packet){ &g.iov[n], 1, size, 0 };
		memcpy(g.setups[n], setup, USB_SETUP);
		memset(g.iov[n].iov_base, 0, size + 1);
		g.waits[n] = true;
	}
	offer(n);
}

static void on_message(const struct step *step)
{
	struct usb_link_message message = { .generation = step->value[1] & 3,
		.kind = step->setup[0] % (USB_LINK_RESET + 2),
		.endpoint = step->endpoint,
		.status = step->setup[1] % 6,
		.more = step->setup[2],
		.size = (u32)step->setup[3] << 16 | value_of(step) };

	usb_host_take(&g.host, &message);
	for (unsigned n = 0; g.plugged && n < USB_LINK_ENDPOINTS; n++)
		if (g.waits[n])
			offer(n);
}

static void guest_step(const struct step *step)
{
	unsigned n = usb_link_endpoint(step->endpoint);
	u8 kind = step->kind % NR_KINDS;

	if (kind == SCRIBBLE) {
		memset(g.memory.data[n], step->value[0], step->value[1]);
		return;
	}
	if (kind == MESSAGE) {
		on_message(step);
		return;
	}
	if (!g.plugged)
		return;
	if (kind == CONTROL) {
		begin(0, value_of(step), step->setup);
	} else if (kind == TRANSFER && n) {
		begin(n, value_of(step) + (PACKET_MAX - 65536) * (step->setup[0] & 1), step->setup);
	} else if (kind == CANCEL) {
		g.host.dev.ops->cancel(&g.host.dev, step->endpoint);
		drop(n);
	} else if (kind == RESET) {
		g.host.dev.ops->reset(&g.host.dev);
	}
}

static void empty(int fd)
{
	struct usb_link_message message;

	while (recv(fd, &message, sizeof(message), MSG_DONTWAIT) > 0)
		;
}

static void fuzz_guest(const struct step *steps, size_t nr, const int pair[2])
{
	usb_host_init(&g.host, "1:2", pair[0], &g.memory, &ops, NULL);
	for (size_t i = 0; i < nr; i++) {
		guest_step(&steps[i]);
		empty(pair[1]);
	}
	usb_host_lose(&g.host);
}

/* The process's side. */
static struct {
	struct usb_worker worker;
	struct usb_link_memory memory;
	const u8 *bytes;
	size_t nr;
	int error;
	struct libusb_config_descriptor config;
	struct libusb_interface interfaces[4];
	struct libusb_interface_descriptor settings[4][2];
	struct libusb_endpoint_descriptor endpoints[4];
	struct libusb_transfer *active[USB_LINK_ENDPOINTS];
} w;

static int no_option(libusb_context *context, enum libusb_option option, ...)
{
	return 0;
}

static int no_init(libusb_context **context)
{
	return 0;
}

static int no_wrap(libusb_context *context, intptr_t fd, libusb_device_handle **handle)
{
	return w.error;
}

static libusb_device *no_device(libusb_device_handle *handle)
{
	return NULL;
}

static int get_configuration(libusb_device *device, struct libusb_config_descriptor **config)
{
	*config = &w.config;
	return w.error;
}

static void free_configuration(struct libusb_config_descriptor *config)
{
}

static int one_number(libusb_device_handle *handle, int number)
{
	return w.error;
}

static int set_alternate(libusb_device_handle *handle, int interface, int alternate)
{
	CLAIM(interface >= 0 && interface < USB_WORKER_INTERFACES);
	return w.error;
}

static int clear_halt(libusb_device_handle *handle, unsigned char endpoint)
{
	return w.error;
}

static int reset(libusb_device_handle *handle)
{
	for (unsigned n = 0; n < USB_LINK_ENDPOINTS; n++)
		CLAIM(!w.active[n]);
	return w.error;
}

static struct libusb_transfer *alloc(int packets)
{
	return calloc(1, sizeof(struct libusb_transfer));
}

/* The memory is read and written as the kernel would. */
static int submit(struct libusb_transfer *transfer)
{
	unsigned n = usb_link_endpoint(transfer->endpoint);

	CLAIM(!w.active[n] && transfer->length >= 0);
	if (w.error)
		return w.error;
	w.active[n] = transfer;
	memmove(transfer->buffer, transfer->buffer, (size_t)transfer->length);
	return 0;
}

static int cancel(struct libusb_transfer *transfer)
{
	CLAIM(w.active[usb_link_endpoint(transfer->endpoint)] == transfer);
	return 0;
}

static const char *text(int error)
{
	return "";
}

static const struct usb_library library = { .set_option = no_option,
	.init = no_init,
	.wrap = no_wrap,
	.get_device = no_device,
	.get_configuration = get_configuration,
	.free_configuration = free_configuration,
	.set_configuration = one_number,
	.set_alternate = set_alternate,
	.detach_driver = one_number,
	.claim = one_number,
	.release = one_number,
	.clear_halt = clear_halt,
	.reset = reset,
	.alloc = alloc,
	.submit = submit,
	.cancel = cancel,
	.text = text };

/* What libusb makes of descriptors: its arrays are as long as its counts say. */
static void describe(const u8 bytes[16])
{
	w.config = (struct libusb_config_descriptor){ .bNumInterfaces = bytes[0] & 3,
		.bConfigurationValue = bytes[1],
		.interface = w.interfaces };
	for (unsigned i = 0; i < 4; i++) {
		w.endpoints[i] =
			(struct libusb_endpoint_descriptor){ .bEndpointAddress = bytes[2 + i],
				.bmAttributes = bytes[6 + i],
				.wMaxPacketSize = (u16)(bytes[10] << i | bytes[11]) };
		for (unsigned alt = 0; alt < 2; alt++)
			w.settings[i][alt] =
				(struct libusb_interface_descriptor){ .bInterfaceNumber =
									      bytes[12 + i % 2],
					.bAlternateSetting = (u8)(bytes[14] * alt),
					.bNumEndpoints = bytes[15] & 3,
					.endpoint = w.endpoints };
		w.interfaces[i] = (struct libusb_interface){ w.settings[i], (int)(i % 3) };
	}
}

static void complete(const struct step *step)
{
	unsigned n = usb_link_endpoint(step->endpoint);
	struct libusb_transfer *transfer = w.active[n];

	if (!transfer)
		return;
	w.active[n] = NULL;
	transfer->status = (enum libusb_transfer_status)(step->setup[0] % 7);
	transfer->actual_length = (s16)value_of(step) * (step->setup[1] & 1 ? 3 : 1);
	transfer->callback(transfer);
}

static void worker_step(const struct step *step)
{
	struct usb_link_message message = { .generation = GENERATION - (step->kind == 255),
		.kind = (u8)(USB_LINK_CONTROL + step->value[1] % 5),
		.endpoint = step->endpoint,
		.size = (u32)step->value[0] << 10 | step->value[1] };

	memcpy(message.setup, step->setup, USB_SETUP);
	switch (step->kind % NR_WORKS) {
	case HEAR:
		/* As the loop does. */
		if (!w.worker.reset_wanted)
			usb_worker_hear(&w.worker, &message);
		break;
	case COMPLETE:
		complete(step);
		break;
	case SETTLE:
		usb_worker_settle(&w.worker, (u64)value_of(step) << 20);
		break;
	case FAIL:
		w.error = step->value[0] & 1 ? -(step->value[1] % 13) : 0;
		break;
	}
}

static void fuzz_worker(const struct step *steps, size_t nr, const int pair[2])
{
	struct err err = { 0 };

	memset(&w, 0, sizeof(w));
	w.worker = (struct usb_worker){
		.usb = &library, .link = pair[0], .memory = &w.memory, .generation = GENERATION
	};
	if (nr < 2)
		return;
	describe((const u8 *)steps);
	CLAIM(!usb_worker_open(&w.worker, &err));
	usb_worker_take(&w.worker, &err);
	for (size_t i = 2; i < nr; i++) {
		worker_step(&steps[i]);
		empty(pair[1]);
	}
	for (unsigned n = 0; n < USB_LINK_ENDPOINTS; n++)
		free(w.worker.requests[n].transfer);
}

static void fuzz_match(const u8 *data, size_t size)
{
	char *given = strndup((const char *)data, size), again[USB_MATCH_SIZE];
	struct usb_match match, same;
	struct err err = { 0 };

	if (given && !usb_match_parse(&match, given, &err)) {
		usb_match_text(&match, again);
		CLAIM(!usb_match_parse(&same, again, &err));
		CLAIM(!memcmp(&match, &same, sizeof(match)));
	}
	free(given);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	size_t nr = size ? (size - 1) / sizeof(struct step) : 0;
	const struct step *steps = (const struct step *)(data + 1);
	int pair[2];

	if (!size)
		return 0;
	if (nr > MAX_STEPS)
		nr = MAX_STEPS;
	if (data[0] % 3 == 2) {
		fuzz_match(data + 1, size - 1);
		return 0;
	}
	CLAIM(!socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
	pthread_mutex_init(&g.lock, NULL);
	if (data[0] % 3)
		fuzz_worker(steps, nr, pair);
	else
		fuzz_guest(steps, nr, pair);
	pthread_mutex_destroy(&g.lock);
	close(pair[0]);
	close(pair[1]);
	return 0;
}
