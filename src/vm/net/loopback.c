// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/net/loopback.h"

#include <linux/if_ether.h>
#include <string.h>

#include "base/bytes.h"

/* RFC 791, RFC 8200: the offset of the destination in a packet. */
#define TO_IPV4 16
#define TO_IPV6 24

bool net_is_for_loopback(const u8 *head, size_t size)
{
	static const u8 zeroes[10];
	u16 type = size >= ETH_HLEN ? get_be16(head + 2 * ETH_ALEN) : 0;

	if (type == ETH_P_IP && size >= ETH_HLEN + TO_IPV4 + 4)
		return head[ETH_HLEN + TO_IPV4] == 127 || !head[ETH_HLEN + TO_IPV4];
	return type == ETH_P_IPV6 && size >= ETH_HLEN + TO_IPV6 + 16 &&
	       !memcmp(head + ETH_HLEN + TO_IPV6, zeroes, sizeof(zeroes));
}
