// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads lspci -t, which shows which bridge leads to which bus.
 *
 *	-[0000:00]-+-00.0
 *	           +-01.0-[01]--+-00.0
 *	           |            \-00.1
 *	           \-1f.2
 *
 * A '+' or '\' is in the column of its bus; a bus with one device has only a '-'.
 */
#include <ctype.h>
#include <string.h>

#include "host/scan/text/split.h"

struct drawn {
	struct splitter *s;
	struct span line;
	size_t at;
	struct tree_bus bus; /* the bus whose devices follow */
};

static char here(const struct drawn *d)
{
	return d->at < d->line.len ? d->line.at[d->at] : 0;
}

/* "[0000:80]" */
static bool take_root(struct drawn *d)
{
	struct span rest = span_from(d->line, d->at);
	u64 domain, bus;
	unsigned n;

	if (!span_skip(&rest, "["))
		return false;
	n = span_number(rest, 16, 8, &domain);
	if (n < 4 || n >= rest.len || rest.at[n] != ':')
		return false;
	rest = span_from(rest, n + 1);
	if (span_number(rest, 16, 2, &bus) != 2 || rest.len < 3 || rest.at[2] != ']')
		return false;
	d->bus = (struct tree_bus){ true, domain, bus };
	d->at += n + 5;
	return true;
}

/* "-[01]-", "-[02-05]-" after a bridge. */
static bool take_secondary(struct drawn *d, struct pci_addr bridge)
{
	struct span rest = span_from(d->line, d->at);
	struct host_dev *dev;
	u64 first, last;

	if (!span_skip(&rest, "-[") || span_number(rest, 16, 2, &first) != 2)
		return false;
	rest = span_from(rest, 2);
	last = first;
	if (span_skip(&rest, "-")) {
		if (span_number(rest, 16, 2, &last) != 2)
			return false;
		rest = span_from(rest, 2);
	}
	if (!span_skip(&rest, "]"))
		return false;
	d->at = rest.at - d->line.at;
	dev = split_device(d->s, bridge);
	if (dev) {
		dev->bridge = true;
		dev->header = 1;
		dev->secondary = first;
		dev->subordinate = last;
		dev->known |= HOST_BUSES;
	}
	d->bus = (struct tree_bus){ true, bridge.domain, first };
	return true;
}

/* "01.0" */
static bool take_device(struct drawn *d, struct pci_addr *addr)
{
	struct span rest = span_from(d->line, d->at);
	char text[] = "00:00.0";

	if (!d->bus.valid || rest.len < 4 || rest.at[2] != '.')
		return false;
	memcpy(text + 3, rest.at, 4);
	if (pci_addr_scan(text, addr) != 7 || (rest.len > 4 && isalnum((u8)rest.at[4])))
		return false;
	addr->domain = d->bus.domain;
	addr->bus = d->bus.bus;
	d->at += 4;
	return split_device(d->s, *addr) != NULL;
}

/* Reads from a place after a connector to the end of the line. */
static bool follow(struct drawn *d)
{
	bool any = false;

	for (unsigned steps = 0; steps < 64 && d->at < d->line.len; steps++) {
		struct pci_addr addr;

		while (here(d) == '-')
			d->at++;
		if (here(d) == '+' || here(d) == '\\') {
			if (d->at >= TREE_WIDTH)
				break;
			d->s->tree.bus[d->at] = d->bus;
			d->at++;
			continue;
		}
		if (take_root(d)) {
			any = true;
			continue;
		}
		if (!take_device(d, &addr))
			break;
		any = true;
		if (!take_secondary(d, addr))
			break;
	}
	return any;
}

static bool begins_tree(struct span line)
{
	struct drawn d = { .line = line };

	while (here(&d) == '-' || here(&d) == '+' || here(&d) == '\\' || here(&d) == ' ')
		d.at++;
	return d.at > 0 && d.at < 8 && line.at[d.at - 1] == '-' && take_root(&d);
}

enum took tree_line(struct splitter *s, struct span raw)
{
	struct drawn d = { .s = s, .line = raw };
	bool root = begins_tree(raw);

	if (!root && !s->tree.active)
		return TOOK_NOT;
	while (here(&d) == ' ' || here(&d) == '|')
		d.at++;
	if (!root && (d.at >= TREE_WIDTH || (here(&d) != '+' && here(&d) != '\\') ||
			     !s->tree.bus[d.at].valid)) {
		split_end_listing(s);
		return TOOK_NOT;
	}
	if (!root) {
		d.bus = s->tree.bus[d.at];
		d.at++;
	}
	split_end_record(s);
	split_listing(s, LISTING_LSPCI_TREE);
	if (root && !s->tree.active)
		memset(s->tree.bus, 0, sizeof(s->tree.bus));
	s->tree.active = true;
	follow(&d);
	return TOOK_IT;
}
