// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_irq.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>

#define MAX 256

static struct {
	bool used;
	struct msi_msg msg;
} routes[MAX];

static struct {
	bool used, high;
	bool waiting; /* its count was not 0 when it was attached */
	unsigned gsi;
	int fd, resamplefd;
} attached[MAX];

static struct msi_msg delivered[4096];
static unsigned nr_delivered;
static int asserted[IRQ_NR_PINS];
static bool no_resample;

void irq_fake_reset(void)
{
	memset(routes, 0, sizeof(routes));
	memset(attached, 0, sizeof(attached));
	memset(asserted, 0, sizeof(asserted));
	nr_delivered = 0;
	no_resample = false;
}

void irq_fake_no_resample(bool fails)
{
	no_resample = fails;
}

unsigned irq_fake_deliver(void)
{
	unsigned n = 0;
	eventfd_t count;

	for (unsigned i = 0; i < MAX; i++) {
		if (!attached[i].used ||
			(!attached[i].waiting && eventfd_read(attached[i].fd, &count)))
			continue;
		attached[i].waiting = false;
		n++;
		if (attached[i].resamplefd >= 0)
			attached[i].high = true;
		else
			delivered[nr_delivered++] = routes[attached[i].gsi - IRQ_FIRST_MSI].msg;
	}
	return n;
}

unsigned irq_fake_delivered(u64 address, u32 data)
{
	unsigned n = 0;

	for (unsigned i = 0; i < nr_delivered; i++)
		n += delivered[i].address == address && delivered[i].data == data;
	return n;
}

unsigned irq_fake_routes(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < MAX; i++)
		n += routes[i].used;
	return n;
}

unsigned irq_fake_attached(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < MAX; i++)
		n += attached[i].used;
	return n;
}

bool irq_fake_line(unsigned gsi)
{
	bool high = asserted[gsi] > 0;

	for (unsigned i = 0; i < MAX; i++)
		high |= attached[i].used && attached[i].gsi == gsi && attached[i].high;
	return high;
}

void irq_fake_eoi(unsigned gsi)
{
	for (unsigned i = 0; i < MAX; i++) {
		if (!attached[i].used || attached[i].gsi != gsi || !attached[i].high)
			continue;
		attached[i].high = false;
		eventfd_write(attached[i].resamplefd, 1);
	}
}

int irq_fake_level_gsi(void)
{
	for (unsigned i = 0; i < MAX; i++)
		if (attached[i].used && attached[i].resamplefd >= 0)
			return (int)attached[i].gsi;
	return -1;
}

int irq_open(struct irq *irq, struct kvm *kvm, struct err *err)
{
	return 0;
}

void irq_close(struct irq *irq)
{
}

void irq_reset(struct irq *irq)
{
}

void irq_assert(struct irq *irq, unsigned gsi)
{
	asserted[gsi]++;
}

void irq_deassert(struct irq *irq, unsigned gsi)
{
	asserted[gsi]--;
}

void irq_pulse(struct irq *irq, unsigned gsi)
{
}

void irq_send_msi(struct irq *irq, struct msi_msg msg)
{
	delivered[nr_delivered++] = msg;
}

int irq_msi_route_add(struct irq *irq, struct msi_msg msg)
{
	for (unsigned i = 0; i < MAX; i++)
		if (!routes[i].used) {
			routes[i].used = true;
			routes[i].msg = msg;
			return (int)(IRQ_FIRST_MSI + i);
		}
	return -ENOSPC;
}

int irq_msi_route_set(struct irq *irq, unsigned gsi, struct msi_msg msg)
{
	routes[gsi - IRQ_FIRST_MSI].msg = msg;
	return 0;
}

void irq_msi_route_remove(struct irq *irq, unsigned gsi)
{
	routes[gsi - IRQ_FIRST_MSI].used = false;
}

static bool is_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

/* As in KVM, a pending count in the eventfd is delivered but not cleared. */
int irq_attach_eventfd(struct irq *irq, unsigned gsi, int eventfd, int resamplefd)
{
	if (resamplefd >= 0 && no_resample)
		return -EINVAL;
	for (unsigned i = 0; i < MAX; i++) {
		if (attached[i].used)
			continue;
		attached[i].used = true;
		attached[i].high = false;
		attached[i].waiting = is_readable(eventfd);
		attached[i].gsi = gsi;
		attached[i].fd = eventfd;
		attached[i].resamplefd = resamplefd;
		return 0;
	}
	return -ENOSPC;
}

void irq_detach_eventfd(struct irq *irq, unsigned gsi, int eventfd)
{
	for (unsigned i = 0; i < MAX; i++)
		if (attached[i].used && attached[i].gsi == gsi && attached[i].fd == eventfd)
			attached[i].used = false;
}
