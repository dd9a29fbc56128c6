// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vcpu/coalesced.h"

#include "base/bytes.h"

static int set(struct bus_posted *queue, struct range range, bool on)
{
	struct posted *posted = container_of(queue, struct posted, queue);

	return kvm_coalesce(posted->kvm, range.start, (u32)range.size, false, on);
}

static void drain(struct bus_posted *queue)
{
	posted_drain(container_of(queue, struct posted, queue));
}

void posted_open(struct posted *posted, const struct kvm *kvm, struct kvm_coalesced_mmio_ring *ring,
	struct bus *mmio)
{
	*posted = (struct posted){
		.queue = { set, drain },
		.kvm = kvm,
		.ring = ring,
		.mmio = mmio,
	};
	pthread_mutex_init(&posted->lock, NULL);
	if (ring)
		mmio->posted = &posted->queue;
}

void posted_close(struct posted *posted)
{
	if (!posted->mmio)
		return;
	posted->mmio->posted = NULL;
	pthread_mutex_destroy(&posted->lock);
	*posted = (struct posted){ 0 };
}

static bool is_empty(const struct kvm_coalesced_mmio_ring *ring)
{
	return __atomic_load_n(&ring->first, __ATOMIC_ACQUIRE) ==
	       __atomic_load_n(&ring->last, __ATOMIC_ACQUIRE);
}

static void make_one(struct posted *posted)
{
	struct kvm_coalesced_mmio_ring *ring = posted->ring;
	u32 first = ring->first % POSTED_ENTRIES;
	const struct kvm_coalesced_mmio *entry = &ring->coalesced_mmio[first];

	if (entry->len && entry->len <= sizeof(entry->data))
		bus_write(posted->mmio, entry->phys_addr, entry->len,
			get_le(entry->data, entry->len));
	__atomic_store_n(&ring->first, (u32)((first + 1) % POSTED_ENTRIES), __ATOMIC_RELEASE);
}

void posted_drain(struct posted *posted)
{
	if (!posted->ring || is_empty(posted->ring))
		return;
	pthread_mutex_lock(&posted->lock);
	/* A bound, so that another vCPU's writes do not keep this one here. */
	for (unsigned i = 0; i < POSTED_ENTRIES && !is_empty(posted->ring); i++)
		make_one(posted);
	pthread_mutex_unlock(&posted->lock);
}
