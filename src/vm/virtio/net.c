// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/virtio/net.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/eventfd.h"
#include "base/log.h"
#include "base/own.h"
#include "base/thread.h"
#include "kernel/tap.h"
#include "vm/pci/pci_bus.h"
#include "vm/virtio/net_internal.h"

#define QUEUE_SIZE 256

static struct virtio_net *of(struct virtio_dev *dev)
{
	return container_of(dev, struct virtio_net, dev);
}

u64 virtio_net_tap_features(void)
{
	return BIT_ULL(VIRTIO_NET_F_CSUM) | BIT_ULL(VIRTIO_NET_F_HOST_TSO4) |
	       BIT_ULL(VIRTIO_NET_F_HOST_TSO6) | BIT_ULL(VIRTIO_NET_F_HOST_ECN) |
	       BIT_ULL(VIRTIO_NET_F_GUEST_CSUM) | BIT_ULL(VIRTIO_NET_F_GUEST_TSO4) |
	       BIT_ULL(VIRTIO_NET_F_GUEST_TSO6) | BIT_ULL(VIRTIO_NET_F_GUEST_ECN);
}

unsigned virtio_net_tap_offload(u64 features)
{
	static const struct {
		unsigned feature, offload;
	} table[] = {
		{ VIRTIO_NET_F_GUEST_TSO4, TUN_F_TSO4 },
		{ VIRTIO_NET_F_GUEST_TSO6, TUN_F_TSO6 },
		{ VIRTIO_NET_F_GUEST_ECN, TUN_F_TSO_ECN },
	};
	unsigned offload = TUN_F_CSUM;

	/* 5.1.3.1: the other offloads need it. */
	if (!(features & BIT_ULL(VIRTIO_NET_F_GUEST_CSUM)))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (features & BIT_ULL(table[i].feature))
			offload |= table[i].offload;
	return offload;
}

void virtio_net_fill(struct virtio_dev *dev, const struct virtio_net_setup *setup, u64 features,
	const struct virtio_dev_ops *ops)
{
	struct virtio_net_config config = {
		.status = htole16(VIRTIO_NET_S_LINK_UP),
		.max_virtqueue_pairs = htole16(1),
		.mtu = htole16(setup->link.mtu),
	};

	features |= BIT_ULL(VIRTIO_NET_F_MAC) | BIT_ULL(VIRTIO_NET_F_STATUS);
	if (setup->link.mtu != NET_MTU)
		features |= BIT_ULL(VIRTIO_NET_F_MTU);
	memcpy(config.mac, setup->mac, sizeof(setup->mac));
	virtio_dev_init(dev, setup->name, VIRTIO_ID_NET, features, ops);
	virtio_dev_add_queue(dev, QUEUE_SIZE);
	virtio_dev_add_queue(dev, QUEUE_SIZE);
	dev->config_size = offsetof(struct virtio_net_config, speed);
	memcpy(dev->config, &config, dev->config_size);
}

/* On the machine's loop, because the PCI hierarchy's lock protects the config space. */
static void on_gone(void *owner)
{
	struct virtio_net *net = owner;
	u8 down[2] = { 0 };

	if (!thread_lock_within(net->dev.lock, PCI_HOST_PATIENCE_MS)) {
		loop_post(net->machine_loop, &net->gone_work);
		return;
	}
	log_error("%s: its network has gone; the cable is out until the machine starts again",
		net->dev.name);
	virtio_dev_set_config(
		&net->dev, offsetof(struct virtio_net_config, status), down, sizeof(down));
	pthread_mutex_unlock(net->dev.lock);
}

void net_gone(struct virtio_net *net)
{
	loop_remove(&net->loop, &net->link_in);
	loop_remove(&net->loop, &net->link_out);
	if (!net->gone)
		loop_post(net->machine_loop, &net->gone_work);
	net->gone = true;
}

void net_broken(struct virtio_net *net, const struct virtq *vq)
{
	log_guest("%s: the driver's %s ring makes no sense", net->dev.name,
		vq == &net->rx ? "receive" : "transmit");
	virtio_dev_fail(&net->dev);
}

static int start(struct virtio_dev *dev, struct err *err)
{
	struct virtio_net *net = of(dev);

	if (net->link.framing != NET_PACKETS)
		return 0;
	return tap_offload(net->link.fd, virtio_net_tap_offload(dev->driver_features), err);
}

/*
 * Adds the link's source for the queue's direction, and the queue's kick eventfd, to the thread's
 * loop.
 */
static int queue_start(struct virtio_dev *dev, unsigned index, struct err *err)
{
	struct virtio_net *net = of(dev);
	bool rx = index == VIRTIO_NET_RX;
	struct loop_source *link = rx ? &net->link_in : &net->link_out;
	int ret = virtq_open(rx ? &net->rx : &net->tx, dev, &dev->queues[index], err);

	net->kick[index].fd = dev->queues[index].kick;
	link->events = rx ? EPOLLIN | EPOLLRDHUP : 0;
	if (!ret && !net->gone)
		ret = loop_add(&net->loop, link, err);
	if (!ret)
		ret = loop_add(&net->loop, &net->kick[index], err);
	/* Serve requests that are available already. */
	eventfd_signal(dev->queues[index].kick);
	return ret;
}

static void queue_stop(struct virtio_dev *dev, unsigned index)
{
	struct virtio_net *net = of(dev);
	bool rx = index == VIRTIO_NET_RX;

	loop_remove(&net->loop, &net->kick[index]);
	loop_remove(&net->loop, rx ? &net->link_in : &net->link_out);
	virtq_close(rx ? &net->rx : &net->tx);
}

static void reset(struct virtio_dev *dev)
{
	put_le16(dev->config + offsetof(struct virtio_net_config, status),
		of(dev)->gone ? 0 : VIRTIO_NET_S_LINK_UP);
}

static const struct virtio_dev_ops ops = {
	.start = start,
	.queue_start = queue_start,
	.queue_stop = queue_stop,
	.reset = reset,
};

static void *thread_main(void *owner)
{
	struct virtio_net *net = owner;
	struct err err = { 0 };

	thread_set_kind(THREAD_NET);
	if (loop_run(&net->loop, &err))
		log_err(&err);
	return NULL;
}

static int start_thread(struct virtio_net *net, struct err *err)
{
	int ret = pthread_create(&net->thread, NULL, thread_main, net);

	if (ret)
		return err_sys(err, ret, "%s: cannot make its thread", net->dev.name);
	net->has_thread = true;
	pthread_setname_np(net->thread, "net");
	return 0;
}

static u64 features_of(const struct net_link *link)
{
	u64 features = VIRTIO_RING_FEATURES | BIT_ULL(VIRTIO_NET_F_MRG_RXBUF);

	/* Processes of this host pass frames in memory: their checksums need no check. */
	return features | (link->framing == NET_COUNTED ? BIT_ULL(VIRTIO_NET_F_GUEST_CSUM)
							: virtio_net_tap_features());
}

static struct loop_source source(
	struct virtio_net *net, int fd, void (*ready)(void *owner, u32 events))
{
	return (struct loop_source){ .fd = fd, .events = EPOLLIN, .ready = ready, .owner = net };
}

int virtio_net_open(struct virtio_net *net, const struct virtio_net_setup *setup, struct err *err)
{
	int ret;

	*net = (struct virtio_net){ .link = setup->link, .machine_loop = setup->loop };
	virtio_net_fill(&net->dev, setup, features_of(&setup->link), &ops);
	net->gone_work = (struct loop_work){ .run = on_gone, .owner = net };
	net->out_fd = fcntl(setup->link.fd, F_DUPFD_CLOEXEC, 0);
	net->in = malloc(NET_BUFFER);
	net->out = malloc(NET_BUFFER);
	net->link_in = source(net, setup->link.fd, net_rx_ready);
	net->link_out = source(net, net->out_fd, net_tx_ready);
	net->kick[VIRTIO_NET_RX] = source(net, -1, net_rx_kicked);
	net->kick[VIRTIO_NET_TX] = source(net, -1, net_tx_kicked);
	ret = net->out_fd < 0 || !net->in || !net->out
		      ? err_sys(err, ENOMEM, "cannot make %s", setup->name)
		      : loop_open(&net->loop, &clock_system, err);
	if (!ret)
		ret = start_thread(net, err);
	if (ret)
		virtio_net_close(net);
	return ret;
}

void virtio_net_close(struct virtio_net *net)
{
	if (!net->dev.name)
		return;
	if (net->has_thread) {
		loop_stop(&net->loop);
		pthread_join(net->thread, NULL);
	}
	loop_unpost(net->machine_loop, &net->gone_work);
	loop_close(&net->loop);
	close_fd(&net->out_fd);
	free(net->in);
	free(net->out);
	*net = (struct virtio_net){ .out_fd = -1 };
}
