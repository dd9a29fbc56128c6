// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/usbhost/device.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define MAX_MESSAGES 64 /* taken at a time */

static struct usb_host *of(struct usb_device *dev)
{
	return container_of(dev, struct usb_host, dev);
}

static bool tell(const struct usb_host *host, struct usb_link_message *message)
{
	message->generation = host->generation;
	return send(host->link, message, sizeof(*message), MSG_DONTWAIT | MSG_NOSIGNAL) ==
	       sizeof(*message);
}

/* Sends what the guest asks for; the answer comes later. */
static enum usb_status start(
	struct usb_host *host, unsigned n, struct usb_link_message *message, u32 asked)
{
	struct usb_host_endpoint *endpoint = &host->endpoints[n];

	message->endpoint = usb_link_address(n);
	host->used = true;
	*endpoint = (struct usb_host_endpoint){ .asked = asked };
	if (!tell(host, message))
		return USB_LOST;
	endpoint->state = USB_HOST_BUSY;
	return USB_NAK;
}

/* Copies the next bytes of a packet that stays as it is until they have been sent. */
static u32 copy_out(const struct usb_host *host, unsigned n, const struct usb_packet *packet)
{
	struct usb_packet copy = *packet;

	return usb_packet_get(&copy, host->memory->data[n], USB_LINK_DATA);
}

static enum usb_status start_transfer(
	struct usb_host *host, unsigned n, const struct usb_packet *packet)
{
	struct usb_link_message message = { .kind = USB_LINK_TRANSFER };
	bool in = n >= 16;

	message.size = in ? packet->size - packet->actual : copy_out(host, n, packet);
	return start(
		host, n, &message, message.size < USB_LINK_DATA ? message.size : USB_LINK_DATA);
}

/* The guest sees how a request has ended. */
static enum usb_status see_end(
	struct usb_host *host, unsigned n, struct usb_packet *packet, bool in)
{
	struct usb_host_endpoint *endpoint = &host->endpoints[n];

	if (in) {
		u32 done = usb_packet_put(
			packet, host->memory->data[n] + endpoint->first, endpoint->left);

		endpoint->first += done;
		endpoint->left -= done;
		/* More than the guest has room for is for the next transfer. */
		if (endpoint->left && n)
			return USB_DONE;
	} else {
		u32 room = packet->size - packet->actual;

		packet->actual += endpoint->left < room ? endpoint->left : room;
	}
	endpoint->state = USB_HOST_IDLE;
	return endpoint->status;
}

static enum usb_status transfer(struct usb_device *dev, u8 address, struct usb_packet *packet)
{
	struct usb_host *host = of(dev);
	unsigned n = usb_link_endpoint(address);
	struct usb_host_endpoint *endpoint = &host->endpoints[n];
	enum usb_status status;

	switch (endpoint->state) {
	case USB_HOST_BUSY:
	case USB_HOST_LEAVING:
		return USB_NAK;
	case USB_HOST_ENDED:
		status = see_end(host, n, packet, n >= 16);
		if (status != USB_DONE || !endpoint->more || packet->actual >= packet->size)
			return status;
		break;
	case USB_HOST_IDLE:
		break;
	}
	return start_transfer(host, n, packet);
}

/* What endpoints have delivered before one of these is no answer to what comes after it, 9.4. */
static void forget(struct usb_host *host, const u8 setup[USB_SETUP])
{
	u16 request = usb_request(setup);
	unsigned only = usb_link_endpoint((u8)usb_index(setup));

	if (request != USB_CLEAR_ENDPOINT_FEATURE && request != USB_SET_CONFIGURATION &&
		request != USB_SET_INTERFACE)
		return;
	for (unsigned n = 1; n < USB_LINK_ENDPOINTS; n++)
		if (host->endpoints[n].state == USB_HOST_ENDED &&
			(request != USB_CLEAR_ENDPOINT_FEATURE || n == only))
			host->endpoints[n].state = USB_HOST_IDLE;
}

static enum usb_status start_control(
	struct usb_host *host, const u8 setup[USB_SETUP], const struct usb_packet *data)
{
	struct usb_link_message message = { .kind = USB_LINK_CONTROL };
	bool in = setup[0] & USB_IN;
	u32 size = usb_length(setup);

	memcpy(message.setup, setup, USB_SETUP);
	if (!in && data->size < size)
		return USB_STALL;
	if (!in)
		message.size = copy_out(host, USB_CONTROL, data) < size ? 0 : size;
	forget(host, setup);
	return start(host, USB_CONTROL, &message, size);
}

static enum usb_status control(
	struct usb_device *dev, const u8 setup[USB_SETUP], struct usb_packet *data)
{
	struct usb_host *host = of(dev);

	switch (host->endpoints[USB_CONTROL].state) {
	case USB_HOST_ENDED:
		return see_end(host, USB_CONTROL, data, setup[0] & USB_IN);
	case USB_HOST_IDLE:
		return start_control(host, setup, data);
	default:
		return USB_NAK;
	}
}

static void take_back(struct usb_host *host, unsigned n)
{
	struct usb_link_message message = {
		.kind = USB_LINK_CANCEL,
		.endpoint = usb_link_address(n),
	};

	/* If this cannot be sent, the process has ended or does not listen. */
	tell(host, &message);
	host->endpoints[n].state = USB_HOST_LEAVING;
}

static void cancel(struct usb_device *dev, u8 address)
{
	struct usb_host *host = of(dev);
	unsigned n = usb_link_endpoint(address);
	struct usb_host_endpoint *endpoint = &host->endpoints[n];

	if (endpoint->state == USB_HOST_BUSY)
		take_back(host, n);
	else if (endpoint->state == USB_HOST_ENDED && (n < 16 || !endpoint->left))
		endpoint->state = USB_HOST_IDLE;
}

static void reset(struct usb_device *dev)
{
	struct usb_link_message message = { .kind = USB_LINK_RESET };
	struct usb_host *host = of(dev);

	for (unsigned n = 0; n < USB_LINK_ENDPOINTS; n++) {
		struct usb_host_endpoint *endpoint = &host->endpoints[n];

		if (endpoint->state == USB_HOST_ENDED)
			endpoint->state = USB_HOST_IDLE;
		if (endpoint->state == USB_HOST_BUSY)
			take_back(host, n);
		endpoint->flush = true;
	}
	/* Firmware and drivers reset a port again and again. */
	if (host->used && host->generation)
		tell(host, &message);
	host->used = false;
}

static const struct usb_device_ops device_ops = {
	.reset = reset,
	.control = control,
	.transfer = transfer,
	.cancel = cancel,
};

void usb_host_init(struct usb_host *host, const char *name, int link,
	struct usb_link_memory *memory, const struct usb_host_ops *ops, void *owner)
{
	*host = (struct usb_host){
		.dev = { .ops = &device_ops },
		.ops = ops,
		.owner = owner,
		.name = name,
		.link = link,
		.memory = memory,
	};
}

/* Locked. */
static void end_request(struct usb_host *host, unsigned n, const struct usb_link_message *message)
{
	struct usb_host_endpoint *endpoint = &host->endpoints[n];
	enum usb_host_state before = endpoint->state;

	if (before != USB_HOST_BUSY && before != USB_HOST_LEAVING)
		return;
	endpoint->state = USB_HOST_ENDED;
	endpoint->status = message->status == USB_DONE || message->status == USB_STALL
				   ? (enum usb_status)message->status
				   : USB_LOST;
	endpoint->left = message->size < endpoint->asked ? message->size : endpoint->asked;
	endpoint->first = 0;
	endpoint->more = message->more;
	if (before == USB_HOST_LEAVING) {
		endpoint->status = USB_DONE;
		endpoint->more = false;
		if (endpoint->flush || n < 16 || !endpoint->left)
			endpoint->state = USB_HOST_IDLE;
	}
	endpoint->flush = false;
	usb_ready(&host->dev, usb_link_address(n));
}

static void say(struct usb_host *host, const char *what)
{
	unsigned held;

	if (log_limit_pass(&host->limit, &held))
		log_info("USB %s %s", host->name, what);
}

static void plug(struct usb_host *host, const struct usb_link_message *message)
{
	struct err err = { 0 };

	usb_host_lose(host);
	if (message->status < USB_FULL || message->status > USB_SUPER || !message->generation)
		return;
	memset(host->endpoints, 0, sizeof(host->endpoints));
	host->used = false;
	host->generation = message->generation;
	host->dev.speed = (enum usb_speed)message->status;
	if (!host->ops->plug(host->owner, &host->dev, &err)) {
		say(host, "is plugged into the guest");
		return;
	}
	host->generation = 0;
	log_warn("USB %s stays unplugged: %s", host->name, err.text);
}

void usb_host_lose(struct usb_host *host)
{
	if (!host->generation)
		return;
	host->ops->unplug(host->owner, &host->dev);
	host->generation = 0;
}

void usb_host_take(struct usb_host *host, const struct usb_link_message *message)
{
	switch (message->kind) {
	case USB_LINK_READY:
		if (!host->generation && !message->status)
			log_info("USB %s is not there; the guest gets it when it is plugged in",
				host->name);
		break;
	case USB_LINK_PLUGGED:
		plug(host, message);
		break;
	case USB_LINK_GONE:
		if (host->generation)
			say(host, "is unplugged");
		usb_host_lose(host);
		break;
	case USB_LINK_ENDED:
		if (!host->generation || message->generation != host->generation)
			break;
		pthread_mutex_lock(host->dev.lock);
		end_request(host, usb_link_endpoint(message->endpoint), message);
		pthread_mutex_unlock(host->dev.lock);
		break;
	default:
		break;
	}
}

bool usb_host_hear(struct usb_host *host)
{
	struct usb_link_message message;

	for (unsigned i = 0; i < MAX_MESSAGES; i++) {
		ssize_t nr = recv(host->link, &message, sizeof(message), MSG_DONTWAIT);

		if (nr < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (nr <= 0)
			return false;
		if (nr == sizeof(message))
			usb_host_take(host, &message);
	}
	return true;
}
