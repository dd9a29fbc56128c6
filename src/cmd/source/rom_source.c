// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a ROM comes from, and the device that it is for. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "cmd/source/rom_source.h"

bool rom_is_address(const char *what, struct pci_addr *addr)
{
	return pci_addr_parse(what, addr) == 0;
}

const char *rom_origin_name(enum rom_origin origin)
{
	static const char *const names[] = {
		[ROM_FROM_FILE] = "file",
		[ROM_FROM_DEVICE] = "device",
		[ROM_FROM_SHADOW] = "shadow",
		[ROM_FROM_VFCT] = "vfct",
	};

	return names[origin];
}

static bool parse_ids(const char *text, struct rom_target *target)
{
	unsigned vendor, device;
	char rest;

	if (strlen(text) != 9 || sscanf(text, "%4x:%4x%c", &vendor, &device, &rest) != 2)
		return false;
	/* Without a device, that of a graphics card. */
	*target = (struct rom_target){ vendor, device, 0x030000 };
	return true;
}

bool rom_is_target(const char *for_whom)
{
	struct rom_target target;
	struct pci_addr addr;

	return rom_is_address(for_whom, &addr) || parse_ids(for_whom, &target);
}

int rom_source_target(struct rom_source *source, const struct sysroot *sysroot,
	const char *for_whom, struct err *err)
{
	char address[PCI_ADDR_SIZE];
	struct pci_addr addr;
	int rc = 0;

	if (rom_is_address(for_whom, &addr))
		rc = rom_device_target(sysroot, pci_addr_text(addr, address), &source->target, err);
	else if (!parse_ids(for_whom, &source->target))
		rc = err_set(err, EINVAL, "'%s' is neither a PCI address nor ids", for_whom);
	source->has_target = !rc;
	return rc;
}

/* At most one byte more than a ROM may have, so that the caller sees that it is too large. */
static int read_file(const char *path, u8 **bytes, size_t *size)
{
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	own_free u8 *buf = NULL;
	size_t room = 0, done = 0;

	if (fd < 0)
		return -errno;
	while (done <= ROM_MAX_SIZE) {
		ssize_t n;

		if (done == room) {
			u8 *bigger;

			room = room ? 2 * room : 256 * KIB;
			bigger = realloc(buf, room);
			if (!bigger)
				return -ENOMEM;
			buf = bigger;
		}
		n = read(fd, buf + done, room - done);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			break;
		done += n > 0 ? n : 0;
	}
	*size = done;
	*bytes = take_ptr(&buf);
	return done > ROM_MAX_SIZE ? -EFBIG : 0;
}

/* The person's file, so from where they are, whatever --sysroot says. */
static int from_file(struct rom_source *source, const char *path, struct err *err)
{
	int rc = read_file(path, &source->bytes, &source->size);

	source->origin = ROM_FROM_FILE;
	if (rc == -EFBIG)
		return err_set(err, EFBIG, "%s is larger than %llu MiB: no option ROM", path,
			ROM_MAX_SIZE / MIB);
	if (rc)
		err_sys(err, -rc, "cannot read %s", path);
	if (rc == -EINVAL || rc == -EIO)
		err_help(err, "For a ROM in sysfs, name the device: tenon rom 0000:01:00.0");
	return rc;
}

int rom_source_open(struct rom_source *source, const struct sysroot *sysroot, const char *what,
	bool take_shadow, struct err *err)
{
	struct pci_addr addr;
	int rc;

	*source = (struct rom_source){ .name = what };
	if (!rom_is_address(what, &addr)) {
		rc = from_file(source, what, err);
	} else {
		rc = rom_device_open(source, sysroot, addr, take_shadow, err);
		if ((rc == -EACCES || rc == -EPERM) && !err->help[0])
			err_help(err, "Reading a ROM takes root.");
		if (rc)
			err_wrap(err, "%s", source->address);
	}
	if (rc)
		return rc;
	rom_parse(&source->rom, source->bytes, source->size);
	return 0;
}

void rom_source_close(struct rom_source *source)
{
	free(source->bytes);
	source->bytes = NULL;
}
