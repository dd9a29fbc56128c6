// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/virtio/vhost_net.h"

#include <errno.h>
#include <linux/virtio_net.h>

#include "base/log.h"
#include "base/own.h"
#include "kernel/tap.h"
#include "kernel/vhost.h"

static struct vhost_net *of(struct virtio_dev *dev)
{
	return container_of(dev, struct vhost_net, dev);
}

static int start(struct virtio_dev *dev, struct err *err)
{
	struct vhost_net *net = of(dev);
	struct vhost_region regions[MEM_RAM_PARTS];
	struct mem_ram ram;
	u64 offered;
	int ret = mem_ram(dev->mem, &ram);

	if (ret)
		return err_set(err, -ret, "guest memory has too many parts");
	for (unsigned i = 0; i < ram.nr; i++)
		regions[i] = (struct vhost_region){ ram.parts[i].range.start,
			ram.parts[i].range.size, ram.parts[i].host };
	ret = vhost_get_features(net->fd, &offered, err);
	/* The tap handles the other features. */
	if (!ret)
		ret = vhost_set_features(net->fd, dev->driver_features & offered, err);
	if (!ret)
		ret = vhost_set_memory(net->fd, regions, ram.nr, err);
	if (!ret)
		ret = tap_offload(net->tap_fd, virtio_net_tap_offload(dev->driver_features), err);
	return ret;
}

static int queue_start(struct virtio_dev *dev, unsigned index, struct err *err)
{
	struct vhost_net *net = of(dev);
	struct virtio_queue *queue = &dev->queues[index];
	struct virtq place; /* the ring's addresses; the kernel serves it */
	int ret = virtq_open(&place, dev, queue, err);
	struct vhost_ring ring = {
		.size = queue->size,
		.base = queue->position,
		.desc = place.desc,
		.avail = place.driver,
		.used = place.device,
		.kick_fd = queue->kick,
		.call_fd = queue->call,
	};

	if (!ret)
		ret = vhost_set_ring(net->fd, index, &ring, err);
	if (!ret)
		ret = vhost_net_set_backend(net->fd, index, net->tap_fd, err);
	return ret;
}

static void queue_stop(struct virtio_dev *dev, unsigned index)
{
	struct vhost_net *net = of(dev);
	struct err err = { 0 };

	if (vhost_net_set_backend(net->fd, index, -1, &err) ||
		vhost_get_base(net->fd, index, &dev->queues[index].position, &err))
		log_err(&err);
}

static const struct virtio_dev_ops ops = {
	.start = start,
	.queue_start = queue_start,
	.queue_stop = queue_stop,
};

int vhost_net_dev_open(struct vhost_net *net, const struct virtio_net_setup *setup, struct err *err)
{
	const u64 rings = VIRTIO_RING_FEATURES & ~BIT_ULL(VIRTIO_F_RING_RESET);
	u64 offered = 0;
	int ret;

	*net = (struct vhost_net){ .tap_fd = setup->link.fd };
	net->fd = vhost_net_open(err);
	if (net->fd < 0)
		return net->fd;
	ret = vhost_get_features(net->fd, &offered, err);
	if (!ret && !(offered & BIT_ULL(VIRTIO_F_VERSION_1)))
		ret = err_set(err, EPROTO, "vhost-net does not know virtio 1");
	if (ret) {
		close_fd(&net->fd);
		return ret;
	}
	offered &= rings | BIT_ULL(VIRTIO_NET_F_MRG_RXBUF);
	virtio_net_fill(&net->dev, setup,
		offered | BIT_ULL(VIRTIO_F_RING_RESET) | virtio_net_tap_features(), &ops);
	return 0;
}

void vhost_net_dev_close(struct vhost_net *net)
{
	if (!net->dev.name)
		return;
	close_fd(&net->fd);
	net->dev.name = NULL;
}
