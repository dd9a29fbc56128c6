// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Exits of a vCPU with any contents, as far as KVM's interface allows them, and writes that KVM has
 * queued: what they do to the buses.
 */
#include "vm/vcpu/exit.h"
#include "bench.h"
#include "vm/vcpu/coalesced.h"

#define DATA 2048 /* where the page of a vCPU has the data of port accesses */
#define PAGE 4096

struct step {
	u8 reason;
	u8 size;
	u8 address[8];
	u8 count[2];
	u8 value[8];
};

static const u32 reasons[] = { KVM_EXIT_IO, KVM_EXIT_MMIO, KVM_EXIT_X86_RDMSR, KVM_EXIT_X86_WRMSR,
	KVM_EXIT_HYPERV, KVM_EXIT_INTR, KVM_EXIT_IRQ_WINDOW_OPEN, KVM_EXIT_SHUTDOWN,
	KVM_EXIT_FAIL_ENTRY, KVM_EXIT_INTERNAL_ERROR, KVM_EXIT_UNKNOWN, KVM_EXIT_DEBUG };

static struct {
	struct bench m;
	struct vcpus set;
	struct vcpu vcpu;
	struct coalesced coalesced;
	struct bus_region ports, memory;
	union {
		struct kvm_run run;
		u8 bytes[PAGE];
	} page;
	struct kvm_coalesced_mmio_ring *ring; /* a page */
	u64 last;
	unsigned events;
} b;

static u64 on_read(void *owner, u64 offset, unsigned size)
{
	CLAIM(size >= 1 && size <= 8);
	return b.last * 0x0101010101010101ull + offset;
}

static void on_write(void *owner, u64 offset, unsigned size, u64 value)
{
	CLAIM(size >= 1 && size <= 8);
	CLAIM(size == 8 || value < 1ull << (8 * size));
	b.last = value;
}

static const struct bus_ops ops = { on_read, on_write };

static void on_event(void *owner, enum vcpu_event event, const char *why)
{
	CLAIM(*why);
	b.events++;
}

static void open_all(void)
{
	bench_open(&b.m, false);
	b.ports = (struct bus_region){ .range = { 0x80, 0x100 }, .ops = &ops };
	b.memory = (struct bus_region){ .range = { 0xe0000000, MIB }, .ops = &ops };
	CLAIM(!bus_add(&b.m.pio, &b.ports) && !bus_add(&b.m.mmio, &b.memory));
	b.set = (struct vcpus){ .pio = &b.m.pio, .mmio = &b.m.mmio, .event = on_event };
	pthread_mutex_init(&b.set.lock, NULL);
	pthread_cond_init(&b.set.changed, NULL);
	b.vcpu.set = &b.set;
	b.ring = calloc(1, PAGE);
	CLAIM(b.ring);
	b.vcpu.kvm.run = &b.page.run;
	b.vcpu.kvm.fd = -1;
	coalesced_open(&b.coalesced, NULL, b.ring, &b.m.mmio);
}

static void close_all(void)
{
	coalesced_close(&b.coalesced);
	free(b.ring);
	bus_remove(&b.m.pio, &b.ports);
	bus_remove(&b.m.mmio, &b.memory);
	bench_close(&b.m);
}

static void queue_write(const struct step *s)
{
	struct kvm_coalesced_mmio_ring *ring = b.ring;
	struct kvm_coalesced_mmio *entry = &ring->coalesced_mmio[ring->last];

	if ((ring->last + 1) % COALESCED_ENTRIES == ring->first)
		return;
	*entry = (struct kvm_coalesced_mmio){ .phys_addr = 0xe0000000 + get_le32(s->address) % MIB,
		.len = s->size % 16 };
	memcpy(entry->data, s->value, sizeof(entry->data));
	ring->last = (ring->last + 1) % COALESCED_ENTRIES;
}

static void fill_io(struct kvm_run *run, const struct step *s)
{
	static const u8 sizes[] = { 1, 2, 4 };

	run->io.direction = s->size & 1 ? KVM_EXIT_IO_OUT : KVM_EXIT_IO_IN;
	run->io.size = sizes[s->size / 2 % 3];
	run->io.port = get_le16(s->address);
	run->io.count = 1 + get_le16(s->count) % ((PAGE - DATA) / 4);
	run->io.data_offset = DATA;
	memcpy(b.page.bytes + DATA, s->value, sizeof(s->value));
}

static void take_step(const struct step *s)
{
	struct kvm_run *run = &b.page.run;
	unsigned events = b.events;

	if (s->reason >= 0x80) {
		queue_write(s);
		if (s->reason & 1)
			b.m.mmio.coalesced->drain(b.m.mmio.coalesced);
		return;
	}
	run->exit_reason = reasons[s->reason % ARRAY_SIZE(reasons)];
	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		fill_io(run, s);
		break;
	case KVM_EXIT_MMIO:
		run->mmio.phys_addr = get_le64(s->address) % (8 * GIB);
		run->mmio.len = s->size;
		run->mmio.is_write = s->count[0] & 1;
		memcpy(run->mmio.data, s->value, 8);
		break;
	default:
		memcpy(&run->mmio, s->address, sizeof(s->address));
	}
	vcpu_handle_exit(&b.vcpu);
	CLAIM(b.events <= events + 1);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct step step;

	memset(&b, 0, sizeof(b));
	open_all();
	for (unsigned n = 0; n < BENCH_STEPS && bench_next(&data, &size, &step, sizeof(step)); n++)
		take_step(&step);
	coalesced_drain(&b.coalesced);
	CLAIM(b.ring->first == b.ring->last);
	close_all();
	return 0;
}
