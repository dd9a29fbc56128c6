// SPDX-License-Identifier: GPL-2.0-or-later
/* Split rings: VIRTIO 1.2, section 2.7. */
#include "vm/virtio/queue_internal.h"

/* Offsets in the available and the used ring. */
#define RING_FLAGS 0
#define RING_IDX   2
#define RING       4
#define USED_SIZE  8

static const char *used_event(const struct virtq *vq)
{
	return vq->driver + RING + 2u * vq->size;
}

static char *avail_event(const struct virtq *vq)
{
	return vq->device + RING + USED_SIZE * vq->size;
}

static struct desc load_desc(const char *p)
{
	u8 raw[DESC_SIZE];

	copy_once(raw, p, sizeof(raw));
	return (struct desc){ get_le64(raw), get_le32(raw + 8), get_le16(raw + 12),
		get_le16(raw + 14) };
}

static int walk(const struct virtq *vq, u16 head, struct virtq_chain *chain)
{
	const char *table = vq->desc;
	unsigned count = vq->size, at = head;
	bool indirect = false;

	for (unsigned seen = 0; seen < VIRTQ_MAX_CHAIN && at < count; seen++) {
		struct desc desc = load_desc(table + DESC_SIZE * at);
		int ret;

		if (desc.flags & VRING_DESC_F_INDIRECT) {
			if (indirect || desc.flags & VRING_DESC_F_NEXT)
				return -EPROTO;
			table = virtq_indirect(vq, &desc, &count);
			if (!table)
				return -EPROTO;
			indirect = true;
			at = 0;
			continue;
		}
		ret = virtq_add_buffer(vq, chain, &desc);
		if (ret)
			return ret;
		if (!(desc.flags & VRING_DESC_F_NEXT))
			return 0;
		at = desc.id_or_next;
	}
	return -EPROTO; /* a loop, or an index outside of the table */
}

int virtq_split_pop(struct virtq *vq, struct virtq_chain *chain)
{
	u16 waiting = (u16)(load_word(vq->driver + RING_IDX) - vq->next_avail);
	u16 head;
	int ret;

	if (!waiting)
		return 0;
	if (waiting > vq->size || vq->in_flight >= vq->size)
		return -EPROTO;
	head = load_word(vq->driver + RING + 2u * (vq->next_avail & (vq->size - 1u)));
	virtq_start_chain(chain);
	chain->id = head;
	chain->entries = 1;
	ret = walk(vq, head, chain);
	if (ret)
		return ret;
	vq->next_avail++;
	return 1;
}

void virtq_split_push(struct virtq *vq, const struct virtq_chain *chain, u32 written)
{
	char *used = vq->device + RING + USED_SIZE * (vq->next_used & (vq->size - 1u));

	put_le32(used, chain->id);
	put_le32(used + 4, written);
	vq->next_used++;
	store_word(vq->device + RING_IDX, vq->next_used);
}

bool virtq_split_wants_call(const struct virtq *vq)
{
	if (vq->event_idx)
		return passes(load_word(used_event(vq)), vq->next_used,
			(u16)(vq->next_used - vq->untold));
	return !(load_word(vq->driver + RING_FLAGS) & VRING_AVAIL_F_NO_INTERRUPT);
}

/* With event_idx an old event does no harm: the driver passes it only once. */
bool virtq_split_want_kicks(struct virtq *vq, bool on)
{
	if (!vq->event_idx)
		store_word(vq->device + RING_FLAGS, on ? 0 : VRING_USED_F_NO_NOTIFY);
	else if (on)
		store_word(avail_event(vq), vq->next_avail);
	if (!on)
		return false;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return load_word(vq->driver + RING_IDX) != vq->next_avail;
}
