// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/launch/firmware_kernel.h"

#include <asm/bootparam.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/own.h"

#define SECTOR          512u
#define MAGIC           "HdrS"
#define MIN_PROTOCOL    0x202 /* the first with a command line at any address, and a heap */
#define INITRD_PROTO    0x203 /* the first with the highest address of an initrd */
#define INITRD_MAX      0x37ffffffu
#define CMDLINE_PROTO   0x206 /* the first with the maximum length of the command line */
#define CMDLINE_OLD_MAX 255
#define DEFAULT_SETUP   4 /* sectors, if the header says 0 */
#define LOADER_UNNAMED  0xff
#define FIELD(name)     (offsetof(struct boot_params, hdr) + offsetof(struct setup_header, name))
#define HEADER_END      (offsetof(struct boot_params, hdr) + sizeof(struct setup_header))

/* Where the loader for a BIOS puts setup part and command line. Heap and stack lie between them. */
#define SETUP_ADDR   0x10000u
#define CMDLINE_ADDR 0x20000u
#define CMDLINE_MAX  0x10000u
#define KERNEL_ADDR  0x100000u
#define SETUP_MAX    (CMDLINE_ADDR - SETUP_ADDR - 0x2000)

/* QEMU's loader, which SeaBIOS runs, at the paths where distributions install it. */
static const char *const loaders[] = {
	"/usr/share/qemu/linuxboot_dma.bin",
	"/usr/share/qemu-kvm/linuxboot_dma.bin",
	"/usr/share/kvm/linuxboot_dma.bin",
};

#define LOADER_MAX (64 * KIB)

static int file_size(const struct boot_file *file, u32 *size, struct err *err)
{
	u64 bytes;
	int ret = boot_file_size(file, &bytes, err);

	if (!ret && bytes > ~0u)
		ret = err_set(err, EFBIG, "%s is larger than 4 GiB", file->path);
	if (!ret)
		*size = (u32)bytes;
	return ret;
}

/* Finds the size of the setup part, 0 for a file that is not a bzImage. */
static int find_setup(struct firmware_kernel *kernel, struct err *err)
{
	u8 head[HEADER_END] = { 0 };
	int ret = 0;

	if (kernel->image_size >= sizeof(head))
		ret = boot_file_read(&kernel->image, 0, head, sizeof(head), err);
	if (ret || memcmp(head + FIELD(header), MAGIC, 4))
		return ret;
	kernel->setup_size = head[FIELD(setup_sects)] ? head[FIELD(setup_sects)] : DEFAULT_SETUP;
	kernel->setup_size = (kernel->setup_size + 1) * SECTOR;
	if (kernel->setup_size >= kernel->image_size)
		return err_set(err, EINVAL, "kernel %s is cut short", kernel->image.path);
	return 0;
}

static int check_cmdline(const struct firmware_kernel *kernel, struct err *err)
{
	u32 max = CMDLINE_OLD_MAX;

	if (get_le16(kernel->setup + FIELD(version)) >= CMDLINE_PROTO)
		max = get_le32(kernel->setup + FIELD(cmdline_size));
	if (max >= CMDLINE_MAX)
		max = CMDLINE_MAX - 1;
	if (strlen(kernel->cmdline) <= max)
		return 0;
	return err_set(err, E2BIG,
		"the kernel command line has %zu characters; kernel %s takes %u at most",
		strlen(kernel->cmdline), kernel->image.path, max);
}

static int check_for_bios(const struct firmware_kernel *kernel, struct err *err)
{
	const u8 *setup = kernel->setup;

	if (!kernel->setup_size || get_le16(setup + FIELD(version)) < MIN_PROTOCOL ||
		!(setup[FIELD(loadflags)] & LOADED_HIGH) || kernel->setup_size > SETUP_MAX)
		return err_set(
			err, ENOEXEC, "%s is no kernel that a BIOS can boot", kernel->image.path);
	return check_cmdline(kernel, err);
}

static int read_setup(struct firmware_kernel *kernel, struct err *err)
{
	kernel->setup = calloc(1, kernel->setup_size + 1);
	if (!kernel->setup)
		return err_sys(err, ENOMEM, "cannot open kernel %s", kernel->image.path);
	return boot_file_read(&kernel->image, 0, kernel->setup, kernel->setup_size, err);
}

int firmware_kernel_open(struct firmware_kernel *kernel, const char *image, const char *initrd,
	const char *cmdline, bool bios, struct err *err)
{
	int ret;

	*kernel = (struct firmware_kernel){
		.image = { .fd = -1 },
		.initrd = { .fd = -1 },
		.cmdline = cmdline ? cmdline : "",
		.bios = bios,
	};
	ret = boot_file_open(&kernel->image, image, err);
	if (!ret)
		ret = file_size(&kernel->image, &kernel->image_size, err);
	if (!ret && initrd)
		ret = boot_file_open(&kernel->initrd, initrd, err);
	if (!ret && initrd)
		ret = file_size(&kernel->initrd, &kernel->initrd_size, err);
	if (!ret)
		ret = find_setup(kernel, err);
	if (!ret)
		ret = read_setup(kernel, err);
	if (!ret && bios)
		ret = check_for_bios(kernel, err);
	return ret;
}

void firmware_kernel_close(struct firmware_kernel *kernel)
{
	/* A zeroed struct was never opened. */
	if (!kernel->cmdline)
		return;
	boot_file_close(&kernel->image);
	boot_file_close(&kernel->initrd);
	free(kernel->setup);
	kernel->setup = NULL;
	kernel->cmdline = NULL;
}

/*
 * As high as kernel and RAM allow. The limit that the loader itself computes later is never higher.
 */
static u32 initrd_address(const struct firmware_kernel *kernel, const struct ram *ram)
{
	u64 end = INITRD_MAX;

	if (get_le16(kernel->setup + FIELD(version)) >= INITRD_PROTO)
		end = get_le32(kernel->setup + FIELD(initrd_addr_max));
	end = end + 1 < ram_low_end(ram) ? end + 1 : ram_low_end(ram);
	return end < kernel->initrd_size ? 0 : (u32)round_down(end - kernel->initrd_size, 4096);
}

static int fill_addresses(
	struct firmware_kernel *kernel, struct fw_cfg *fw, const struct ram *ram, struct err *err)
{
	u32 initrd = initrd_address(kernel, ram);
	u64 end = kernel->initrd_size ? initrd : ram_low_end(ram);
	u8 *setup = kernel->setup;
	int ret;

	if ((u64)KERNEL_ADDR + kernel->image_size - kernel->setup_size > end)
		return err_set(err, ENOMEM,
			"kernel and initrd do not fit into the machine's memory of %llu MiB",
			ram->size / MIB);
	setup[FIELD(type_of_loader)] = LOADER_UNNAMED;
	setup[FIELD(loadflags)] |= CAN_USE_HEAP;
	put_le16(setup + FIELD(heap_end_ptr), CMDLINE_ADDR - SETUP_ADDR - SECTOR);
	put_le32(setup + FIELD(ramdisk_image), initrd);
	put_le32(setup + FIELD(ramdisk_size), kernel->initrd_size);
	put_le32(setup + FIELD(cmd_line_ptr), CMDLINE_ADDR);
	ret = fw_cfg_add_number(fw, FW_CFG_SETUP_ADDR, 4, SETUP_ADDR, err);
	if (!ret)
		ret = fw_cfg_add_number(fw, FW_CFG_CMDLINE_ADDR, 4, CMDLINE_ADDR, err);
	if (!ret)
		ret = fw_cfg_add_number(fw, FW_CFG_KERNEL_ADDR, 4, KERNEL_ADDR, err);
	if (!ret)
		ret = fw_cfg_add_number(fw, FW_CFG_INITRD_ADDR, 4, initrd, err);
	return ret;
}

static int add_loader(struct fw_cfg *fw, struct err *err)
{
	struct boot_file file = { .fd = -1 };
	own_free u8 *bytes = NULL;
	u32 size = 0;
	int ret = -ENOENT;

	for (unsigned i = 0; i < ARRAY_SIZE(loaders) && ret; i++)
		ret = boot_file_open(&file, loaders[i], err);
	if (ret)
		return err_help(err, "To boot a kernel, SeaBIOS needs this file of QEMU's "
				     "(Debian's package qemu-system-data).");
	ret = file_size(&file, &size, err);
	if (!ret && size > LOADER_MAX)
		ret = err_set(err, EFBIG, "%s is no option ROM", file.path);
	if (!ret)
		bytes = malloc(size + 1);
	if (!ret && !bytes)
		ret = err_sys(err, ENOMEM, "cannot read %s", file.path);
	if (!ret)
		ret = boot_file_read(&file, 0, bytes, size, err);
	if (!ret)
		ret = fw_cfg_add_file_bytes(fw, FIRMWARE_KERNEL_LOADER, bytes, size, err);
	boot_file_close(&file);
	return ret;
}

/*
 * If the file has shrunk meanwhile, the guest's transfer fails. The error is logged once, however
 * often the guest tries.
 */
static int give(struct firmware_kernel *kernel, const struct boot_file *file, u64 offset, void *to,
	u32 size)
{
	struct err err = { 0 };
	int ret = boot_file_read(file, offset, to, size, &err);

	if (ret && !kernel->told)
		log_err(&err);
	kernel->told |= ret != 0;
	return ret;
}

static int give_image(void *owner, u32 offset, void *to, u32 size)
{
	struct firmware_kernel *kernel = owner;

	return give(kernel, &kernel->image, (u64)kernel->setup_size + offset, to, size);
}

static int give_initrd(void *owner, u32 offset, void *to, u32 size)
{
	struct firmware_kernel *kernel = owner;

	return give(kernel, &kernel->initrd, offset, to, size);
}

static int add_data(struct fw_cfg *fw, u16 size_key, u16 data_key,
	const struct fw_cfg_content *content, struct err *err)
{
	int ret = fw_cfg_add_number(fw, size_key, 4, content->size, err);

	return ret ? ret : fw_cfg_add(fw, data_key, content, err);
}

int firmware_kernel_fill(
	struct firmware_kernel *kernel, struct fw_cfg *fw, const struct ram *ram, struct err *err)
{
	const struct fw_cfg_content image = {
		.size = kernel->image_size - kernel->setup_size,
		.read = give_image,
		.owner = kernel,
	};
	const struct fw_cfg_content initrd = {
		.size = kernel->initrd_size,
		.read = give_initrd,
		.owner = kernel,
	};
	const struct fw_cfg_content cmdline = {
		.bytes = kernel->cmdline,
		.size = (u32)strlen(kernel->cmdline) + 1,
	};
	struct fw_cfg_content setup = { .bytes = kernel->setup, .size = kernel->setup_size };
	int ret = 0;

	if (kernel->bios)
		ret = fill_addresses(kernel, fw, ram, err);
	if (!ret && kernel->bios)
		ret = add_loader(fw, err);
	if (!ret)
		ret = add_data(fw, FW_CFG_SETUP_SIZE, FW_CFG_SETUP_DATA, &setup, err);
	if (!ret)
		ret = add_data(fw, FW_CFG_KERNEL_SIZE, FW_CFG_KERNEL_DATA, &image, err);
	if (!ret)
		ret = add_data(fw, FW_CFG_INITRD_SIZE, FW_CFG_INITRD_DATA, &initrd, err);
	if (!ret)
		ret = add_data(fw, FW_CFG_CMDLINE_SIZE, FW_CFG_CMDLINE_DATA, &cmdline, err);
	return ret;
}
