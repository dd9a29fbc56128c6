// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/own.h"
#include "pci/mmiotrace.h"

/*
 * Shifts that form a map's address: maps are so far apart that each region fits; 0 stands for no
 * map.
 */
#define DEVICE_SHIFT 52
#define REGION_SHIFT 46

/* A traced interrupt: the device signals the source's eventfd, and we then signal @out. */
struct relay {
	struct loop_source source;
	struct vfio_traced *traced;
	u32 index, vector;
	int out;
	struct relay *next;
};

struct vfio_traced {
	struct vfio_device dev; /* what callers use */
	struct vfio_device *inner;
	struct vfio_trace *trace;
	unsigned number;
	char name[PCI_ADDR_SIZE];
	struct relay *relays;
	struct vfio_traced *next;
};

static const char *const irq_names[] = { "INTx", "MSI", "MSI-X", "error", "request" };

static struct vfio_traced *traced_of(struct vfio_device *dev)
{
	return container_of(dev, struct vfio_traced, dev);
}

static u64 now_us(const struct vfio_trace *trace)
{
	return clock_monotonic(trace->loop->clock) / 1000;
}

/* The lock is held. */
static void write_event(struct vfio_trace *trace, const struct mmiotrace_event *event)
{
	if (trace->failed)
		return;
	if (trace->max && (u64)ftello(trace->file) >= trace->max) {
		trace->failed = true;
		log_warn("the trace is cut off: it has the %llu MiB that --trace allows",
			(unsigned long long)(trace->max / MIB));
		return;
	}
	if (!mmiotrace_print(trace->file, event))
		return;
	trace->failed = true;
	log_warn("the trace is cut off: %s", strerror(errno));
}

static void write_mark(struct vfio_trace *trace, const char *fmt, ...) PRINTF(2, 3);

static void write_mark(struct vfio_trace *trace, const char *fmt, ...)
{
	struct mmiotrace_event mark = { .kind = MMIOTRACE_MARK, .us = now_us(trace) };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(mark.text, sizeof(mark.text), fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&trace->lock);
	write_event(trace, &mark);
	pthread_mutex_unlock(&trace->lock);
}

static unsigned map_of(const struct vfio_traced *traced, u32 region)
{
	return traced->number * 16 + region;
}

static u64 address_of(const struct vfio_traced *traced, u32 region, u64 offset)
{
	return (u64)traced->number << DEVICE_SHIFT | (u64)(region + 1) << REGION_SHIFT | offset;
}

/* A block of bytes is recorded as the bus splits it: into the largest aligned accesses. */
static void write_access(struct vfio_traced *traced, bool write, const struct vfio_region *region,
	u64 offset, const u8 *bytes, size_t size)
{
	struct mmiotrace_event e = {
		.kind = write ? MMIOTRACE_WRITE : MMIOTRACE_READ,
		.us = now_us(traced->trace),
		.map = map_of(traced, region->index),
	};

	pthread_mutex_lock(&traced->trace->lock);
	for (size_t at = 0; at < size; at += e.width) {
		e.width = 4;
		while ((offset + at) % e.width || e.width > size - at)
			e.width /= 2;
		if (size == 8 && !(offset % 8))
			e.width = 8;
		e.addr = address_of(traced, region->index, offset + at);
		e.value = get_le(bytes + at, e.width);
		write_event(traced->trace, &e);
	}
	pthread_mutex_unlock(&traced->trace->lock);
}

static int traced_info(struct vfio_device *dev, struct vfio_device_info *info)
{
	struct vfio_device *inner = traced_of(dev)->inner;

	return inner->ops->info(inner, info);
}

static int traced_region(struct vfio_device *dev, u32 index, struct vfio_region *region)
{
	struct vfio_device *inner = traced_of(dev)->inner;

	return inner->ops->region(inner, index, region);
}

static ssize_t traced_read(struct vfio_device *dev, const struct vfio_region *region, u64 offset,
	void *buf, size_t size)
{
	struct vfio_traced *traced = traced_of(dev);
	ssize_t n = traced->inner->ops->read(traced->inner, region, offset, buf, size);

	if (n > 0 && region->index != VFIO_PCI_ROM_REGION_INDEX)
		write_access(traced, false, region, offset, buf, (size_t)n);
	else
		write_mark(traced->trace, "%s region %u: read of %zu bytes at 0x%llx: %s",
			traced->name, region->index, size, (unsigned long long)offset,
			n < 0 ? strerror((int)-n) : "not recorded");
	return n;
}

static ssize_t traced_write(struct vfio_device *dev, const struct vfio_region *region, u64 offset,
	const void *buf, size_t size)
{
	struct vfio_traced *traced = traced_of(dev);
	ssize_t n;

	write_access(traced, true, region, offset, buf, size);
	n = traced->inner->ops->write(traced->inner, region, offset, buf, size);
	if (n < 0)
		write_mark(traced->trace, "%s region %u: that write failed: %s", traced->name,
			region->index, strerror((int)-n));
	return n;
}

static int traced_map(
	struct vfio_device *dev, const struct vfio_region *region, struct range area, void *at)
{
	struct vfio_traced *traced = traced_of(dev);

	write_mark(traced->trace,
		"%s region %u: 0x%llx bytes at 0x%llx are mapped: accesses there are not recorded",
		traced->name, region->index, (unsigned long long)area.size,
		(unsigned long long)area.start);
	return traced->inner->ops->map(traced->inner, region, area, at);
}

static int traced_irq(struct vfio_device *dev, u32 index, struct vfio_irq_info *info)
{
	struct vfio_device *inner = traced_of(dev)->inner;

	return inner->ops->irq(inner, index, info);
}

/* The device raised an interrupt. */
static void relay_ready(void *owner, u32 events)
{
	struct relay *relay = owner;
	eventfd_t count;

	if (eventfd_read(relay->source.fd, &count))
		return;
	write_mark(relay->traced->trace, "%s %s %u", relay->traced->name, irq_names[relay->index],
		relay->vector);
	eventfd_write(relay->out, count);
}

static void free_relay(struct relay *relay)
{
	loop_remove(relay->traced->trace->loop, &relay->source);
	close_fd(&relay->source.fd);
	free(relay);
}

static void remove_relays(struct vfio_traced *traced, u32 index, u32 start, u32 count)
{
	struct relay **link = &traced->relays;

	while (*link) {
		struct relay *relay = *link;

		if (relay->index == index && relay->vector >= start &&
			relay->vector - start < count) {
			*link = relay->next;
			free_relay(relay);
		} else {
			link = &relay->next;
		}
	}
}

/* Returns the eventfd that the device must signal: @out itself if it cannot be traced. */
static int add_relay(struct vfio_traced *traced, u32 index, u32 vector, int out)
{
	struct relay *relay = out < 0 ? NULL : calloc(1, sizeof(*relay));
	struct err ignored = { 0 };

	if (!relay)
		return out;
	relay->source = (struct loop_source){
		.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
		.events = EPOLLIN,
		.ready = relay_ready,
		.owner = relay,
	};
	relay->traced = traced;
	relay->index = index;
	relay->vector = vector;
	relay->out = out;
	if (relay->source.fd < 0 || loop_add(traced->trace->loop, &relay->source, &ignored)) {
		close_fd(&relay->source.fd);
		free(relay);
		return out;
	}
	relay->next = traced->relays;
	traced->relays = relay;
	return relay->source.fd;
}

static int set_triggers(
	struct vfio_traced *traced, u32 index, u32 flags, u32 start, u32 count, const s32 *fds)
{
	own_free s32 *ours = calloc(count + 1, sizeof(*ours));
	int ret;

	if (!ours)
		return -ENOMEM;
	remove_relays(traced, index, start, count);
	for (u32 i = 0; i < count; i++)
		ours[i] = add_relay(traced, index, start + i, fds[i]);
	ret = traced->inner->ops->set_irqs(traced->inner, index, flags, start, count, ours);
	if (ret)
		remove_relays(traced, index, start, count);
	return ret;
}

static int traced_set_irqs(
	struct vfio_device *dev, u32 index, u32 flags, u32 start, u32 count, const void *data)
{
	struct vfio_traced *traced = traced_of(dev);
	bool trigger = flags & VFIO_IRQ_SET_ACTION_TRIGGER;
	int ret;

	if (index >= ARRAY_SIZE(irq_names))
		return traced->inner->ops->set_irqs(
			traced->inner, index, flags, start, count, data);
	write_mark(traced->trace, "%s %s: %s of %u from %u", traced->name, irq_names[index],
		trigger                            ? count ? "use" : "end"
		: flags & VFIO_IRQ_SET_ACTION_MASK ? "mask"
						   : "unmask",
		count, start);
	if (trigger && flags & VFIO_IRQ_SET_DATA_EVENTFD)
		return set_triggers(traced, index, flags, start, count, data);
	ret = traced->inner->ops->set_irqs(traced->inner, index, flags, start, count, data);
	if (trigger && !count)
		remove_relays(traced, index, 0, ~0u);
	return ret;
}

static int traced_ioeventfd(struct vfio_device *dev, const struct vfio_region *region, u64 offset,
	unsigned size, u64 value, int eventfd)
{
	/* The kernel would make such writes itself, and the trace would miss them. */
	return -ENOTSUP;
}

static int traced_reset(struct vfio_device *dev)
{
	struct vfio_traced *traced = traced_of(dev);
	int ret = traced->inner->ops->reset(traced->inner);

	write_mark(traced->trace, "%s reset: %s", traced->name, ret ? strerror(-ret) : "done");
	return ret;
}

static int traced_hot_reset_info(struct vfio_device *dev, struct vfio_pci_dependent_device *devices,
	unsigned max, unsigned *count)
{
	struct vfio_device *inner = traced_of(dev)->inner;

	return inner->ops->hot_reset_info(inner, devices, max, count);
}

static int traced_hot_reset(struct vfio_device *dev, const s32 *group_fds, unsigned count)
{
	struct vfio_traced *traced = traced_of(dev);
	int ret = traced->inner->ops->hot_reset(traced->inner, group_fds, count);

	write_mark(traced->trace, "%s reset of its bus: %s", traced->name,
		ret ? strerror(-ret) : "done");
	return ret;
}

static void traced_close(struct vfio_device *dev)
{
	struct vfio_traced *traced = traced_of(dev);

	for (u32 i = 0; i < ARRAY_SIZE(irq_names); i++)
		remove_relays(traced, i, 0, ~0u);
	vfio_device_close(traced->inner);
	write_mark(traced->trace, "%s is closed", traced->name);
}

static const struct vfio_device_ops traced_ops = {
	.info = traced_info,
	.region = traced_region,
	.read = traced_read,
	.write = traced_write,
	.map = traced_map,
	.irq = traced_irq,
	.set_irqs = traced_set_irqs,
	.ioeventfd = traced_ioeventfd,
	.reset = traced_reset,
	.hot_reset_info = traced_hot_reset_info,
	.hot_reset = traced_hot_reset,
	.close = traced_close,
};

static void write_maps(struct vfio_traced *traced, struct mmiotrace_event *device)
{
	static const char *const names[] = { "BAR 0", "BAR 1", "BAR 2", "BAR 3", "BAR 4", "BAR 5",
		"ROM", "config space", "VGA" };
	struct vfio_trace *trace = traced->trace;
	struct vfio_region region;

	for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
		struct mmiotrace_event map = {
			.kind = MMIOTRACE_MAP,
			.us = now_us(trace),
			.map = map_of(traced, i),
			.addr = address_of(traced, i, 0),
		};

		if (traced->inner->ops->region(traced->inner, i, &region) || !region.size)
			continue;
		map.size = region.size;
		write_mark(trace, "%s map %u is %s", traced->name, map.map, names[i]);
		if (i < PCI_REGIONS)
			device->bars[i] = (struct pci_bar){ map.addr, region.size, 0 };
		pthread_mutex_lock(&trace->lock);
		write_event(trace, &map);
		pthread_mutex_unlock(&trace->lock);
	}
}

/* These reads of the ids are not recorded. */
static void read_ids(struct vfio_traced *traced, struct mmiotrace_event *device)
{
	struct vfio_region config;
	u8 bytes[4];

	if (traced->inner->ops->region(traced->inner, VFIO_PCI_CONFIG_REGION_INDEX, &config) ||
		traced->inner->ops->read(traced->inner, &config, PCI_VENDOR_ID, bytes, 4) != 4)
		return;
	device->vendor = get_le16(bytes);
	device->id = get_le16(bytes + 2);
}

struct vfio_device *vfio_trace_device(
	struct vfio_trace *trace, struct vfio_device *dev, struct pci_addr addr)
{
	struct mmiotrace_event device = { .kind = MMIOTRACE_DEVICE, .device = addr };
	struct vfio_traced *traced = calloc(1, sizeof(*traced));

	if (!traced)
		return NULL;
	traced->dev = (struct vfio_device){ .ops = &traced_ops, .fd = dev->fd };
	traced->inner = dev;
	traced->trace = trace;
	traced->number = ++trace->nr_devices;
	traced->next = trace->devices;
	trace->devices = traced;
	pci_addr_text(addr, traced->name);
	read_ids(traced, &device);
	write_maps(traced, &device);
	pthread_mutex_lock(&trace->lock);
	write_event(trace, &device);
	pthread_mutex_unlock(&trace->lock);
	return &traced->dev;
}

static FILE *make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? NULL : fdopen(fd, "w");
}

int vfio_trace_open(
	struct vfio_trace *trace, const char *path, u64 max, struct loop *loop, struct err *err)
{
	const struct mmiotrace_event version = { .kind = MMIOTRACE_VERSION,
		.value = MMIOTRACE_FORMAT };

	*trace = (struct vfio_trace){ .loop = loop, .max = max, .file = make_file(path) };
	if (!trace->file)
		return err_sys(err, errno, "cannot write the trace %s", path);
	pthread_mutex_init(&trace->lock, NULL);
	write_event(trace, &version);
	return 0;
}

void vfio_trace_close(struct vfio_trace *trace)
{
	if (!trace->file)
		return;
	if (fclose(trace->file) && !trace->failed)
		log_warn("the trace is cut off: %s", strerror(errno));
	trace->file = NULL;
	while (trace->devices) {
		struct vfio_traced *next = trace->devices->next;

		free(trace->devices);
		trace->devices = next;
	}
	pthread_mutex_destroy(&trace->lock);
}
