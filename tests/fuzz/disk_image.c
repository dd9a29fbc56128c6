// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The image of a disk or a CD, made by somebody else: what it is, which files it names, and whether
 * it is whole. The files that it names all are the image itself, which so is behind itself.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "fuzz.h"
#include "vm/ahci/cd_image.h"
#include "vm/virtio/disk_chain.h"
#include "vm/virtio/disk_format.h"

#define CD_DESCRIPTORS (16 * 2048)

static const char *const formats[] = { "qcow2", "qcow", "qed", "vmdk", "vpc", "raw" };
static const char *const paths[] = { "disk.img", "a/disk.qcow2", "/x.vmdk", "x.QED", "b/.vhd" };

static int image = -1; /* its file */

/* In the place of open(): a name that an image has chosen opens nothing of the host's. */
int __wrap_open(const char *path, int flags, ...);

int __wrap_open(const char *path, int flags, ...)
{
	return fcntl(image, F_DUPFD_CLOEXEC, 0);
}

static void fill(const u8 *data, size_t size, off_t offset)
{
	image = memfd_create("image", MFD_CLOEXEC);
	CLAIM(image >= 0 && pwrite(image, data, size, offset) == (ssize_t)size);
}

static void check_chain(const char *format, bool allowed)
{
	struct disk_chain chain;
	struct err err = { 0 };

	if (disk_chain_open(&chain, "images/disk", image, format, allowed, &err)) {
		CLAIM(*err.text);
		CLAIM(!chain.nr);
	}
	CLAIM(chain.nr <= DISK_CHAIN_MAX && (allowed || !chain.nr));
	for (unsigned i = 0; i < chain.nr; i++)
		CLAIM(chain.files[i].path && strlen(chain.files[i].path) < 2 * DISK_NAME_MAX);
	disk_chain_close(&chain);
}

static void check_disk(u8 how, const u8 *data, size_t size)
{
	const char *asked = formats[how % ARRAY_SIZE(formats)], *format = NULL;
	size_t head = size < DISK_FORMAT_HEAD ? size : DISK_FORMAT_HEAD;
	struct err err = { 0 };

	fill(data, size, 0);
	if (!disk_format_find(&format, paths[how % ARRAY_SIZE(paths)], data, head,
		    how & 0x40 ? asked : NULL, &err))
		check_chain(format, how & 0x20);
	else
		CLAIM(*err.text);
	check_chain(asked, how & 0x20);
}

static void check_cd(const u8 *data, size_t size)
{
	char text[CD_IMAGE_TEXT] = "";

	fill(data, size, CD_DESCRIPTORS);
	if (cd_image_is_odd(image, CD_DESCRIPTORS + size, text))
		CLAIM(*text && strlen(text) < sizeof(text));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	log_set_level(LOG_ERROR);
	if (!size)
		return 0;
	if (data[0] & 0x80)
		check_cd(data + 1, size - 1);
	else
		check_disk(data[0], data + 1, size - 1);
	close_fd(&image);
	return 0;
}
