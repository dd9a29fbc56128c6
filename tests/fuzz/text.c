// SPDX-License-Identifier: GPL-2.0-or-later
/* Any text that is taken for a report: what is said of it agrees with itself. */
#include "conclude.h"

#include "host/facts/reading.h"
#include "host/scan/scan.h"

/* Once: pci.ids takes longer to read than a text. */
static struct pci_names *names;

static void check_listings(const struct reading *reading)
{
	for (unsigned i = 0; i < reading->nr_listings; i++) {
		const struct listing *listing = &reading->listings[i];

		CLAIM(listing->first && listing->first <= listing->last);
		CLAIM(listing->last <= reading->nr_lines);
		CLAIM(!i || listing->first >= reading->listings[i - 1].first);
		CLAIM(listing_name(listing->kind) && listing_title(listing->kind));
	}
	CLAIM(reading->nr_ignored <= READING_KEPT && reading->nr_contradictions <= READING_KEPT);
	CLAIM(reading->ignored_lines <= reading->nr_lines);
	for (unsigned i = 0; i < reading->nr_ignored; i++)
		CLAIM(reading->ignored[i].first <= reading->ignored[i].last);
}

static void check_facts(const struct host *host)
{
	for (unsigned i = 0; i < host->count; i++) {
		const struct host_dev *dev = &host->devs[i];

		CLAIM(!i || pci_addr_cmp(host->devs[i - 1].addr, dev->addr) < 0);
		CLAIM(dev->group == HOST_NONE || host_knows(dev, HOST_GROUP));
		CLAIM(!dev->driver || host_knows(dev, HOST_DRIVER));
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const struct check_facts nothing;
	struct host host = { 0 };
	struct err err = { 0 };

	if (!names)
		names = pci_names_open();
	if (!scan_lspci_names(&host, names, (const char *)data, size, &err)) {
		check_facts(&host);
		conclude(&host, &nothing);
	} else {
		CLAIM(err.text[0]);
	}
	if (host.reading)
		check_listings(host.reading);
	host_close(&host);
	return 0;
}
