// SPDX-License-Identifier: GPL-2.0-or-later
/* Packed rings: VIRTIO 1.2, section 2.8. */
#include "vm/virtio/queue_internal.h"

#define DESC_FLAGS 14 /* offset in a descriptor */
#define AVAIL      BIT(VRING_PACKED_DESC_F_AVAIL)
#define USED       BIT(VRING_PACKED_DESC_F_USED)

/* The event suppression structures (2.8.14). */
#define EVENT_OFF_WRAP 0
#define EVENT_FLAGS    2
#define EVENT_WRAP     BIT(VRING_PACKED_EVENT_F_WRAP_CTR)
#define EVENT_MODE     3

static struct desc load_desc(const char *p)
{
	u8 raw[DESC_SIZE];

	copy_once(raw, p, sizeof(raw));
	return (struct desc){ get_le64(raw), get_le32(raw + 8), get_le16(raw + DESC_FLAGS),
		get_le16(raw + 12) };
}

static void advance(const struct virtq *vq, u16 *place, bool *wrap, u16 entries)
{
	unsigned next = *place + entries;

	if (next >= vq->size) {
		next -= vq->size;
		*wrap = !*wrap;
	}
	*place = (u16)next;
}

void virtq_packed_unpop(struct virtq *vq, const struct virtq_chain *chain)
{
	/* Goes back by going forward through the rest of the ring, and undoes the wrap. */
	advance(vq, &vq->next_avail, &vq->avail_wrap, (u16)(vq->size - chain->entries));
	vq->avail_wrap = !vq->avail_wrap;
}

static bool is_available(const struct virtq *vq)
{
	u16 flags = load_word(vq->desc + DESC_SIZE * vq->next_avail + DESC_FLAGS);

	return !!(flags & AVAIL) == vq->avail_wrap && !!(flags & USED) != vq->avail_wrap;
}

static int add_table(const struct virtq *vq, const struct desc *desc, struct virtq_chain *chain)
{
	unsigned count;
	const char *table = virtq_indirect(vq, desc, &count);
	int ret = table && count <= VIRTQ_MAX_CHAIN ? 0 : -EPROTO;

	for (unsigned i = 0; i < count && !ret; i++) {
		struct desc one = load_desc(table + DESC_SIZE * i);

		ret = virtq_add_buffer(vq, chain, &one);
	}
	return ret;
}

/* A chain's descriptors are consecutive; the last one holds its id. */
static int walk(const struct virtq *vq, struct virtq_chain *chain)
{
	u16 room = (u16)(vq->size - vq->in_flight), place = vq->next_avail;

	while (chain->entries < room) {
		struct desc desc = load_desc(vq->desc + DESC_SIZE * place);
		int ret;

		chain->entries++;
		chain->id = desc.id_or_next;
		if (desc.flags & VRING_DESC_F_INDIRECT)
			return desc.flags & VRING_DESC_F_NEXT ? -EPROTO
							      : add_table(vq, &desc, chain);
		ret = virtq_add_buffer(vq, chain, &desc);
		if (ret || !(desc.flags & VRING_DESC_F_NEXT))
			return ret;
		place = (u16)(place + 1 == vq->size ? 0 : place + 1);
	}
	return -EPROTO; /* longer than the ring */
}

int virtq_packed_pop(struct virtq *vq, struct virtq_chain *chain)
{
	int ret;

	if (!is_available(vq))
		return 0;
	virtq_start_chain(chain);
	chain->entries = 0;
	ret = walk(vq, chain);
	if (ret)
		return ret;
	advance(vq, &vq->next_avail, &vq->avail_wrap, chain->entries);
	return 1;
}

void virtq_packed_push(struct virtq *vq, const struct virtq_chain *chain, u32 written)
{
	char *desc = vq->desc + DESC_SIZE * vq->next_used;
	unsigned flags = vq->used_wrap ? AVAIL | USED : 0;

	put_le32(desc + 8, written);
	put_le16(desc + 12, chain->id);
	store_word(desc + DESC_FLAGS, (u16)(flags | (written ? VRING_DESC_F_WRITE : 0)));
	advance(vq, &vq->next_used, &vq->used_wrap, chain->entries);
}

bool virtq_packed_wants_call(const struct virtq *vq)
{
	u16 mode = load_word(vq->driver + EVENT_FLAGS) & EVENT_MODE;
	u16 off_wrap, event;

	if (!vq->event_idx || mode != VRING_PACKED_EVENT_FLAG_DESC)
		return mode != VRING_PACKED_EVENT_FLAG_DISABLE;
	off_wrap = load_word(vq->driver + EVENT_OFF_WRAP);
	event = (u16)(off_wrap & ~EVENT_WRAP);
	if (!!(off_wrap & EVENT_WRAP) != vq->used_wrap)
		event = (u16)(event - vq->size);
	return passes(event, vq->next_used, (u16)(vq->next_used - vq->untold));
}

bool virtq_packed_want_kicks(struct virtq *vq, bool on)
{
	char *flags = vq->device + EVENT_FLAGS;

	if (!on) {
		store_word(flags, VRING_PACKED_EVENT_FLAG_DISABLE);
		return false;
	}
	if (vq->event_idx) {
		store_word(vq->device + EVENT_OFF_WRAP,
			(u16)(vq->next_avail | (vq->avail_wrap ? EVENT_WRAP : 0)));
		store_word(flags, VRING_PACKED_EVENT_FLAG_DESC);
	} else {
		store_word(flags, VRING_PACKED_EVENT_FLAG_ENABLE);
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return is_available(vq);
}
