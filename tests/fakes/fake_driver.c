// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_driver.h"

#include <linux/virtio_pci.h>
#include <string.h>

#include "base/bytes.h"
#include "fake_irq.h"
#include "unit.h"

static unsigned intx_gsi(struct pci_host *host, unsigned device, unsigned pin)
{
	return GUEST_GSI;
}

void guest_open(struct guest *guest)
{
	struct err err = { 0 };

	*guest = (struct guest){ .next = MIB };
	irq_fake_reset();
	assert_int_equal(bus_open(&guest->mmio), 0);
	assert_int_equal(bus_open(&guest->pio), 0);
	assert_int_equal(mem_open(&guest->mem, NULL, &err), 0);
	assert_int_equal(ram_open_shared(&guest->ram, &guest->mem, GUEST_RAM, &err), 0);
	assert_int_equal(loop_open(&guest->loop, &clock_system, &err), 0);
	pci_host_init(&guest->host, &guest->mmio, &guest->pio, &guest->mem, &guest->irq);
	guest->host.intx_gsi = intx_gsi;
}

void guest_close(struct guest *guest)
{
	assert_int_equal(irq_fake_routes(), 0);
	assert_int_equal(irq_fake_attached(), 0);
	assert_false(irq_fake_line(GUEST_GSI));
	assert_null(guest->loop.sources);
	pci_host_close(&guest->host);
	loop_close(&guest->loop);
	ram_close(&guest->ram);
	mem_close(&guest->mem);
	assert_int_equal(guest->mmio.nr_regions, 0);
	bus_close(&guest->pio);
	bus_close(&guest->mmio);
}

void guest_step(struct guest *guest)
{
	struct err err = { 0 };

	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(loop_step(&guest->loop, 0, &err), 0);
}

u64 guest_alloc(struct guest *guest, u64 size, u64 align)
{
	u64 gpa = round_up(guest->next, align);

	guest->next = gpa + size;
	assert_true(guest->next <= GUEST_RAM);
	memset(guest_at(guest, gpa), 0, size);
	return gpa;
}

u8 *guest_at(struct guest *guest, u64 gpa)
{
	u8 *host = mem_ptr(&guest->mem, gpa, 1);

	assert_non_null(host);
	return host;
}

u32 guest_config_read(struct guest *guest, u16 offset, unsigned size)
{
	return pci_host_config_read(&guest->host, 0, GUEST_DEVFN, offset, size);
}

void guest_config_write(struct guest *guest, u16 offset, unsigned size, u32 value)
{
	pci_host_config_write(&guest->host, 0, GUEST_DEVFN, offset, size, value);
}

static void found(struct driver *driver, u16 cap)
{
	struct guest *guest = driver->guest;
	u64 at = GUEST_BAR + guest_config_read(guest, cap + VIRTIO_PCI_CAP_OFFSET, 4);

	switch (guest_config_read(guest, cap + VIRTIO_PCI_CAP_CFG_TYPE, 1)) {
	case VIRTIO_PCI_CAP_COMMON_CFG:
		driver->common = at;
		break;
	case VIRTIO_PCI_CAP_NOTIFY_CFG:
		driver->notify = at;
		driver->notify_step = guest_config_read(guest, cap + VIRTIO_PCI_NOTIFY_CAP_MULT, 4);
		break;
	case VIRTIO_PCI_CAP_ISR_CFG:
		driver->isr = at;
		break;
	case VIRTIO_PCI_CAP_DEVICE_CFG:
		driver->config = at;
		break;
	}
}

void driver_open(struct driver *driver, struct guest *guest)
{
	u16 cap = (u16)guest_config_read(guest, PCI_CAPABILITY_LIST, 1);

	*driver = (struct driver){ .guest = guest };
	guest_config_write(guest, PCI_BASE_ADDRESS_0, 4, GUEST_BAR);
	guest_config_write(guest, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	for (; cap; cap = (u16)guest_config_read(guest, cap + 1, 1)) {
		u32 id = guest_config_read(guest, cap, 1);

		if (id == PCI_CAP_ID_VNDR)
			found(driver, cap);
		if (id == PCI_CAP_ID_MSIX)
			driver->msix = cap;
	}
	driver->table =
		GUEST_BAR + (guest_config_read(guest, driver->msix + PCI_MSIX_TABLE, 4) & ~7u);
}

u64 driver_read(struct driver *driver, unsigned reg, unsigned size)
{
	return bus_read(&driver->guest->mmio, driver->common + reg, size);
}

void driver_write(struct driver *driver, unsigned reg, unsigned size, u64 value)
{
	bus_write(&driver->guest->mmio, driver->common + reg, size, value);
}

u64 driver_offered(struct driver *driver)
{
	u64 low;

	driver_write(driver, VIRTIO_PCI_COMMON_DFSELECT, 4, 0);
	low = driver_read(driver, VIRTIO_PCI_COMMON_DF, 4);
	driver_write(driver, VIRTIO_PCI_COMMON_DFSELECT, 4, 1);
	return low | driver_read(driver, VIRTIO_PCI_COMMON_DF, 4) << 32;
}

u8 driver_status(struct driver *driver)
{
	return (u8)driver_read(driver, VIRTIO_PCI_COMMON_STATUS, 1);
}

static void add_status(struct driver *driver, u8 bits)
{
	driver_write(driver, VIRTIO_PCI_COMMON_STATUS, 1, driver_status(driver) | bits);
}

bool driver_negotiate(struct driver *driver, u64 features)
{
	add_status(driver, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	add_status(driver, VIRTIO_CONFIG_S_DRIVER);
	for (unsigned word = 0; word < 2; word++) {
		driver_write(driver, VIRTIO_PCI_COMMON_GFSELECT, 4, word);
		driver_write(driver, VIRTIO_PCI_COMMON_GF, 4, (u32)(features >> (32 * word)));
	}
	driver->features = features;
	add_status(driver, VIRTIO_CONFIG_S_FEATURES_OK);
	return driver_status(driver) & VIRTIO_CONFIG_S_FEATURES_OK;
}

void driver_ok(struct driver *driver)
{
	add_status(driver, VIRTIO_CONFIG_S_DRIVER_OK);
}

void driver_reset(struct driver *driver)
{
	driver_write(driver, VIRTIO_PCI_COMMON_STATUS, 1, 0);
}

void driver_mask(struct driver *driver, unsigned n, bool masked)
{
	bus_write(&driver->guest->mmio,
		driver->table + n * PCI_MSIX_ENTRY_SIZE + PCI_MSIX_ENTRY_VECTOR_CTRL, 4, masked);
}

void driver_msix(struct driver *driver, unsigned nr)
{
	struct bus *mmio = &driver->guest->mmio;

	guest_config_write(driver->guest, driver->msix + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE);
	for (unsigned i = 0; i < nr; i++) {
		u64 entry = driver->table + i * PCI_MSIX_ENTRY_SIZE;

		bus_write(mmio, entry + PCI_MSIX_ENTRY_LOWER_ADDR, 4, GUEST_MSI);
		bus_write(mmio, entry + PCI_MSIX_ENTRY_DATA, 4, 0x40 + i);
		driver_mask(driver, i, false);
	}
}

void ring_open(struct ring *ring, struct driver *driver, unsigned index, u16 size, u16 vector)
{
	bool packed = driver->features & BIT_ULL(VIRTIO_F_RING_PACKED);
	struct guest *guest = driver->guest;

	*ring = (struct ring){
		.driver = driver,
		.index = index,
		.size = size,
		.packed = packed,
		.desc = guest_alloc(guest, 16u * size, 16),
		.avail = guest_alloc(guest, packed ? 4 : 6u + 2u * size, 4),
		.used = guest_alloc(guest, packed ? 4 : 6u + 8u * size, 4),
		.next_wrap = true,
		.seen_wrap = true,
	};
	driver_write(driver, VIRTIO_PCI_COMMON_Q_SELECT, 2, index);
	driver_write(driver, VIRTIO_PCI_COMMON_Q_SIZE, 2, size);
	driver_write(driver, VIRTIO_PCI_COMMON_Q_MSIX, 2, vector);
	driver_write(driver, VIRTIO_PCI_COMMON_Q_DESCLO, 4, ring->desc);
	driver_write(driver, VIRTIO_PCI_COMMON_Q_AVAILLO, 4, ring->avail);
	driver_write(driver, VIRTIO_PCI_COMMON_Q_USEDLO, 4, ring->used);
	driver_write(driver, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
}

static u16 word(struct ring *ring, u64 gpa)
{
	return __atomic_load_n((u16 *)(void *)guest_at(ring->driver->guest, gpa), __ATOMIC_ACQUIRE);
}

static void set_word(struct ring *ring, u64 gpa, u16 value)
{
	__atomic_store_n(
		(u16 *)(void *)guest_at(ring->driver->guest, gpa), value, __ATOMIC_SEQ_CST);
}

static void put(
	struct guest *guest, bool packed, u64 at, u64 gpa, u32 len, u16 flags, u16 next_or_id)
{
	u8 *p = guest_at(guest, at);

	put_le64(p, gpa);
	put_le32(p + 8, len);
	put_le16(p + (packed ? 12 : 14), next_or_id);
	__atomic_store_n((u16 *)(void *)(p + (packed ? 14 : 12)), flags, __ATOMIC_RELEASE);
}

void ring_put(struct ring *ring, u16 place, u64 gpa, u32 len, u16 flags, u16 next_or_id)
{
	put(ring->driver->guest, ring->packed, ring->desc + 16u * place, gpa, len, flags,
		next_or_id);
}

u16 ring_flags(const struct ring *ring)
{
	return ring->next_wrap ? BIT(VRING_PACKED_DESC_F_AVAIL) : BIT(VRING_PACKED_DESC_F_USED);
}

void ring_offer(struct ring *ring, u16 head)
{
	set_word(ring, ring->avail + 4 + 2u * (ring->next % ring->size), head);
	ring->next++;
	set_word(ring, ring->avail + 2, ring->next);
}

static u64 make_table(struct ring *ring, const struct buf *bufs, unsigned nr)
{
	struct guest *guest = ring->driver->guest;
	u64 table = guest_alloc(guest, 16u * nr, 16);

	for (unsigned i = 0; i < nr; i++) {
		u16 flags = bufs[i].in ? VRING_DESC_F_WRITE : 0;

		if (!ring->packed && i + 1 < nr)
			flags |= VRING_DESC_F_NEXT;
		put(guest, ring->packed, table + 16u * i, bufs[i].gpa, bufs[i].len, flags,
			(u16)(i + 1));
	}
	return table;
}

static u16 add_split(struct ring *ring, const struct buf *bufs, unsigned nr)
{
	u16 head = ring->free_desc;

	for (unsigned i = 0; i < nr; i++) {
		u16 place = (u16)((head + i) % ring->size);
		u16 flags = bufs[i].in ? VRING_DESC_F_WRITE : 0;

		ring_put(ring, place, bufs[i].gpa, bufs[i].len,
			i + 1 < nr ? flags | VRING_DESC_F_NEXT : flags,
			(u16)((place + 1) % ring->size));
	}
	ring->free_desc = (u16)((head + nr) % ring->size);
	ring_offer(ring, head);
	return head;
}

/* Writes the first descriptor's flags last, which makes the whole chain available. */
static u16 add_packed(struct ring *ring, const struct buf *bufs, unsigned nr)
{
	u16 id = ring->next, first = ring->next, first_flags = 0;

	ring->lengths[id] = (u16)nr;
	for (unsigned i = 0; i < nr; i++) {
		u16 flags = (u16)(ring_flags(ring) | (bufs[i].in ? VRING_DESC_F_WRITE : 0));

		if (i + 1 < nr)
			flags |= VRING_DESC_F_NEXT;
		if (!i)
			first_flags = flags;
		else
			ring_put(ring, ring->next, bufs[i].gpa, bufs[i].len, flags, id);
		if (++ring->next == ring->size) {
			ring->next = 0;
			ring->next_wrap = !ring->next_wrap;
		}
	}
	ring_put(ring, first, bufs[0].gpa, bufs[0].len, first_flags, id);
	return id;
}

static u16 add_indirect(struct ring *ring, const struct buf *bufs, unsigned nr)
{
	u64 table = make_table(ring, bufs, nr);
	u16 place = ring->packed ? ring->next : ring->free_desc;

	if (!ring->packed) {
		ring_put(ring, place, table, 16u * nr, VRING_DESC_F_INDIRECT, 0);
		ring->free_desc = (u16)((place + 1) % ring->size);
		ring_offer(ring, place);
		return place;
	}
	ring->lengths[place] = 1;
	ring_put(ring, place, table, 16u * nr, ring_flags(ring) | VRING_DESC_F_INDIRECT, place);
	if (++ring->next == ring->size) {
		ring->next = 0;
		ring->next_wrap = !ring->next_wrap;
	}
	return place;
}

u16 ring_add(struct ring *ring, const struct buf *bufs, unsigned nr, bool indirect)
{
	if (indirect)
		return add_indirect(ring, bufs, nr);
	return ring->packed ? add_packed(ring, bufs, nr) : add_split(ring, bufs, nr);
}

void ring_kick(struct ring *ring)
{
	struct driver *driver = ring->driver;

	driver_write(driver, VIRTIO_PCI_COMMON_Q_SELECT, 2, ring->index);
	bus_write(&driver->guest->mmio,
		driver->notify +
			driver->notify_step * driver_read(driver, VIRTIO_PCI_COMMON_Q_NOFF, 2),
		2, ring->index);
}

bool ring_wants_kick(struct ring *ring)
{
	u16 event;

	if (ring->packed) {
		u16 flags = word(ring, ring->used + 2);

		if (flags != VRING_PACKED_EVENT_FLAG_DESC)
			return flags == VRING_PACKED_EVENT_FLAG_ENABLE;
		event = word(ring, ring->used);
		return (event & 0x7fff) == (ring->next + ring->size - 1) % ring->size;
	}
	if (!(ring->driver->features & BIT_ULL(VIRTIO_RING_F_EVENT_IDX)))
		return !word(ring, ring->used);
	event = word(ring, ring->used + 4 + 8u * ring->size);
	return event == (u16)(ring->next - 1);
}

static bool take_packed(struct ring *ring, u16 *id, u32 *length)
{
	u64 at = ring->desc + 16u * ring->seen;
	u16 flags = word(ring, at + 14);

	if (!!(flags & BIT(VRING_PACKED_DESC_F_USED)) != ring->seen_wrap ||
		!!(flags & BIT(VRING_PACKED_DESC_F_AVAIL)) != ring->seen_wrap)
		return false;
	*length = get_le32(guest_at(ring->driver->guest, at + 8));
	*id = word(ring, at + 12);
	ring->seen = (u16)(ring->seen + ring->lengths[*id]);
	if (ring->seen >= ring->size) {
		ring->seen = (u16)(ring->seen - ring->size);
		ring->seen_wrap = !ring->seen_wrap;
	}
	return true;
}

bool ring_take(struct ring *ring, u16 *id, u32 *length)
{
	u8 *used;

	if (ring->packed)
		return take_packed(ring, id, length);
	if (word(ring, ring->used + 2) == ring->seen)
		return false;
	used = guest_at(ring->driver->guest, ring->used + 4 + 8u * (ring->seen % ring->size));
	*id = (u16)get_le32(used);
	*length = get_le32(used + 4);
	ring->seen++;
	return true;
}

void ring_no_calls(struct ring *ring)
{
	if (ring->packed)
		set_word(ring, ring->avail + 2, VRING_PACKED_EVENT_FLAG_DISABLE);
	else if (ring->driver->features & BIT_ULL(VIRTIO_RING_F_EVENT_IDX))
		set_word(ring, ring->avail + 4 + 2u * ring->size, (u16)(ring->seen - 1));
	else
		set_word(ring, ring->avail, VRING_AVAIL_F_NO_INTERRUPT);
}

void ring_call_after(struct ring *ring, u16 after)
{
	u16 place = (u16)(ring->seen + after), wrap = ring->seen_wrap;

	if (!ring->packed) {
		set_word(ring, ring->avail + 4 + 2u * ring->size, place);
		return;
	}
	if (place >= ring->size) {
		place = (u16)(place - ring->size);
		wrap = !wrap;
	}
	set_word(ring, ring->avail, (u16)(place | wrap << VRING_PACKED_EVENT_F_WRAP_CTR));
	set_word(ring, ring->avail + 2, VRING_PACKED_EVENT_FLAG_DESC);
}
