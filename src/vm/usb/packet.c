// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "vm/usb/usb.h"

static u32 copy(struct usb_packet *packet, void *bytes, u32 size, bool in)
{
	size_t skip = packet->actual;
	u32 done = 0;

	if (size > packet->size - packet->actual)
		size = packet->size - packet->actual;
	for (unsigned i = 0; i < packet->nr_iov && done < size; i++) {
		const struct iovec *iov = &packet->iov[i];
		size_t n;

		if (skip >= iov->iov_len) {
			skip -= iov->iov_len;
			continue;
		}
		n = iov->iov_len - skip;
		if (n > size - done)
			n = size - done;
		if (in)
			memcpy((u8 *)iov->iov_base + skip, (u8 *)bytes + done, n);
		else
			memcpy((u8 *)bytes + done, (u8 *)iov->iov_base + skip, n);
		done += (u32)n;
		skip = 0;
	}
	packet->actual += done;
	return done;
}

u32 usb_packet_put(struct usb_packet *packet, const void *bytes, u32 size)
{
	return copy(packet, (void *)bytes, size, true);
}

u32 usb_packet_get(struct usb_packet *packet, void *bytes, u32 size)
{
	return copy(packet, bytes, size, false);
}
