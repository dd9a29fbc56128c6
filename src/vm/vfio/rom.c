// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/rom.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/own.h"
#include "vm/pci/pci_bus.h"

#define PAGE 4096ull
/* PCI 3.0, 6.2.5.2: a ROM BAR has at most 16 MiB. */
#define MAX_ROM (16 * MIB)
/* The kernel takes reads of any size; this only bounds the time of one call. */
#define CHUNK (64 * KIB)

static int read_file(struct vfio_rom *rom, int fd, u64 size)
{
	u64 done = 0;

	while (done < size) {
		ssize_t n = pread(fd, rom->bytes + done, size - done, (off_t)done);

		if (n <= 0)
			return n ? -errno : -EIO;
		done += n;
	}
	return 0;
}

/*
 * Reads what the device returns; the rest stays all ones, as in an erased ROM. The guest may not
 * have turned on memory decoding yet, without which the kernel returns nothing.
 */
static void read_card(struct vfio_rom *rom)
{
	u32 command = vfio_config_hw_read(rom->config, PCI_COMMAND, 2);
	u64 done = 0;

	vfio_config_hw_write(rom->config, PCI_COMMAND, 2, command | PCI_COMMAND_MEMORY);
	while (done < rom->region.size) {
		u64 left = rom->region.size - done;
		ssize_t n = rom->dev->ops->read(rom->dev, &rom->region, done, rom->bytes + done,
			left < CHUNK ? left : CHUNK);

		if (n <= 0)
			break;
		done += n;
	}
	vfio_config_hw_write(rom->config, PCI_COMMAND, 2, command);
	if (get_le16(rom->bytes) != 0xaa55)
		log_warn("%s: its option ROM cannot be read (it begins with 0x%04x); rom=FILE "
			 "replaces it, rom=off hides it",
			rom->config->pci->name, get_le16(rom->bytes));
}

void vfio_rom_read(struct vfio_rom *rom)
{
	struct pci_dev *pci = rom->config->pci;

	pthread_mutex_lock(&pci->bus->host->lock);
	if (!rom->loaded) {
		rom->loaded = true;
		read_card(rom);
		if (rom->fix_id)
			vfio_rom_fix_id(rom);
		pci->bars[PCI_ROM_BAR].nr_pages = 1;
		pci_dev_update_pages(pci);
	}
	pthread_mutex_unlock(&pci->bus->host->lock);
}

/* The first access to the device's ROM. Later ones find a mapped page and do not exit. */
static u64 rom_read(void *owner, u64 offset, unsigned size)
{
	struct vfio_rom *rom = owner;

	vfio_rom_read(rom);
	return get_le(rom->bytes + offset, size);
}

static void rom_write(void *owner, u64 offset, unsigned size, u64 value)
{
}

static const struct bus_ops rom_ops = { .read = rom_read, .write = rom_write };

/* Allocates memory for a ROM BAR that holds @size bytes. */
static int add_bar(struct vfio_rom *rom, u64 size, struct err *err)
{
	struct pci_dev *pci = rom->config->pci;
	struct pci_dev_bar *bar = &pci->bars[PCI_ROM_BAR];
	u64 bar_size = PAGE;
	void *bytes;

	while (bar_size < size)
		bar_size *= 2;
	bytes = mmap(NULL, bar_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (bytes == MAP_FAILED)
		return err_sys(err, errno, "no memory for its option ROM");
	memset(bytes, 0xff, bar_size);
	rom->bytes = bytes;
	rom->size = bar_size;
	rom->page.region = (struct mem_region){
		.name = pci->name,
		.range = { 0, bar_size },
		.rank = FLAT_RANK_BAR,
		.kind = MEM_ROM,
		.host = bytes,
		.fd = -1,
	};
	pci_dev_set_bar(pci, PCI_ROM_BAR, bar_size, 0);
	bar->ops = &rom_ops;
	bar->owner = rom;
	bar->place.pages = &rom->page;
	bar->nr_pages = 0;
	return 0;
}

static int load_file(struct vfio_rom *rom, const char *file, struct err *err)
{
	own_fd int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	int ret;

	if (fd < 0 || fstat(fd, &st))
		return err_sys(err, errno, "cannot read the ROM file %s", file);
	if (!S_ISREG(st.st_mode) || st.st_size < 512 || (u64)st.st_size > MAX_ROM)
		return err_set(err, EINVAL, "the ROM file %s is not of 512 bytes to 16 MiB", file);
	ret = add_bar(rom, st.st_size, err);
	if (ret)
		return ret;
	ret = read_file(rom, fd, st.st_size);
	if (ret)
		return err_sys(err, -ret, "cannot read the ROM file %s", file);
	if (get_le16(rom->bytes) != 0xaa55) {
		err_set(err, EINVAL, "the ROM file %s begins with 0x%04x, not with 0xaa55", file,
			get_le16(rom->bytes));
		return err_help(err,
			"tenon rom %s   (says what it is, and can take a container off)", file);
	}
	rom->loaded = true;
	rom->config->pci->bars[PCI_ROM_BAR].nr_pages = 1;
	return 0;
}

int vfio_rom_build(struct vfio_rom *rom, struct vfio_config *config, struct vfio_device *dev,
	const char *file, bool fix_id, struct err *err)
{
	int ret;

	*rom = (struct vfio_rom){ .config = config, .dev = dev, .fix_id = fix_id };
	if (file) {
		ret = load_file(rom, file, err);
	} else {
		ret = dev->ops->region(dev, VFIO_PCI_ROM_REGION_INDEX, &rom->region);
		/* If there is no ROM BAR, some kernels return an error, others size 0. */
		if (ret || !rom->region.size || rom->region.size > MAX_ROM)
			return 0;
		ret = add_bar(rom, rom->region.size, err);
	}
	if (ret)
		vfio_rom_close(rom);
	return ret;
}

void vfio_rom_close(struct vfio_rom *rom)
{
	if (rom->bytes)
		munmap(rom->bytes, rom->size);
	rom->bytes = NULL;
}
