// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/virtio/virtio.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/bytes.h"
#include "base/eventfd.h"
#include "base/log.h"
#include "base/own.h"

#define DRIVER_BITS                                                                         \
	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK | \
		VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_FAILED)
#define PACKED_START 0x80008000u /* both indices 0, both wrap counters 1 */

void virtio_dev_init(struct virtio_dev *dev, const char *name, u16 id, u64 features,
	const struct virtio_dev_ops *ops)
{
	*dev = (struct virtio_dev){
		.name = name,
		.ops = ops,
		.id = id,
		.features = features,
		.config_call = -1,
	};
}

void virtio_dev_add_queue(struct virtio_dev *dev, u16 max)
{
	dev->queues[dev->nr_queues++] =
		(struct virtio_queue){ .max = max, .size = max, .kick = -1, .call = -1 };
}

static int open_eventfd(int *fd)
{
	*fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return *fd < 0 ? -errno : 0;
}

int virtio_dev_open(struct virtio_dev *dev, struct mem *mem, pthread_mutex_t *lock, struct err *err)
{
	int ret = open_eventfd(&dev->config_call);

	dev->mem = mem;
	dev->lock = lock;
	for (unsigned i = 0; i < dev->nr_queues && !ret; i++) {
		ret = open_eventfd(&dev->queues[i].kick);
		if (!ret)
			ret = open_eventfd(&dev->queues[i].call);
	}
	if (!ret)
		return 0;
	virtio_dev_close(dev);
	return err_sys(err, -ret, "%s: cannot make its notifications", dev->name);
}

void virtio_dev_close(struct virtio_dev *dev)
{
	if (!dev->ops)
		return;
	for (unsigned i = 0; i < dev->nr_queues; i++) {
		close_fd(&dev->queues[i].kick);
		close_fd(&dev->queues[i].call);
	}
	close_fd(&dev->config_call);
}

void virtio_dev_kick(const struct virtio_dev *dev, unsigned index)
{
	if (dev->shares_kicks)
		eventfd_signal_shared(dev->queues[index].kick);
	else
		eventfd_signal(dev->queues[index].kick);
}

void virtio_dev_fail(struct virtio_dev *dev)
{
	__atomic_store_n(&dev->broken, true, __ATOMIC_RELEASE);
	eventfd_signal(dev->config_call);
}

u8 virtio_dev_status(const struct virtio_dev *dev)
{
	bool broken = __atomic_load_n(&dev->broken, __ATOMIC_ACQUIRE);

	return broken ? dev->status | VIRTIO_CONFIG_S_NEEDS_RESET : dev->status;
}

void virtio_dev_set_config(struct virtio_dev *dev, u32 offset, const void *bytes, u32 size)
{
	pthread_mutex_lock(dev->lock);
	memcpy(dev->config + offset, bytes, size);
	dev->generation++;
	if (dev->status & VIRTIO_CONFIG_S_DRIVER_OK)
		eventfd_signal(dev->config_call);
	pthread_mutex_unlock(dev->lock);
}

static void failed(struct virtio_dev *dev, const struct err *err)
{
	log_guest_warn("%s: %s", dev->name, err->text);
	virtio_dev_fail(dev);
}

static void start_queue(struct virtio_dev *dev, unsigned index)
{
	struct virtio_queue *queue = &dev->queues[index];
	struct err err = { 0 };

	if (!dev->started || dev->paused || !queue->enabled || queue->running)
		return;
	queue->running = !dev->ops->queue_start(dev, index, &err);
	if (!queue->running)
		failed(dev, &err);
}

static void stop_queue(struct virtio_dev *dev, unsigned index)
{
	if (dev->queues[index].running)
		dev->ops->queue_stop(dev, index);
	dev->queues[index].running = false;
}

static void start(struct virtio_dev *dev)
{
	struct err err = { 0 };

	if (dev->ops->start && dev->ops->start(dev, &err)) {
		failed(dev, &err);
		return;
	}
	dev->started = true;
	for (unsigned i = 0; i < dev->nr_queues; i++)
		start_queue(dev, i);
}

static void clear_queue(struct virtio_queue *queue)
{
	eventfd_take(queue->kick);
	eventfd_take(queue->call);
	queue->size = queue->max;
	queue->enabled = false;
	queue->desc = queue->driver = queue->device = 0;
	queue->position = 0;
}

static void reset(struct virtio_dev *dev)
{
	for (unsigned i = 0; i < dev->nr_queues; i++)
		stop_queue(dev, i);
	if (dev->started && dev->ops->stop)
		dev->ops->stop(dev);
	for (unsigned i = 0; i < dev->nr_queues; i++)
		clear_queue(&dev->queues[i]);
	eventfd_take(dev->config_call);
	dev->started = dev->paused = false;
	dev->driver_features = 0;
	dev->status = 0;
	dev->generation = 0;
	__atomic_store_n(&dev->broken, false, __ATOMIC_RELEASE);
	if (dev->ops->reset)
		dev->ops->reset(dev);
}

static bool features_fit(struct virtio_dev *dev)
{
	return virtio_dev_has(dev, VIRTIO_F_VERSION_1) &&
	       !(dev->driver_features & ~dev->features) &&
	       (!dev->ops->features_ok || dev->ops->features_ok(dev));
}

void virtio_dev_set_status(struct virtio_dev *dev, u8 status)
{
	u8 added = status & DRIVER_BITS & ~dev->status;

	if (!status) {
		reset(dev);
		return;
	}
	if (added & VIRTIO_CONFIG_S_FEATURES_OK && !features_fit(dev)) {
		log_guest("%s: the driver chose features 0x%llx of 0x%llx", dev->name,
			(unsigned long long)dev->driver_features,
			(unsigned long long)dev->features);
		added &= (u8)~VIRTIO_CONFIG_S_FEATURES_OK;
	}
	/* 3.1.1: without FEATURES_OK, ignore DRIVER_OK. */
	if (!((dev->status | added) & VIRTIO_CONFIG_S_FEATURES_OK))
		added &= (u8)~VIRTIO_CONFIG_S_DRIVER_OK;
	dev->status |= added;
	if (added & VIRTIO_CONFIG_S_DRIVER_OK)
		start(dev);
}

void virtio_dev_set_features(struct virtio_dev *dev, unsigned word, u32 bits)
{
	if (word > 1 || dev->status & VIRTIO_CONFIG_S_FEATURES_OK)
		return;
	dev->driver_features &= ~(0xffffffffull << (32 * word));
	dev->driver_features |= (u64)bits << (32 * word);
}

void virtio_dev_enable_queue(struct virtio_dev *dev, unsigned index)
{
	struct virtio_queue *queue = &dev->queues[index];
	bool packed = virtio_dev_has(dev, VIRTIO_F_RING_PACKED);

	if (queue->enabled)
		return;
	/* 3.1.1: features are negotiated first; they decide the ring's layout. */
	if (!(dev->status & VIRTIO_CONFIG_S_FEATURES_OK)) {
		log_guest("%s: queue %u comes before the features", dev->name, index);
		return;
	}
	if (!queue->size || queue->size > queue->max || (!packed && !is_pow2(queue->size))) {
		log_guest("%s: queue %u cannot have %u entries", dev->name, index, queue->size);
		virtio_dev_fail(dev);
		return;
	}
	queue->position = packed ? PACKED_START : 0;
	queue->enabled = true;
	start_queue(dev, index);
}

void virtio_dev_reset_queue(struct virtio_dev *dev, unsigned index)
{
	if (!virtio_dev_has(dev, VIRTIO_F_RING_RESET))
		return;
	stop_queue(dev, index);
	clear_queue(&dev->queues[index]);
}

u32 virtio_dev_config_read(const struct virtio_dev *dev, u32 offset, unsigned size)
{
	if (offset > dev->config_size || size > dev->config_size - offset)
		return (u32)all_ones(size);
	return (u32)get_le(dev->config + offset, size);
}

void virtio_dev_config_write(struct virtio_dev *dev, u32 offset, unsigned size, u32 value)
{
	if (offset > dev->config_size || size > dev->config_size - offset)
		return;
	if (dev->ops->config_write && dev->ops->config_write(dev, offset, size, value))
		put_le(dev->config + offset, size, value);
}

void virtio_dev_pause(struct virtio_dev *dev)
{
	dev->paused = true;
	for (unsigned i = 0; i < dev->nr_queues; i++)
		stop_queue(dev, i);
}

/* Kicks every queue: a kick may have been consumed by a queue that then stopped. */
void virtio_dev_resume(struct virtio_dev *dev)
{
	dev->paused = false;
	for (unsigned i = 0; i < dev->nr_queues; i++) {
		start_queue(dev, i);
		if (dev->queues[i].running)
			virtio_dev_kick(dev, i);
	}
}
