// SPDX-License-Identifier: GPL-2.0-or-later
/* Listings and their records: begins and ends them, and draws conclusions at their end. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "host/facts/class.h"
#include "host/scan/config.h"
#include "host/scan/text/split.h"
#include "pci/caps.h"

const char *split_keep(struct splitter *s, struct span text)
{
	const char *copy = host_string(s->raw, text.at, text.len < 160 ? text.len : 160);

	if (!copy)
		s->ret = -ENOMEM;
	return copy;
}

struct record_note *split_note(struct splitter *s, const struct host_dev *dev)
{
	return &s->notes[dev - s->raw->devs];
}

/* Listings */

bool split_listing(struct splitter *s, enum listing_kind kind)
{
	struct reading *reading = s->reading;
	struct listing *listing;

	if (s->listing != HOST_NONE) {
		listing = &reading->listings[s->listing];
		if (listing->kind == kind) {
			listing->last = s->line.number;
			return true;
		}
		split_end_listing(s);
	}
	/* The list is full at each power of two. */
	if (!(reading->nr_listings & (reading->nr_listings - 1))) {
		size_t room = reading->nr_listings ? 2 * (size_t)reading->nr_listings : 1;
		struct listing *bigger = host_alloc(s->raw, room * sizeof(*bigger));

		if (!bigger) {
			s->ret = -ENOMEM;
			return false;
		}
		if (reading->nr_listings)
			memcpy(bigger, reading->listings, reading->nr_listings * sizeof(*bigger));
		reading->listings = bigger;
	}
	s->listing = reading->nr_listings++;
	s->listing_from = s->raw->count;
	reading->listings[s->listing] = (struct listing){
		.kind = kind, .first = s->line.number, .last = s->line.number, .used = true
	};
	return true;
}

bool split_is_open(const struct splitter *s, enum listing_kind kind)
{
	return s->listing != HOST_NONE && s->reading->listings[s->listing].kind == kind;
}

bool split_is_lspci(const struct splitter *s)
{
	return split_is_open(s, LISTING_LSPCI) || split_is_open(s, LISTING_LSPCI_DRIVERS) ||
	       split_is_open(s, LISTING_LSPCI_VERBOSE);
}

/*
 * lspci prints a device's group and driver if it has one. So if a listing shows any, a device
 * without them in the same listing has none.
 */
static void conclude_absence(struct splitter *s)
{
	bool drivers = false, groups = false;

	for (unsigned i = s->listing_from; i < s->raw->count; i++) {
		drivers |= s->notes[i].driver_shown;
		groups |= s->notes[i].group_shown;
	}
	for (unsigned i = s->listing_from; i < s->raw->count; i++) {
		if (drivers)
			s->raw->devs[i].known |= HOST_DRIVER;
		if (groups)
			s->raw->devs[i].known |= HOST_GROUP;
	}
}

void split_end_listing(struct splitter *s)
{
	struct listing *listing;

	split_end_record(s);
	s->heading = HOST_NONE;
	s->path_groups = false;
	s->table.active = false;
	s->tree.active = false;
	if (s->listing == HOST_NONE)
		return;
	listing = &s->reading->listings[s->listing];
	listing->nr_devices = s->raw->count - s->listing_from;
	if (listing->kind != LISTING_KERNEL && listing->kind != LISTING_LSPCI_TREE)
		conclude_absence(s);
	/* The line only looked like the start of a listing. */
	if (!listing->nr_devices && s->listing == (int)s->reading->nr_listings - 1 &&
		listing->kind != LISTING_KERNEL)
		s->reading->nr_listings--;
	s->listing = HOST_NONE;
}

struct host_dev *split_device(struct splitter *s, struct pci_addr addr)
{
	int at = addr_map_get(&s->map, addr);
	struct host_dev *dev;
	unsigned count = s->raw->count;

	if (at != HOST_NONE && (int)s->notes[at].listing == s->listing)
		return &s->raw->devs[at];
	if (count >= MAX_RECORDS) {
		s->ret = -EFBIG;
		return NULL;
	}
	/* Grows with the devices: the list is full at each power of two. */
	if (!(count & (count - 1))) {
		struct record_note *bigger =
			realloc(s->notes, (count ? 2 * (size_t)count : 1) * sizeof(*bigger));

		if (!bigger) {
			s->ret = -ENOMEM;
			return NULL;
		}
		s->notes = bigger;
	}
	dev = host_add(s->raw, addr);
	if (!dev || addr_map_put(&s->map, addr, count)) {
		s->ret = -ENOMEM;
		return NULL;
	}
	s->notes[count] = (struct record_note){ .listing = s->listing, .line = s->line.number };
	return dev;
}

void split_group(struct splitter *s, struct pci_addr addr, unsigned group)
{
	struct host_dev *dev = split_device(s, addr);

	if (!dev)
		return;
	dev->group = group;
	dev->known |= HOST_GROUP;
	split_note(s, dev)->group_whole = true;
}

/* Records of lspci */

static unsigned usable_size(unsigned end)
{
	return end >= PCI_CONFIG_SIZE         ? PCI_CONFIG_SIZE
	       : end >= PCI_CFG_SPACE_SIZE    ? PCI_CFG_SPACE_SIZE
	       : end >= PCI_STD_HEADER_SIZEOF ? PCI_STD_HEADER_SIZEOF
					      : 0;
}

/* Concludes, at a record's end, what its text as a whole tells about capabilities. */
static void conclude_capabilities(struct lspci_record *record)
{
	struct host_dev *dev = record->dev;

	/*
	 * "Cap+" but no capability: the text's author ran lspci without root, or has cut them off.
	 */
	if (record->has_list && !record->listed)
		record->denied = true;
	/* The list would have been printed, and it has no PCI Express capability. */
	if (record->verbose && !record->denied)
		dev->known |= HOST_PCIE;
	/* A user who may read the list may read the extended one, too. */
	if (dev->acs.present)
		dev->known |= HOST_ACS;
	else if (host_knows(dev, HOST_PCIE))
		dev->known |= HOST_ACS | HOST_ACS_BITS;
}

void split_end_record(struct splitter *s)
{
	struct lspci_record *record = &s->record;
	struct host_dev *dev = record->dev ? &s->raw->devs[s->record_at] : NULL;
	u32 group_known;
	int group;

	record->dev = NULL;
	record->in_doubt = false;
	if (!dev)
		return;
	record->dev = dev;
	dev->bridge |= dev->class >> 8 == CLASS_PCI_BRIDGE || dev->class >> 8 == CLASS_CARDBUS;
	if (dev->bridge)
		dev->header = dev->class >> 8 == CLASS_CARDBUS ? PCI_HEADER_TYPE_CARDBUS
							       : PCI_HEADER_TYPE_BRIDGE;
	if (!dev->removed)
		conclude_capabilities(record);
	if (record->verbose && !dev->removed)
		dev->known |= HOST_ROM | HOST_BARS;
	s->notes[s->record_at].driver_shown |= record->driver_shown;
	s->notes[s->record_at].group_shown |= record->group_shown;
	if (record->group_shown)
		s->notes[s->record_at].group_whole = false;
	dev->config_size = usable_size(record->config_end);
	if (dev->config_size) {
		group = dev->group;
		group_known = dev->known & HOST_GROUP;
		dev->config = record->config;
		scan_config(dev, false);
		dev->group = group;
		dev->known |= group_known;
	}
	record->dev = NULL;
}
