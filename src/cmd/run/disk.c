// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run/disk.h"

#include <errno.h>
#include <string.h>

#include "cmd/ui/options.h"
#include "cmd/ui/suboptions.h"
#include "vm/virtio/blk.h"

static int apply_format(void *target, char *value, struct err *err)
{
	((struct disk_config *)target)->format = value ? value : "";
	return 0;
}

static void print_format(const void *target, FILE *out)
{
	const char *format = ((const struct disk_config *)target)->format;

	if (format)
		fputs(format, out);
}

static int apply_readonly(void *target, char *value, struct err *err)
{
	return option_switch("readonly", value, &((struct disk_config *)target)->read_only, err);
}

static void print_readonly(const void *target, FILE *out)
{
	if (((const struct disk_config *)target)->read_only)
		fputs("on", out);
}

static int apply_backing(void *target, char *value, struct err *err)
{
	return option_switch("backing", value, &((struct disk_config *)target)->backing, err);
}

static void print_backing(const void *target, FILE *out)
{
	if (((const struct disk_config *)target)->backing)
		fputs("on", out);
}

static int apply_serial(void *target, char *value, struct err *err)
{
	if (!value || strlen(value) > BLK_SERIAL)
		return err_set(
			err, EINVAL, "serial is a text of at most %d characters", BLK_SERIAL);
	((struct disk_config *)target)->serial = value;
	return 0;
}

static void print_serial(const void *target, FILE *out)
{
	const char *serial = ((const struct disk_config *)target)->serial;

	if (serial)
		fputs(serial, out);
}

static int apply_cache(void *target, char *value, struct err *err)
{
	struct disk_config *disk = target;

	if (!value || (strcmp(value, "writeback") && strcmp(value, "none")))
		return err_set(err, EINVAL, "cache is writeback or none");
	disk->direct = !strcmp(value, "none");
	return 0;
}

static void print_cache(const void *target, FILE *out)
{
	if (((const struct disk_config *)target)->direct)
		fputs("none", out);
}

static int apply_queues(void *target, char *value, struct err *err)
{
	u64 n = 0;
	int ret = option_number("queues", value ? value : "", 1, BLK_MAX_QUEUES, &n, err);

	((struct disk_config *)target)->queues = (unsigned)n;
	return ret;
}

static void print_queues(const void *target, FILE *out)
{
	if (((const struct disk_config *)target)->queues)
		fprintf(out, "%u", ((const struct disk_config *)target)->queues);
}

static int apply_packed(void *target, char *value, struct err *err)
{
	bool on = true;
	int ret = option_switch("packed", value, &on, err);

	((struct disk_config *)target)->split = !on;
	return ret;
}

static void print_packed(const void *target, FILE *out)
{
	if (((const struct disk_config *)target)->split)
		fputs("off", out);
}

static const char *const buses[] = {
	[DISK_VIRTIO] = "virtio",
	[DISK_SATA] = "sata",
	[DISK_NVME] = "nvme",
	[DISK_USB] = "usb",
};

static int apply_bus(void *target, char *value, struct err *err)
{
	for (unsigned i = 0; value && i < ARRAY_SIZE(buses); i++) {
		if (strcmp(value, buses[i]))
			continue;
		((struct disk_config *)target)->bus = i;
		((struct disk_config *)target)->bus_given = true;
		return 0;
	}
	return err_set(err, EINVAL, "bus is virtio, sata, nvme or usb");
}

static void print_bus(const void *target, FILE *out)
{
	const struct disk_config *disk = target;

	if (disk->bus_given || disk->bus != DISK_VIRTIO)
		fputs(buses[disk->bus], out);
}

static const struct suboption suboptions[] = {
	{ "bus", apply_bus, print_bus },
	{ "format", apply_format, print_format },
	{ "readonly", apply_readonly, print_readonly },
	{ "backing", apply_backing, print_backing },
	{ "serial", apply_serial, print_serial },
	{ "cache", apply_cache, print_cache },
	{ "queues", apply_queues, print_queues },
	{ "packed", apply_packed, print_packed },
	{ NULL },
};

static struct disk_config *next_disk(struct run_request *request, struct err *err)
{
	struct disk_config *disk = &request->disks[request->config.nr_disks];

	if (request->config.nr_disks == DISKS_MAX) {
		err_set(err, E2BIG, "more than %d disks and CD-ROM drives", DISKS_MAX);
		return NULL;
	}
	*disk = (struct disk_config){ 0 };
	return disk;
}

int run_disk_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;
	struct disk_config *disk = next_disk(request, err);
	char *path, *rest;
	int ret;

	if (!disk)
		return -err->code;
	if (!option_next(&value, &path, &rest) || !*path)
		return err_set(err, EINVAL, "--disk begins with the name of a file");
	if (rest) /* the name of a file may contain a = */
		rest[-1] = '=';
	disk->path = path;
	ret = suboptions_apply(suboptions, "--disk", value, disk, err);
	if (!ret)
		ret = run_path(request, &disk->path, 0, err);
	if (!ret)
		request->config.nr_disks++;
	return ret;
}

/* The @n-th CD-ROM drive, or the @n-th disk; NULL after the last. */
static const struct disk_config *find(const struct run_request *request, unsigned n, bool cdrom)
{
	for (unsigned i = 0; i < request->config.nr_disks; i++)
		if ((request->disks[i].bus == DISK_CDROM) == cdrom && !n--)
			return &request->disks[i];
	return NULL;
}

bool run_disk_print(const void *request, unsigned n, FILE *out)
{
	const struct disk_config *disk = find(request, n, false);

	if (!disk)
		return false;
	run_print_path_first(disk->path, out);
	suboptions_print(suboptions, disk, out);
	return true;
}

int run_cdrom_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;
	struct disk_config *disk;
	int ret;

	if (find(request, CDROMS_MAX - 1, true))
		return err_set(err, E2BIG, "more than %d CD-ROM drives", CDROMS_MAX);
	disk = next_disk(request, err);
	if (!disk)
		return -err->code;
	disk->bus = DISK_CDROM;
	disk->path = value;
	ret = run_path(request, &disk->path, 0, err);
	if (!ret)
		request->config.nr_disks++;
	return ret;
}

bool run_cdrom_print(const void *request, unsigned n, FILE *out)
{
	const struct disk_config *disk = find(request, n, true);

	if (disk)
		run_print_path(disk->path, out);
	return disk;
}
