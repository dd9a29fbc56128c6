// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * DMA to RAM and to other devices' BARs, which a guest moves wherever it likes: over RAM, over each
 * other, out of the bridge's window. As in the kernel, no two mappings may overlap, and what is
 * unmapped is a whole number of mappings. The first step says whether RAM is mapped beside the
 * guest, by threads.
 */
#include <errno.h>

#include "bench.h"
#include "vm/vfio/dma.h"

#define DEVICES  4
#define MAX_MAPS 256

struct step {
	u8 kind;
	u8 devfn;
	u8 offset;
	u8 value[4];
};

enum { WRITE, RESET, TRAP, FAIL, HIDE, RESULT, NR_KINDS };

#define BESIDE 0x80 /* in the kind of the first step; and which error the first mappings give */
#define ERRORS 0x60

static struct {
	struct bench m;
	struct pci_dev port;
	struct pci_bus behind;
	struct pci_dev devs[DEVICES];
	struct pci_bar_page pages[DEVICES];
	struct vfio_iommu iommu;
	struct vfio_dma dma;
	struct range maps[MAX_MAPS];
	unsigned nr_maps;
	unsigned fails;       /* how many of the next mappings are refused */
	int error;            /* and how */
	pthread_mutex_t lock; /* of these */
	bool beside;
	struct mem_region hole; /* over RAM, as SMRAM is; size 0: none */
	void *host;
} b;

static int op_map(struct vfio_iommu *iommu, u64 iova, void *host, u64 size, u32 flags)
{
	struct range r = { iova, size };

	int ret = 0;

	CLAIM(host && size && !(iova % 4096) && !(size % 4096) && range_valid(iova, size));
	pthread_mutex_lock(&b.lock);
	for (unsigned i = 0; i < b.nr_maps && !b.fails; i++)
		CLAIM(!range_overlaps(b.maps[i], r));
	if (b.fails) {
		b.fails--;
		ret = b.error;
	} else {
		CLAIM(b.nr_maps < MAX_MAPS);
		b.maps[b.nr_maps++] = r;
	}
	pthread_mutex_unlock(&b.lock);
	return ret;
}

static int op_unmap(struct vfio_iommu *iommu, u64 iova, u64 size)
{
	struct range r = { iova, size };
	u64 found = 0;

	pthread_mutex_lock(&b.lock);
	for (unsigned i = 0; i < b.nr_maps;) {
		if (!range_overlaps(b.maps[i], r)) {
			i++;
			continue;
		}
		CLAIM(range_contains(r, b.maps[i].start, b.maps[i].size));
		found += b.maps[i].size;
		b.maps[i] = b.maps[--b.nr_maps];
	}
	CLAIM(found <= size);
	pthread_mutex_unlock(&b.lock);
	return 0;
}

static void on_ended(void *owner)
{
}

static const struct vfio_dma_async beside = { .workers = 2, .populate = true, .ended = on_ended };

static int op_limits(struct vfio_iommu *iommu, struct vfio_iommu_limits *limits)
{
	*limits = (struct vfio_iommu_limits){ .page_sizes = 4096, .mappings_left = 65535 };
	limits->ranges[0] = (struct range){ 0, 0xfee00000 };
	limits->ranges[1] = (struct range){ 0xfef00000, 512 * GIB };
	limits->nr_ranges = 2;
	return 0;
}

static const struct vfio_iommu_ops ops = { op_map, op_unmap, op_limits };
static const struct pci_dev_ops dev_ops;

static void add_device(unsigned i)
{
	static const u64 sizes[DEVICES] = { 4096, 64 * KIB, MIB, 16 * MIB };
	struct pci_dev *dev = &b.devs[i];

	pci_dev_init(dev, "device", &dev_ops, 0x1234, 0x5678, 0x030000, PCI_HEADER_TYPE_NORMAL);
	pci_dev_set_bar(
		dev, 0, sizes[i], PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH);
	b.pages[i].region = (struct mem_region){
		.name = "BAR",
		.range = { 0, sizes[i] },
		.rank = FLAT_RANK_BAR,
		.kind = MEM_DEVICE,
		.host = b.host,
		.fd = -1,
		.peer = true,
	};
	dev->bars[0].place.pages = &b.pages[i];
	dev->bars[0].nr_pages = 1;
	pci_dev_seal(dev);
	CLAIM(!pci_bus_add(i < 2 ? &b.m.host.root : &b.behind, dev, (u8)(8 * (i + 1))));
}

/* False: RAM could not be mapped. */
static bool open_all(u8 form)
{
	static const int errors[] = { 0, -ENOMEM, -ENOSPC, -EFAULT };
	struct err err = { 0 };
	int ret;

	pthread_mutex_init(&b.lock, NULL);
	b.beside = form & BESIDE;
	b.error = errors[(form & ERRORS) >> 5];
	b.fails = b.error ? 1 : 0;

	bench_open(&b.m, false);
	b.host =
		mmap(NULL, 16 * MIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CLAIM(b.host != MAP_FAILED);
	pci_dev_init(&b.port, "port", NULL, 0x8086, 0x3420, 0x060400, PCI_HEADER_TYPE_BRIDGE);
	b.port.secondary = &b.behind;
	memset(b.port.writable + PCI_PRIMARY_BUS, 0xff, 3);
	memset(b.port.writable + PCI_MEMORY_BASE, 0xff, 12);
	put_le16(b.port.writable + PCI_MEMORY_BASE, 0xfff0);
	pci_dev_seal(&b.port);
	CLAIM(!pci_bus_add(&b.m.host.root, &b.port, 0));
	for (unsigned i = 0; i < DEVICES; i++)
		add_device(i);
	b.iommu.ops = &ops;
	ret = vfio_dma_start(
		&b.dma, &b.m.mem, &b.iommu, "0000:01:00.0", b.beside ? &beside : NULL, &err);
	CLAIM(!ret || (*err.text && !b.nr_maps));
	return !ret;
}

static void close_all(void)
{
	if (b.hole.range.size)
		mem_remove(&b.m.mem, &b.hole);
	for (unsigned i = 0; i < DEVICES; i++) {
		struct pci_bus *bus = b.devs[i].bus;

		pci_dev_unmap(&b.devs[i]);
		pci_bus_remove(bus, &b.devs[i]);
	}
	vfio_dma_stop(&b.dma);
	CLAIM(!b.nr_maps);
	munmap(b.host, 16 * MIB);
	bench_close(&b.m);
}

/* Memory that is not RAM comes over a part of it, or goes. */
static void hide(const struct step *s)
{
	struct err err = { 0 };

	if (b.hole.range.size) {
		mem_remove(&b.m.mem, &b.hole);
		b.hole.range.size = 0;
		return;
	}
	b.hole = (struct mem_region){
		.name = "hole",
		.range = { s->value[0] * 4096u, (1 + s->value[1]) * 4096ull },
		.rank = FLAT_RANK_PLATFORM,
		.kind = MEM_ROM,
		.host = b.host,
		.fd = -1,
	};
	if (mem_add(&b.m.mem, &b.hole, &err))
		b.hole.range.size = 0;
}

static void take_step(const struct step *s)
{
	struct err err = { 0 };
	static const u8 offsets[] = { PCI_COMMAND, PCI_BASE_ADDRESS_0, PCI_BASE_ADDRESS_1,
		PCI_SECONDARY_BUS, PCI_MEMORY_BASE, PCI_MEMORY_LIMIT, PCI_PREF_MEMORY_BASE,
		PCI_PREF_MEMORY_LIMIT };
	struct pci_dev *dev = s->devfn % 5 ? &b.devs[s->devfn % 5 - 1] : &b.port;
	u8 offset = offsets[s->offset % ARRAY_SIZE(offsets)];
	unsigned size = offset == PCI_BASE_ADDRESS_0 || offset == PCI_BASE_ADDRESS_1 ? 4 : 2;

	switch ((s->kind & ~(BESIDE | ERRORS)) % NR_KINDS) {
	case WRITE:
		pci_dev_config_write(dev, offset, size, get_le32(s->value));
		break;
	case RESET:
		pci_bus_reset(&b.behind);
		break;
	case TRAP:
		dev->trapped = s->value[0] & 1;
		pci_dev_update_pages(dev);
		break;
	case FAIL:
		pthread_mutex_lock(&b.lock);
		b.error = -EFAULT;
		b.fails = s->value[0] % 3;
		pthread_mutex_unlock(&b.lock);
		break;
	case HIDE:
		hide(s);
		break;
	case RESULT:
		CLAIM(b.beside || !vfio_dma_result(&b.dma, &err));
		if (b.beside)
			CLAIM(vfio_dma_result(&b.dma, &err) <= 0);
		break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct step step;

	memset(&b, 0, sizeof(b));
	if (!open_all(size ? data[0] : 0))
		size = 0;
	for (unsigned n = 0; n < BENCH_STEPS && bench_next(&data, &size, &step, sizeof(step)); n++)
		take_step(&step);
	close_all();
	return 0;
}
