// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/virtio/rng.h"

#include <sys/random.h>

#include "base/eventfd.h"
#include "base/log.h"

#define QUEUE_SIZE 64
#define MAX_PIECES 64

/* Returns how many bytes were written to the request. */
static u32 answer(const struct virtq_chain *chain)
{
	u8 bytes[RNG_MAX];
	size_t size = chain->in_size < RNG_MAX ? chain->in_size : RNG_MAX;
	ssize_t got = getrandom(bytes, size, 0);

	return got > 0 ? (u32)virtq_write(chain, 0, bytes, got) : 0;
}

static void on_kick(void *owner, u32 events)
{
	struct rng *rng = owner;
	struct iovec pieces[MAX_PIECES];
	struct virtq_chain chain = { .iov = pieces, .max_iov = MAX_PIECES };
	int ret = 0;

	eventfd_take(rng->kick.fd);
	for (unsigned n = 0; n < QUEUE_SIZE && (ret = virtq_pop(&rng->vq, &chain)) > 0; n++)
		virtq_push(&rng->vq, &chain, answer(&chain));
	virtq_call(&rng->vq);
	if (ret < 0) {
		log_guest("rng: the driver's ring makes no sense");
		virtio_dev_fail(&rng->dev);
	} else if (virtq_want_kicks(&rng->vq, true)) {
		eventfd_signal(rng->kick.fd);
	}
}

static int queue_start(struct virtio_dev *dev, unsigned index, struct err *err)
{
	struct rng *rng = container_of(dev, struct rng, dev);
	int ret = virtq_open(&rng->vq, dev, &dev->queues[index], err);

	rng->kick = (struct loop_source){
		.fd = dev->queues[index].kick, .events = EPOLLIN, .ready = on_kick, .owner = rng
	};
	/* Serve requests that are available already. */
	eventfd_signal(rng->kick.fd);
	return ret ? ret : loop_add(rng->loop, &rng->kick, err);
}

static void queue_stop(struct virtio_dev *dev, unsigned index)
{
	struct rng *rng = container_of(dev, struct rng, dev);

	loop_remove(rng->loop, &rng->kick);
	virtq_close(&rng->vq);
}

static const struct virtio_dev_ops ops = {
	.queue_start = queue_start,
	.queue_stop = queue_stop,
};

void rng_open(struct rng *rng, struct loop *loop)
{
	*rng = (struct rng){ .loop = loop };
	virtio_dev_init(&rng->dev, "rng", VIRTIO_ID_RNG, VIRTIO_RING_FEATURES, &ops);
	virtio_dev_add_queue(&rng->dev, QUEUE_SIZE);
}
