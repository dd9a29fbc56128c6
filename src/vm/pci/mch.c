// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/pci/mch.h"

#include "base/bytes.h"
#include "base/log.h"

#define ID_INTEL     0x8086
#define ID_MCH       0x29c0
#define ID_SUBVENDOR 0x1af4 /* SeaBIOS probes for fw_cfg if it finds this pair */
#define ID_SUBSYSTEM 0x1100
#define CLASS_HOST   0x060000

#define PCIEXBAR_ENABLE BIT_ULL(0)
#define PCIEXBAR_LENGTH 0x6ull
#define PCIEXBAR_BASE   0x7ffc000000ull /* in steps of 64 MiB; larger sizes ignore the low bits */
#define SMRAM_STORED    0x78            /* without SMM */
#define TOLUD           0xb0

#define CONFIG_ENABLE BIT(31)

/*
 * Returns how many bytes to access at once: functions only get aligned accesses within one dword.
 */
static unsigned natural_size(u64 offset, unsigned left)
{
	unsigned size = left >= 4 ? 4 : left >= 2 ? 2 : 1;

	while (offset & (size - 1))
		size /= 2;
	return size;
}

/* @address: bus, device, function and offset in ECAM's layout. */
static u64 config_read(struct mch *mch, u64 address, unsigned size)
{
	u64 value = 0;

	for (unsigned done = 0, part; done < size; done += part) {
		u64 at = address + done;

		part = natural_size(at, size - done);
		value |= (u64)pci_host_config_read(
				 &mch->host, (u8)(at >> 20), (u8)(at >> 12), at & 0xfff, part)
			 << (8 * done);
	}
	return value;
}

static void config_write(struct mch *mch, u64 address, unsigned size, u64 value)
{
	for (unsigned done = 0, part; done < size; done += part) {
		u64 at = address + done;

		part = natural_size(at, size - done);
		pci_host_config_write(&mch->host, (u8)(at >> 20), (u8)(at >> 12), at & 0xfff, part,
			(u32)(value >> (8 * done)));
	}
}

static u64 ecam_read(void *owner, u64 offset, unsigned size)
{
	return config_read(owner, offset, size);
}

static void ecam_write(void *owner, u64 offset, unsigned size, u64 value)
{
	config_write(owner, offset, size, value);
}

static const struct bus_ops ecam_ops = { ecam_read, ecam_write };

static bool is_cf9(const struct mch *mch, u64 offset, unsigned size)
{
	return offset == 1 && size == 1 && mch->cf9_ops;
}

static u64 address_read(void *owner, u64 offset, unsigned size)
{
	struct mch *mch = owner;

	if (is_cf9(mch, offset, size))
		return mch->cf9_ops->read(mch->cf9_owner, 0, 1);
	return size == 4 ? mch->config_address : all_ones(size);
}

static void address_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct mch *mch = owner;

	if (is_cf9(mch, offset, size))
		mch->cf9_ops->write(mch->cf9_owner, 0, 1, value);
	else if (size == 4)
		mch->config_address = (u32)value & 0x80fffffc;
}

static const struct bus_ops address_ops = { address_read, address_write };

/* Converts CF8 to an ECAM address; bits 23:8 are bus and devfn, 7:2 the dword. */
static u64 selected(const struct mch *mch, u64 offset)
{
	return (u64)(mch->config_address & 0xffff00) << 4 | (mch->config_address & 0xfc) | offset;
}

static u64 data_read(void *owner, u64 offset, unsigned size)
{
	struct mch *mch = owner;

	if (!(mch->config_address & CONFIG_ENABLE))
		return all_ones(size);
	return config_read(mch, selected(mch, offset), size);
}

static void data_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct mch *mch = owner;

	if (mch->config_address & CONFIG_ENABLE)
		config_write(mch, selected(mch, offset), size, value);
}

static const struct bus_ops data_ops = { data_read, data_write };

static struct range decode_pciexbar(const struct mch *mch)
{
	u64 reg = get_le64(mch->dev.config + MCH_PCIEXBAR);
	u64 size = 256 * MIB >> ((reg & PCIEXBAR_LENGTH) >> 1);

	/* Length 3 is reserved. */
	if (!(reg & PCIEXBAR_ENABLE) || size < 64 * MIB)
		return (struct range){ 0, 0 };
	return (struct range){ reg & PCIEXBAR_BASE & ~(size - 1), size };
}

static void update_ecam(struct mch *mch)
{
	struct range range = decode_pciexbar(mch);

	if (mch->ecam_on && range.start == mch->ecam.range.start &&
		range.size == mch->ecam.range.size)
		return;
	if (mch->ecam_on)
		bus_remove(mch->host.mmio, &mch->ecam);
	mch->ecam.range = range;
	mch->ecam_on = range.size && !bus_add(mch->host.mmio, &mch->ecam);
	if (range.size && !mch->ecam_on)
		log_guest_at(LOG_ERROR, "no memory to map the PCI config space");
}

static void mch_config_write(struct pci_dev *dev, u16 offset, unsigned size, u32 value)
{
	struct mch *mch = dev->owner;

	if (smram_locks(&mch->smram, offset, size))
		return;
	pci_dev_config_write(dev, offset, size, value);
	smram_config_write(&mch->smram, offset, size, value);
	if (offset < MCH_PCIEXBAR + 8 && offset + size > MCH_PCIEXBAR)
		update_ecam(mch);
}

static void mch_reset(struct pci_dev *dev)
{
	struct mch *mch = dev->owner;

	mch->config_address = 0;
	smram_reset(&mch->smram);
	update_ecam(mch);
}

static const struct pci_dev_ops mch_ops = { .config_write = mch_config_write, .reset = mch_reset };

static void fill_config(struct mch *mch)
{
	struct pci_dev *dev = &mch->dev;

	pci_dev_init(
		dev, "host bridge", &mch_ops, ID_INTEL, ID_MCH, CLASS_HOST, PCI_HEADER_TYPE_NORMAL);
	dev->owner = mch;
	put_le16(dev->config + PCI_SUBSYSTEM_VENDOR_ID, ID_SUBVENDOR);
	put_le16(dev->config + PCI_SUBSYSTEM_ID, ID_SUBSYSTEM);
	put_le64(dev->writable + MCH_PCIEXBAR, PCIEXBAR_BASE | PCIEXBAR_LENGTH | PCIEXBAR_ENABLE);
	dev->writable[MCH_PAM0] = 0x30;
	for (unsigned i = 1; i < MCH_NR_PAM; i++)
		dev->writable[MCH_PAM0 + i] = 0x33;
	dev->config[SMRAM_CONTROL] = SMRAM_BASE;
	dev->writable[SMRAM_CONTROL] = SMRAM_STORED;
	put_le16(dev->writable + TOLUD, 0xfff0);
	pci_dev_seal(dev);
}

static struct bus_region region(
	struct mch *mch, const char *name, const struct bus_ops *ops, u64 start, u64 size)
{
	return (struct bus_region){
		.name = name,
		.range = { start, size },
		.rank = FLAT_RANK_PLATFORM,
		.ops = ops,
		.owner = mch,
		.lock = &mch->host.lock,
	};
}

int mch_open(struct mch *mch, struct bus *mmio, struct bus *pio, struct mem *mem, struct irq *irq,
	struct err *err)
{
	int ret;

	*mch = (struct mch){ 0 };
	ret = pci_host_init(&mch->host, mmio, pio, mem, irq);
	if (ret)
		return err_sys(err, -ret, "cannot set up the PCI bus");
	fill_config(mch);
	mch->address_ports = region(mch, "PCI config address", &address_ops, MCH_CONFIG_ADDRESS, 4);
	mch->data_ports = region(mch, "PCI config data", &data_ops, MCH_CONFIG_ADDRESS + 4, 4);
	mch->ecam = region(mch, "PCI config space", &ecam_ops, 0, 0);
	ret = pci_bus_add(&mch->host.root, &mch->dev, PCI_DEVFN_OF(0, 0));
	if (!ret)
		ret = bus_add(pio, &mch->address_ports);
	if (!ret)
		ret = bus_add(pio, &mch->data_ports);
	if (ret) {
		mch_close(mch);
		return err_sys(err, -ret, "cannot set up the PCI bus");
	}
	return 0;
}

void mch_add_smm(struct mch *mch, const struct ram *ram)
{
	smram_open(&mch->smram, &mch->dev, mch->host.mem, ram);
	pci_dev_seal(&mch->dev);
}

void mch_close(struct mch *mch)
{
	if (!mch->host.root.host)
		return;
	smram_close(&mch->smram);
	bus_remove(mch->host.pio, &mch->address_ports);
	bus_remove(mch->host.pio, &mch->data_ports);
	bus_remove(mch->host.mmio, &mch->ecam);
	pci_bus_remove(&mch->host.root, &mch->dev);
	pci_host_close(&mch->host);
}

void mch_set_ecam(struct mch *mch, u64 base)
{
	pthread_mutex_lock(&mch->host.lock);
	put_le64(mch->dev.config + MCH_PCIEXBAR, (base & PCIEXBAR_BASE) | PCIEXBAR_ENABLE);
	update_ecam(mch);
	pthread_mutex_unlock(&mch->host.lock);
}

struct range mch_ecam(struct mch *mch)
{
	struct range range;

	pthread_mutex_lock(&mch->host.lock);
	range = mch->ecam_on ? mch->ecam.range : (struct range){ 0, 0 };
	pthread_mutex_unlock(&mch->host.lock);
	return range;
}
