// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/virtio/vhost_user_dev.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/own.h"
#include "vm/virtio/queue.h"

/* Ring features that the back end itself must support. */
#define RING_FEATURES                                                         \
	(BIT_ULL(VIRTIO_F_VERSION_1) | BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC) | \
		BIT_ULL(VIRTIO_RING_F_EVENT_IDX) | BIT_ULL(VIRTIO_F_RING_PACKED))

static struct vhost_user_dev *of(struct virtio_dev *dev)
{
	return container_of(dev, struct vhost_user_dev, dev);
}

static int hand_over_memory(struct vhost_user_dev *d, struct err *err)
{
	struct vhost_user_region regions[MEM_RAM_PARTS];
	struct mem_ram ram;

	if (mem_ram(d->dev.mem, &ram))
		return err_set(err, E2BIG, "%s: guest memory has too many parts", d->dev.name);
	for (unsigned i = 0; i < ram.nr; i++) {
		const struct mem_ram_part *part = &ram.parts[i];

		if (part->fd < 0)
			return err_set(err, EINVAL, "%s: guest memory is not a file", d->dev.name);
		regions[i] = (struct vhost_user_region){ part->range.start, part->range.size,
			(uintptr_t)part->host, part->fd, part->fd_offset };
	}
	return vhost_user_set_memory(&d->user, regions, ram.nr, err);
}

static int start(struct virtio_dev *dev, struct err *err)
{
	struct vhost_user_dev *d = of(dev);
	int ret = vhost_user_set_features(&d->user, dev->driver_features, err);

	return ret ? ret : hand_over_memory(d, err);
}

/* The back end gets the ring's addresses in this process, and translates them to its own. */
static int queue_start(struct virtio_dev *dev, unsigned index, struct err *err)
{
	struct virtio_queue *queue = &dev->queues[index];
	struct vhost_user_ring ring = {
		.size = queue->size,
		.base = queue->position,
		.kick_fd = queue->kick,
		.call_fd = queue->call,
	};
	struct virtq place; /* checked to be in RAM, since the back end may not check */
	int ret = virtq_open(&place, dev, queue, err);

	if (ret)
		return ret;
	ring.desc = place.desc;
	ring.avail = place.driver;
	ring.used = place.device;
	return vhost_user_start_ring(&of(dev)->user, index, &ring, err);
}

static void queue_stop(struct virtio_dev *dev, unsigned index)
{
	struct vhost_user_dev *d = of(dev);
	struct err err = { 0 };

	if (vhost_user_stop_ring(&d->user, index, &dev->queues[index].position, &err) &&
		err.code != EPIPE && err.code != ECANCELED)
		log_err(&err);
}

/* Sets the config space as a driver sees it at first. */
static int start_config(struct vhost_user_dev *d, struct err *err)
{
	const struct vhost_user_preset *preset = &d->preset;
	int ret = 0;

	if (d->user.features & preset->feature)
		ret = vhost_user_set_config(
			&d->user, preset->offset, &preset->value, sizeof(preset->value), err);
	return ret ? ret : vhost_user_get_config(&d->user, d->dev.config, d->dev.config_size, err);
}

static void reset(struct virtio_dev *dev)
{
	struct vhost_user_dev *d = of(dev);
	struct err err = { 0 };

	if (d->config_is_theirs && !d->user.broken && start_config(d, &err))
		log_err(&err);
}

static bool config_write(struct virtio_dev *dev, u32 offset, unsigned size, u32 value)
{
	struct vhost_user_dev *d = of(dev);
	struct err err = { 0 };
	u8 bytes[4];

	put_le32(bytes, value);
	return d->config_is_theirs && !vhost_user_set_config(&d->user, offset, bytes, size, &err);
}

static const struct virtio_dev_ops ops = {
	.config_write = config_write,
	.start = start,
	.queue_start = queue_start,
	.queue_stop = queue_stop,
	.reset = reset,
};

static void on_hangup(void *owner, u32 events)
{
	struct vhost_user_dev *d = owner;

	loop_remove(d->loop, &d->hangup);
	log_error("%s: the program that serves it has gone; it is broken until the machine ends",
		d->dev.name);
	/* Whoever waits for it gives up, and with that the lock. */
	shutdown(d->hangup.fd, SHUT_RDWR);
	vhost_user_is_broken(&d->user);
	virtio_dev_fail(&d->dev);
	/* One that lives on has the guest's memory, and has broken its word. */
	if (d->child)
		child_kill(d->child);
}

static int fill(
	struct vhost_user_dev *d, const struct vhost_user_dev_config *config, struct err *err)
{
	unsigned nr =
		config->nr_queues < d->user.max_queues ? config->nr_queues : d->user.max_queues;

	if (!(d->user.features & BIT_ULL(VIRTIO_F_VERSION_1)))
		return err_set(err, EPROTO, "%s does not know virtio 1", d->user.name);
	if (nr < config->min_queues)
		return err_set(err, EPROTO, "%s has %u queues, not %u", d->user.name, nr,
			config->min_queues);
	virtio_dev_init(&d->dev, config->name, config->id,
		(d->user.features & (config->features | RING_FEATURES)) |
			BIT_ULL(VIRTIO_F_RING_RESET),
		&ops);
	for (unsigned i = 0; i < nr; i++)
		virtio_dev_add_queue(&d->dev, config->queue_size);
	d->dev.shares_kicks = true;
	d->dev.config_size = config->config_size;
	d->config_is_theirs = !config->config;
	if (config->config)
		memcpy(d->dev.config, config->config, config->config_size);
	d->preset = config->preset;
	return d->config_is_theirs ? start_config(d, err) : 0;
}

int vhost_user_dev_open(struct vhost_user_dev *d, int fd,
	const struct vhost_user_dev_config *config, struct err *err)
{
	int ret;

	*d = (struct vhost_user_dev){ .loop = config->loop };
	d->hangup = (struct loop_source){
		.events = EPOLLRDHUP, .ready = on_hangup, .owner = d, .fd = fd
	};
	ret = vhost_user_open(&d->user, fd, config->name, VHOST_USER_PATIENCE, err);
	if (!ret) {
		d->user.loop = d->loop;
		ret = fill(d, config, err);
	}
	if (!ret)
		ret = loop_add(d->loop, &d->hangup, err);
	if (ret)
		vhost_user_dev_close(d);
	return ret;
}

int vhost_user_dev_start(struct vhost_user_dev *d, struct child *child,
	const struct child_config *program, const struct vhost_user_dev_config *config,
	struct err *err)
{
	struct child_config with_socket = *program;
	own_fd int listener = -1, connection = -1;
	int ret = child_listener(&listener, &connection, 1, err);

	with_socket.fds = &listener;
	with_socket.nr_fds = 1;
	if (!ret)
		ret = child_start(child, &with_socket, err);
	if (ret)
		return ret;
	/*
	 * Keep only the program's own end of the socket open, so that a hangup shows when it ends.
	 */
	close_fd(&listener);
	ret = vhost_user_dev_open(d, take_fd(&connection), config, err);
	if (ret)
		return child_explain(child, err);
	child_works(child);
	d->child = child;
	return 0;
}

void vhost_user_dev_close(struct vhost_user_dev *d)
{
	if (!d->loop)
		return;
	loop_remove(d->loop, &d->hangup);
	vhost_user_close(&d->user);
	d->loop = NULL;
}
