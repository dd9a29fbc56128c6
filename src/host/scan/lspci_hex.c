// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads the hex dump of a record. Its facts have precedence, and the text adds those that the dump
 * does not cover.
 */
#include <linux/pci_regs.h>
#include <string.h>

#include "host/scan/lspci.h"
#include "pci/caps.h"

bool lspci_hex(struct lspci_record *record, struct span line)
{
	u64 pos, byte;
	unsigned n = span_number(line, 16, 3, &pos), nr_bytes = 0;
	u8 bytes[16];

	if (n < 2 || n + 4 > line.len || line.at[n] != ':' || pos % 16)
		return false;
	line.at += n + 1;
	line.len -= n + 1;
	while (line.len >= 3 && line.at[0] == ' ' && nr_bytes < sizeof(bytes)) {
		struct span pair = { line.at + 1, 2 };

		if (span_number(pair, 16, 2, &byte) != 2)
			break;
		bytes[nr_bytes++] = byte;
		line.at += 3;
		line.len -= 3;
	}
	if (nr_bytes == 0 || span_trim(line).len)
		return false;
	if (!record->host)
		return true;
	if (!record->config)
		record->config = host_alloc(record->host, PCI_CONFIG_SIZE);
	/* The dump must be contiguous from offset 0. */
	if (record->config && pos == record->config_end) {
		memcpy(record->config + pos, bytes, nr_bytes);
		record->config_end = pos + nr_bytes;
	}
	return true;
}
