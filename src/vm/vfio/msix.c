// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/msix.h"

#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/log.h"

/*
 * Where vectors cannot be added while MSI-X is on, a device with up to this many gets all of them
 * at once, because each increase turns MSI-X off and on again under a running driver. With more,
 * the number is doubled at each increase, so that no host vectors are taken that a guest never
 * uses.
 */
#define WHOLE_TABLE 64

static u16 flags_of(const struct vfio_msix *msix)
{
	return get_le16(msix->config->pci->config + msix->config->msix + PCI_MSIX_FLAGS);
}

bool vfio_msix_wanted(const struct vfio_msix *msix)
{
	return msix->nr && flags_of(msix) & PCI_MSIX_FLAGS_ENABLE;
}

static int find_tables(struct vfio_msix *msix, unsigned nr, struct err *err)
{
	const u8 *cap = msix->config->physical + msix->config->msix;
	u32 table = get_le32(cap + PCI_MSIX_TABLE);
	u32 pba = get_le32(cap + PCI_MSIX_PBA);
	struct vfio_region region;

	msix->table_bar = table & PCI_MSIX_TABLE_BIR;
	msix->pba_bar = pba & PCI_MSIX_PBA_BIR;
	msix->table = (struct range){ table & PCI_MSIX_TABLE_OFFSET, nr * PCI_MSIX_ENTRY_SIZE };
	msix->pba = (struct range){ pba & PCI_MSIX_PBA_OFFSET, round_up(nr, 64) / 8 };
	if (msix->table_bar > VFIO_PCI_BAR5_REGION_INDEX ||
		msix->dev->ops->region(msix->dev, msix->table_bar, &region) ||
		!range_contains(
			(struct range){ 0, region.size }, msix->table.start, msix->table.size))
		return err_set(err, EPROTO,
			"its MSI-X table (BAR %u, offset 0x%llx, %u vectors) is outside of the BAR",
			msix->table_bar, (unsigned long long)msix->table.start, nr);
	return 0;
}

int vfio_msix_open(struct vfio_msix *msix, struct vfio_config *config, struct vfio_device *dev,
	struct err *err)
{
	struct vfio_irq_info info;
	unsigned nr;
	int ret;

	*msix = (struct vfio_msix){ .config = config, .dev = dev };
	if (!config->msix)
		return 0;
	nr = (flags_of(msix) & PCI_MSIX_FLAGS_QSIZE) + 1;
	ret = find_tables(msix, nr, err);
	if (ret)
		return ret;
	ret = dev->ops->irq(dev, VFIO_PCI_MSIX_IRQ_INDEX, &info);
	if (ret)
		return err_sys(err, -ret, "VFIO does not describe its MSI-X");
	msix->resizes = !(info.flags & VFIO_IRQ_INFO_NORESIZE);

	msix->entries = calloc(nr, PCI_MSIX_ENTRY_SIZE);
	msix->vectors = calloc(nr, sizeof(*msix->vectors));
	msix->given = calloc(nr, sizeof(*msix->given));
	if (!msix->entries || !msix->vectors || !msix->given)
		return err_sys(err, ENOMEM, "cannot set up its %u MSI-X vectors", nr);
	for (unsigned i = 0; i < nr; i++)
		msix->vectors[i] = IRQ_VECTOR_CLOSED;
	msix->nr = nr;
	vfio_msix_clear(msix);
	return 0;
}

void vfio_msix_close(struct vfio_msix *msix)
{
	free(msix->entries);
	free(msix->vectors);
	free(msix->given);
	*msix = (struct vfio_msix){ 0 };
}

void vfio_msix_clear(struct vfio_msix *msix)
{
	for (unsigned i = 0; i < msix->nr; i++) {
		u8 *entry = msix->entries + i * PCI_MSIX_ENTRY_SIZE;

		memset(entry, 0, PCI_MSIX_ENTRY_SIZE);
		put_le32(entry + PCI_MSIX_ENTRY_VECTOR_CTRL, PCI_MSIX_ENTRY_CTRL_MASKBIT);
	}
}

static bool vector_wanted(const struct vfio_msix *msix, unsigned n)
{
	const u8 *entry = msix->entries + n * PCI_MSIX_ENTRY_SIZE;

	return !(flags_of(msix) & PCI_MSIX_FLAGS_MASKALL) &&
	       !(get_le32(entry + PCI_MSIX_ENTRY_VECTOR_CTRL) & PCI_MSIX_ENTRY_CTRL_MASKBIT);
}

static int give(struct vfio_msix *msix, unsigned start, unsigned count)
{
	s32 *fds = calloc(count, sizeof(*fds));
	int ret = fds ? 0 : -ENOMEM;

	for (unsigned i = 0; i < count && !ret; i++) {
		ret = irq_vector_open(&msix->vectors[start + i]);
		if (!ret)
			fds[i] = msix->vectors[start + i].eventfd;
	}
	if (!ret)
		ret = vfio_irqs_trigger(msix->dev, VFIO_PCI_MSIX_IRQ_INDEX, start, fds, count);
	free(fds);
	return ret > 0 ? -ENOSPC : ret;
}

/*
 * Turns MSI-X off and on again with more vectors. Interrupts that the device raises in between are
 * lost, so every vector in use is signalled once: drivers tolerate a spurious interrupt, but not a
 * missing one.
 */
static int grow(struct vfio_msix *msix, unsigned need)
{
	unsigned high = msix->nr <= WHOLE_TABLE ? msix->nr : 2 * need;
	bool again = msix->high;
	int ret;

	if (high > msix->nr)
		high = msix->nr;
	if (again)
		vfio_irqs_off(msix->dev, VFIO_PCI_MSIX_IRQ_INDEX);
	ret = give(msix, 0, high);
	if (ret && high > need) {
		high = need;
		ret = give(msix, 0, high);
	}
	if (ret) {
		if (again && give(msix, 0, msix->high))
			log_guest_warn("%s: its MSI-X vectors could not be restored",
				msix->config->pci->name);
		return ret;
	}
	msix->high = high;
	for (unsigned i = 0; again && i < high; i++)
		if (msix->vectors[i].attached)
			irq_vector_signal(&msix->vectors[i]);
	return 0;
}

/* Makes sure that the device has vector @n. */
static int provide(struct vfio_msix *msix, unsigned n)
{
	int ret;

	if (!msix->resizes)
		return n < msix->high ? 0 : grow(msix, n + 1);
	if (msix->given[n])
		return 0;
	ret = give(msix, n, 1);
	msix->given[n] = !ret;
	return ret;
}

/* Warns only once, because the guest decides how often it tries. */
static void warn(struct vfio_msix *msix, unsigned n, int ret)
{
	if (!msix->warned)
		log_guest_warn("%s: MSI-X vector %u does not work: %s", msix->config->pci->name, n,
			strerror(-ret));
	msix->warned = true;
}

static void update_vector(struct vfio_msix *msix, struct irq *irq, unsigned n)
{
	const u8 *entry = msix->entries + n * PCI_MSIX_ENTRY_SIZE;
	struct msi_msg msg = {
		.address = get_le64(entry + PCI_MSIX_ENTRY_LOWER_ADDR),
		.data = get_le32(entry + PCI_MSIX_ENTRY_DATA),
	};
	int ret;

	if (!vector_wanted(msix, n)) {
		irq_vector_mask(&msix->vectors[n], irq);
		return;
	}
	ret = provide(msix, n);
	if (!ret)
		ret = irq_vector_unmask(&msix->vectors[n], irq, msg);
	if (ret)
		warn(msix, n, ret);
}

void vfio_msix_update(struct vfio_msix *msix, struct irq *irq)
{
	for (unsigned i = 0; msix->on && i < msix->nr; i++)
		update_vector(msix, irq, i);
}

void vfio_msix_start(struct vfio_msix *msix, struct irq *irq)
{
	s32 none = -1;
	int ret = 0;

	msix->on = true;
	msix->high = 0;
	memset(msix->given, 0, msix->nr * sizeof(*msix->given));
	/*
	 * Enable MSI-X in the device now, although no vector may be in use yet: drivers enable it
	 * first and unmask later, and the device must stop using INTx.
	 */
	if (msix->resizes)
		ret = vfio_irqs_trigger(msix->dev, VFIO_PCI_MSIX_IRQ_INDEX, 0, &none, 1);
	else
		ret = grow(msix, 1);
	if (ret < 0)
		warn(msix, 0, ret);
	vfio_msix_update(msix, irq);
}

void vfio_msix_stop(struct vfio_msix *msix, struct irq *irq)
{
	vfio_irqs_off(msix->dev, VFIO_PCI_MSIX_IRQ_INDEX);
	for (unsigned i = 0; i < msix->nr; i++)
		irq_vector_close(&msix->vectors[i], irq);
	msix->on = false;
}

u64 vfio_msix_table_read(struct vfio_msix *msix, u64 offset, unsigned size)
{
	return get_le(msix->entries + offset, size);
}

/* Of the vector control word only the mask bit is kept: the rest is reserved. */
void vfio_msix_table_write(
	struct vfio_msix *msix, struct irq *irq, u64 offset, unsigned size, u64 value)
{
	unsigned first = (unsigned)(offset / PCI_MSIX_ENTRY_SIZE);
	unsigned last = (unsigned)((offset + size - 1) / PCI_MSIX_ENTRY_SIZE);

	put_le(msix->entries + offset, size, value);
	for (unsigned n = first; n <= last; n++) {
		u8 *control = msix->entries + n * PCI_MSIX_ENTRY_SIZE + PCI_MSIX_ENTRY_VECTOR_CTRL;

		put_le32(control, get_le32(control) & PCI_MSIX_ENTRY_CTRL_MASKBIT);
		if (msix->on)
			update_vector(msix, irq, n);
	}
}

u64 vfio_msix_pba_read(struct vfio_msix *msix, u64 offset, unsigned size)
{
	u64 bits = 0;

	for (unsigned i = 0; i < 8 * size && 8 * offset + i < msix->nr; i++)
		bits |= (u64)irq_vector_pending(&msix->vectors[8 * offset + i]) << i;
	return bits;
}
