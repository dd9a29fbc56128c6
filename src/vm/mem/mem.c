// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/mem/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/log.h"

#define PAGE 4096ull

/* KVM's slots of its second address space, that of processors in SMM, have this bit. */
#define SLOT_SMM      (1u << 16)
#define SLOT_IN_SPACE 0xffff

static int open_view(struct mem *mem, enum flat_view view, u32 first_slot, struct err *err)
{
	struct mem_view *v = &mem->views[view];

	v->first_slot = first_slot;
	v->slots = calloc(mem->nr_slots, sizeof(*v->slots));
	return v->slots ? 0 : err_sys(err, ENOMEM, "cannot set up the memory map");
}

int mem_open(struct mem *mem, struct kvm *kvm, struct err *err)
{
	*mem = (struct mem){ .kvm = kvm };
	pthread_mutex_init(&mem->lock, NULL);
	mem->nr_slots = kvm ? kvm_nr_slots(kvm) : 512;
	return open_view(mem, FLAT_VIEW_NORMAL, 0, err);
}

int mem_add_smm(struct mem *mem, struct err *err)
{
	return open_view(mem, FLAT_VIEW_SMM, SLOT_SMM, err);
}

void mem_close(struct mem *mem)
{
	if (!mem->views[FLAT_VIEW_NORMAL].slots)
		return;
	while (mem->observers)
		mem_unobserve(mem, mem->observers);
	for (unsigned i = 0; i < FLAT_NR_VIEWS; i++) {
		free(mem->views[i].segments);
		free(mem->views[i].slots);
	}
	free(mem->regions);
	pthread_mutex_destroy(&mem->lock);
	*mem = (struct mem){ 0 };
}

static int take_slot(const struct mem *mem, struct mem_view *view, u32 *slot)
{
	for (u32 i = 0; i < mem->nr_slots; i++)
		if (!view->slots[i]) {
			view->slots[i] = true;
			*slot = view->first_slot | i;
			return 0;
		}
	return -ENOSPC;
}

static void give_slot(struct mem_view *view, u32 slot)
{
	view->slots[slot & SLOT_IN_SPACE] = false;
}

static int set_slot(struct mem *mem, const struct mem_segment *s, u64 size)
{
	if (!mem->kvm)
		return 0;
	return kvm_set_slot(mem->kvm, s->slot, s->region->kind == MEM_ROM ? KVM_MEM_READONLY : 0,
		s->range.start, size, mem_segment_host(s));
}

/* Those who are told of the segments of @view. */
static struct mem_observer *observers_of(const struct mem *mem, const struct mem_view *view)
{
	return view == &mem->views[FLAT_VIEW_NORMAL] ? mem->observers : NULL;
}

/* Undoes segment_up() for all observers before @until. */
static void tell_removed(
	struct mem_observer *first, const struct mem_segment *s, const struct mem_observer *until)
{
	for (struct mem_observer *o = first; o != until; o = o->next)
		o->removed(o, s);
}

static int segment_up(
	struct mem *mem, struct mem_view *view, struct mem_segment *s, struct err *err)
{
	struct mem_observer *observers = observers_of(mem, view);
	int ret = take_slot(mem, view, &s->slot);

	if (ret)
		return err_set(err, ENOSPC, "KVM's %u memory slots are all in use", mem->nr_slots);
	ret = set_slot(mem, s, s->range.size);
	if (ret) {
		give_slot(view, s->slot);
		return err_sys(err, -ret, "KVM refuses %s at 0x%llx, 0x%llx bytes", s->region->name,
			(unsigned long long)s->range.start, (unsigned long long)s->range.size);
	}
	for (struct mem_observer *o = observers; o; o = o->next) {
		ret = o->added(o, s, err);
		if (ret) {
			tell_removed(observers, s, o);
			set_slot(mem, s, 0);
			give_slot(view, s->slot);
			return ret;
		}
	}
	s->live = true;
	return 0;
}

static void segment_down(struct mem *mem, struct mem_view *view, struct mem_segment *s)
{
	if (!s->live)
		return;
	tell_removed(observers_of(mem, view), s, NULL);
	set_slot(mem, s, 0);
	give_slot(view, s->slot);
	s->live = false;
}

/* Keeps those segments that have memory, and returns how many they are. */
static size_t make_segments(
	struct mem_segment *segments, const struct flat_segment *flat, size_t nr_flat)
{
	size_t nr = 0;

	for (size_t i = 0; i < nr_flat; i++) {
		const struct mem_region *region = flat[i].owner;

		if (region->kind != MEM_HOLE)
			segments[nr++] =
				(struct mem_segment){ .range = flat[i].range, .region = region };
	}
	return nr;
}

static struct mem_segment *flatten(
	struct mem *mem, enum flat_view view, size_t *count, struct err *err)
{
	struct flat_claim *claims = calloc(mem->nr_regions + 1, sizeof(*claims));
	struct mem_segment *segments = NULL;
	struct flat_segment *flat = NULL;

	*count = 0;
	if (!claims)
		goto out;
	for (size_t i = 0; i < mem->nr_regions; i++)
		claims[i] = (struct flat_claim){ mem->regions[i]->range, mem->regions[i]->rank,
			mem->regions[i], mem->regions[i]->scope };
	flat = flat_build(claims, mem->nr_regions, view, count);
	if (!flat && mem->nr_regions)
		goto out;
	segments = calloc(*count + 1, sizeof(*segments));
	if (segments)
		*count = make_segments(segments, flat, *count);
out:
	if (!segments)
		err_sys(err, ENOMEM, "cannot rebuild the memory map");
	free(claims);
	free(flat);
	return segments;
}

static bool same_segment(const struct mem_segment *a, const struct mem_segment *b)
{
	return a->region == b->region && a->range.start == b->range.start &&
	       a->range.size == b->range.size;
}

/*
 * Changes the present segments of a view to those that the regions now result in. Equal segments
 * are not touched, and obsolete ones are removed first.
 */
static int converge_view(struct mem *mem, enum flat_view index, struct err *err)
{
	struct mem_view *view = &mem->views[index];
	size_t count, old = 0;
	struct mem_segment *next = flatten(mem, index, &count, err);
	int ret = 0;

	if (!next)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		while (old < view->nr_segments &&
			view->segments[old].range.start < next[i].range.start)
			old++;
		if (old < view->nr_segments && same_segment(&view->segments[old], &next[i])) {
			next[i].slot = view->segments[old].slot;
			next[i].live = view->segments[old].live;
			view->segments[old].live = false;
		}
	}
	for (size_t i = 0; i < view->nr_segments; i++)
		segment_down(mem, view, &view->segments[i]);
	free(view->segments);
	view->segments = next;
	view->nr_segments = count;

	for (size_t i = 0; i < count && !ret; i++)
		if (!next[i].live)
			ret = segment_up(mem, view, &next[i], err);
	return ret;
}

static int converge(struct mem *mem, struct err *err)
{
	int ret = 0;

	for (unsigned view = 0; view < FLAT_NR_VIEWS && !ret; view++)
		if (mem->views[view].slots)
			ret = converge_view(mem, view, err);
	return ret;
}

static int index_of(const struct mem *mem, const struct mem_region *region)
{
	for (size_t i = 0; i < mem->nr_regions; i++)
		if (mem->regions[i] == region)
			return (int)i;
	return -1;
}

static void remove_locked(struct mem *mem, struct mem_region *region)
{
	int at = index_of(mem, region);
	struct err err = { 0 };

	if (at < 0)
		return;
	mem->nr_regions--;
	memmove(&mem->regions[at], &mem->regions[at + 1],
		(mem->nr_regions - at) * sizeof(mem->regions[0]));
	if (!converge(mem, &err))
		return;

	/* The region must be removed in any case; ranges that it covered may stay unmapped. */
	log_err(&err);
	for (unsigned i = 0; i < FLAT_NR_VIEWS; i++) {
		struct mem_view *view = &mem->views[i];

		for (size_t s = 0; s < view->nr_segments; s++)
			if (view->segments[s].region == region)
				segment_down(mem, view, &view->segments[s]);
	}
}

int mem_add(struct mem *mem, struct mem_region *region, struct err *err)
{
	struct range r = region->range;
	int ret;

	if (!r.size || !range_valid(r.start, r.size) || (r.start | r.size) % PAGE)
		return err_set(err, EINVAL, "%s: 0x%llx bytes at 0x%llx are not whole pages",
			region->name, (unsigned long long)r.size, (unsigned long long)r.start);

	pthread_mutex_lock(&mem->lock);
	if (array_room(mem->regions, mem->nr_regions, 1)) {
		ret = err_sys(err, ENOMEM, "cannot add %s to the memory map", region->name);
		goto out;
	}
	mem->regions[mem->nr_regions++] = region;
	ret = converge(mem, err);
	if (ret)
		remove_locked(mem, region);
out:
	pthread_mutex_unlock(&mem->lock);
	return ret;
}

void mem_remove(struct mem *mem, struct mem_region *region)
{
	pthread_mutex_lock(&mem->lock);
	remove_locked(mem, region);
	pthread_mutex_unlock(&mem->lock);
}

int mem_observe(struct mem *mem, struct mem_observer *observer, struct err *err)
{
	const struct mem_view *view = &mem->views[FLAT_VIEW_NORMAL];
	size_t i;
	int ret = 0;

	pthread_mutex_lock(&mem->lock);
	for (i = 0; i < view->nr_segments && !ret; i++)
		if (view->segments[i].live)
			ret = observer->added(observer, &view->segments[i], err);
	if (ret) {
		/* The last one failed, so there is nothing to undo for it. */
		for (i--; i-- > 0;)
			if (view->segments[i].live)
				observer->removed(observer, &view->segments[i]);
	} else {
		observer->next = mem->observers;
		mem->observers = observer;
	}
	pthread_mutex_unlock(&mem->lock);
	return ret;
}

void mem_unobserve(struct mem *mem, struct mem_observer *observer)
{
	const struct mem_view *view = &mem->views[FLAT_VIEW_NORMAL];
	struct mem_observer **link;

	pthread_mutex_lock(&mem->lock);
	for (link = &mem->observers; *link; link = &(*link)->next) {
		if (*link != observer)
			continue;
		*link = observer->next;
		for (size_t i = 0; i < view->nr_segments; i++)
			if (view->segments[i].live)
				observer->removed(observer, &view->segments[i]);
		break;
	}
	pthread_mutex_unlock(&mem->lock);
}

u64 mem_ram_page(struct mem *mem)
{
	u64 page = 0;

	pthread_mutex_lock(&mem->lock);
	for (size_t i = 0; i < mem->nr_regions; i++)
		if (mem->regions[i]->kind == MEM_RAM && mem->regions[i]->page > page)
			page = mem->regions[i]->page;
	pthread_mutex_unlock(&mem->lock);
	return page;
}

void *mem_ptr_in(struct mem *mem, enum flat_view index, u64 gpa, u64 size)
{
	const struct mem_view *view = &mem->views[index];
	void *host = NULL;

	pthread_mutex_lock(&mem->lock);
	for (size_t i = 0; i < view->nr_segments; i++) {
		const struct mem_segment *s = &view->segments[i];

		if (s->live && s->region->kind == MEM_RAM && range_contains(s->range, gpa, size)) {
			host = (char *)mem_segment_host(s) + (gpa - s->range.start);
			break;
		}
	}
	pthread_mutex_unlock(&mem->lock);
	return host;
}

void *mem_ptr(struct mem *mem, u64 gpa, u64 size)
{
	return mem_ptr_in(mem, FLAT_VIEW_NORMAL, gpa, size);
}

static bool continues(const struct mem_ram_part *part, const struct mem_segment *s)
{
	return range_end(part->range) == s->range.start &&
	       part->host + part->range.size == mem_segment_host(s) && part->fd == s->region->fd;
}

static int add_part(struct mem_ram *ram, const struct mem_segment *s)
{
	if (ram->nr && continues(&ram->parts[ram->nr - 1], s)) {
		ram->parts[ram->nr - 1].range.size += s->range.size;
		return 0;
	}
	if (ram->nr == MEM_RAM_PARTS)
		return -E2BIG;
	ram->parts[ram->nr++] = (struct mem_ram_part){
		.range = s->range,
		.host = mem_segment_host(s),
		.fd = s->region->fd,
		.fd_offset = s->region->fd_offset + (s->range.start - s->region->range.start),
	};
	return 0;
}

int mem_ram(struct mem *mem, struct mem_ram *ram)
{
	const struct mem_view *view = &mem->views[FLAT_VIEW_NORMAL];
	int ret = 0;

	ram->nr = 0;
	pthread_mutex_lock(&mem->lock);
	for (size_t i = 0; i < view->nr_segments && !ret; i++)
		if (view->segments[i].live && view->segments[i].region->kind == MEM_RAM)
			ret = add_part(ram, &view->segments[i]);
	pthread_mutex_unlock(&mem->lock);
	return ret;
}

const struct mem_ram_part *mem_ram_find(const struct mem_ram *ram, u64 gpa)
{
	for (unsigned i = 0; i < ram->nr; i++)
		if (range_contains(ram->parts[i].range, gpa, 1))
			return &ram->parts[i];
	return NULL;
}

void *mem_ram_ptr(const struct mem_ram *ram, u64 gpa, u64 size)
{
	const struct mem_ram_part *part = mem_ram_find(ram, gpa);

	if (!part || !range_contains(part->range, gpa, size))
		return NULL;
	return part->host + (gpa - part->range.start);
}

/* Length 0 matches any size; KVM then need not decode the instruction if the CPU supports that. */
int mem_add_doorbell(struct mem *mem, u64 gpa, int eventfd)
{
	return mem->kvm ? kvm_ioeventfd(mem->kvm, gpa, 0, eventfd, 0) : -ENOSYS;
}

void mem_remove_doorbell(struct mem *mem, u64 gpa, int eventfd)
{
	if (mem->kvm)
		kvm_ioeventfd(mem->kvm, gpa, 0, eventfd, KVM_IOEVENTFD_FLAG_DEASSIGN);
}

int mem_value_doorbell(struct mem *mem, u64 addr, unsigned size, u64 value, int eventfd, bool on)
{
	if (!mem->kvm)
		return 0;
	return kvm_ioeventfd_value(
		mem->kvm, addr, size, value, eventfd, on ? 0 : KVM_IOEVENTFD_FLAG_DEASSIGN);
}
