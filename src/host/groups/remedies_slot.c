// SPDX-License-Identifier: GPL-2.0-or-later
/* Suggests another slot: finds the ports of this host behind which a card would be isolated. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/groups/isolation.h"
#include "host/groups/remedies_internal.h"

void say(struct sentence *s, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(s->text + s->used, s->size - s->used, fmt, ap);
	va_end(ap);
	if (n > 0)
		s->used += (size_t)n < s->size - s->used ? (size_t)n : s->size - s->used - 1;
}

static bool path_isolates(const struct host *host, int dev)
{
	for (; dev != HOST_NONE; dev = host->devs[dev].parent)
		if (!isolation_of(host, &host->devs[dev]).isolates)
			return false;
	return true;
}

static bool is_below(const struct host *host, int dev, int above)
{
	for (; dev != HOST_NONE; dev = host->devs[dev].parent)
		if (dev == above)
			return true;
	return false;
}

static int root_of(const struct host *host, int dev)
{
	while (host->devs[dev].parent != HOST_NONE)
		dev = host->devs[dev].parent;
	return dev;
}

/*
 * Whether a card could be moved below a port: all ports above isolate, and a card or nothing is
 * below.
 */
static bool is_slot_candidate(const struct host *host, unsigned port, unsigned dev)
{
	const struct host_dev *candidate = &host->devs[port];
	int type = isolation_port_type(host, candidate);

	if (type != PCI_EXP_TYPE_ROOT_PORT && type != PCI_EXP_TYPE_DOWNSTREAM)
		return false;
	if (!candidate->has_slot || candidate->link.max_width < 4)
		return false;
	if (root_of(host, port) == root_of(host, dev) || is_below(host, dev, port))
		return false;
	if (candidate->child != HOST_NONE && host->devs[candidate->child].bridge)
		return false;
	return path_isolates(host, port);
}

static void name_port(const struct host *host, unsigned port, struct sentence *s)
{
	const struct host_dev *dev = &host->devs[port];
	char addr[PCI_ADDR_SIZE], link[PCI_LINK_TEXT_SIZE];

	say(s, "%s (%s", pci_addr_text(dev->addr, addr),
		pci_link_text(dev->link.max_speed, dev->link.max_width, link));
	if (dev->slot)
		say(s, ", slot %s", dev->slot);
	if (dev->child == HOST_NONE)
		say(s, ", empty)");
	else
		say(s, ", now %s)", pci_addr_text(host->devs[dev->child].addr, addr));
}

/* Empty ports first, then wide ones. */
static int port_rank(const struct host *host, unsigned port)
{
	const struct host_dev *dev = &host->devs[port];

	return (dev->child == HOST_NONE ? 1000 : 0) + dev->link.max_width * 8 + dev->link.max_speed;
}

static void sort_ports(const struct host *host, unsigned *ports, unsigned count)
{
	for (unsigned i = 1; i < count; i++)
		for (unsigned k = i; k > 0; k--) {
			unsigned swap = ports[k];

			if (port_rank(host, ports[k]) <= port_rank(host, ports[k - 1]))
				break;
			ports[k] = ports[k - 1];
			ports[k - 1] = swap;
		}
}

bool slot_holds(const struct host *host, unsigned dev)
{
	int above = host->devs[dev].parent;

	if (above == HOST_NONE || host->devs[dev].dma_dev != HOST_NONE)
		return false;
	/* A card in an external box is in no slot of the mainboard. */
	if (host_thunderbolt(host, &host->devs[dev]) != HOST_NONE)
		return false;
	for (; above != HOST_NONE; above = host->devs[above].parent)
		if (host->devs[above].has_slot)
			return true;
	return false;
}

int slot_choose(const struct host *host, unsigned dev, struct remedy *remedy)
{
	struct sentence s = { remedy->text, sizeof(remedy->text), 0 };
	unsigned *ports = calloc(host->count, sizeof(*ports)), count = 0;

	if (!ports)
		return -ENOMEM;
	for (unsigned i = 0; i < host->count; i++)
		if (is_slot_candidate(host, i, dev))
			ports[count++] = i;
	remedy->dev = ports;
	remedy->nr_devs = count;
	say(&s, "Put the card in a slot that another root port feeds. ");
	if (!count) {
		say(&s,
			"%s of four lanes or more isolates on its whole way up, so moving it would "
			"not help%s.",
			host_shows_root(host) ? "No port of this host" : "No port that is shown",
			host_shows_root(host) ? " here" : " among those");
		return 0;
	}
	sort_ports(host, ports, count);
	say(&s, "These isolate: ");
	for (unsigned i = 0; i < count && i < MAX_NAMED; i++) {
		say(&s, i ? ", " : "");
		name_port(host, ports[i], &s);
	}
	if (count > MAX_NAMED)
		say(&s, " and %u more", count - MAX_NAMED);
	say(&s, ". Which slot each one feeds is in the board's manual.");
	return 0;
}
