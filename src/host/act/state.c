// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads the present state of what an operation would change. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/own.h"
#include "host/act/act_internal.h"

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

/*
 * The directory /sys/bus/BUS/devices/DEVICE of an operation's device, on the bus that its file
 * belongs to.
 */
static int directory_of(const struct plan_op *op, char *path, size_t size)
{
	static const char bus[] = "/sys/bus/";
	const char *name, *end;

	if (strncmp(op->file, bus, strlen(bus)) || !op->device)
		return -EINVAL;
	name = op->file + strlen(bus);
	end = strchr(name, '/');
	if (!end)
		return -EINVAL;
	snprintf(path, size, "%s%.*s/devices/%s", bus, (int)(end - name), name, op->device);
	return 0;
}

int state_driver(const struct sysroot *sysroot, const struct plan_op *op, char *driver, size_t size)
{
	char path[PATH_MAX];
	ssize_t n;
	int ret = directory_of(op, path, sizeof(path) - sizeof("/driver"));

	driver[0] = '\0';
	if (ret)
		return ret;
	if (!sysroot_exists(sysroot, path))
		return -ENOENT;
	strcat(path, "/driver");
	n = sysroot_link_name(sysroot, path, driver, size);
	return n < 0 && n != -ENOENT ? n : 0;
}

static int read_attribute(const struct sysroot *sysroot, const char *file, char *state)
{
	ssize_t n = sysroot_text(sysroot, file, state, JOURNAL_PRIOR_SIZE);

	if (n == -ENOENT)
		return 0;
	if (n < 0)
		return n;
	/* The kernel prints "(null)" if there is no override. */
	if (ends_with(file, "/driver_override") && (!n || !strcmp(state, "(null)")))
		return 0;
	return 1;
}

/*
 * Writing nr_hugepages sets the number of persistent pages, but reading it shows the surplus pages,
 * too, which leave the pool when they are freed. So subtract these.
 */
static int read_pool(const struct sysroot *sysroot, const char *file, char *state)
{
	char surplus[JOURNAL_PRIOR_SIZE], text[JOURNAL_PRIOR_SIZE];
	const char *slash = strrchr(file, '/');
	int ret = read_attribute(sysroot, file, state);

	if (ret <= 0 || !slash)
		return slash ? ret : -EINVAL;
	snprintf(surplus, sizeof(surplus), "%.*s/surplus_hugepages", (int)(slash - file), file);
	if (read_attribute(sysroot, surplus, text) <= 0)
		return -EIO;
	snprintf(
		state, JOURNAL_PRIOR_SIZE, "%ld", strtol(state, NULL, 10) - strtol(text, NULL, 10));
	return 1;
}

/* Reads the registers that PLAN_KEEP saves: "command=0006 rom=1". */
static int read_registers(const struct sysroot *sysroot, const char *file, char *state)
{
	own_fd int fd = sysroot_fd(sysroot, file, O_RDONLY);
	u8 command[2], rom[4];

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (pread(fd, command, sizeof(command), PCI_COMMAND) != sizeof(command) ||
		pread(fd, rom, sizeof(rom), PCI_ROM_ADDRESS) != sizeof(rom))
		return -EIO;
	snprintf(state, JOURNAL_PRIOR_SIZE, "command=%04x rom=%08x", get_le16(command),
		get_le32(rom));
	return 1;
}

static int read_driver(const struct sysroot *sysroot, const struct plan_op *op, char *state)
{
	int ret = state_driver(sysroot, op, state, JOURNAL_PRIOR_SIZE);

	return ret ? ret : state[0] != '\0';
}

int state_owner_path(
	const struct sysroot *sysroot, const struct plan_op *op, char *path, size_t size)
{
	own_free char **names = NULL;
	int ret = 0;

	if (!strncmp(op->file, "/dev/", strlen("/dev/"))) {
		snprintf(path, size, "%s", op->file);
		return 0;
	}
	ret = sysroot_names(sysroot, op->file, &names);
	if (ret <= 0)
		return ret ? ret : -ENOENT;
	snprintf(path, size, "/dev/vfio/devices/%s", names[0]);
	return 0;
}

static int read_owner(const struct sysroot *sysroot, const struct plan_op *op, char *state)
{
	char path[PATH_MAX];
	struct stat st;
	int ret = state_owner_path(sysroot, op, path, sizeof(path));
	own_fd int fd = ret ? ret : sysroot_fd(sysroot, path, O_PATH);

	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	if (fstat(fd, &st))
		return -errno;
	snprintf(state, JOURNAL_PRIOR_SIZE, "%u", st.st_uid);
	return 1;
}

int state_read(const struct sysroot *sysroot, const struct plan_op *op, char *state)
{
	state[0] = '\0';
	switch (op->kind) {
	case PLAN_MODULE:
	case PLAN_SERVICE:
	case PLAN_UNLOAD:
		strcpy(state, "there");
		return sysroot_exists(sysroot, op->file);
	case PLAN_WRITE:
		return read_attribute(sysroot, op->file, state);
	case PLAN_KEEP:
		return read_registers(sysroot, op->file, state);
	case PLAN_UNBIND:
	case PLAN_BIND:
		return read_driver(sysroot, op, state);
	case PLAN_FILE:
		strcpy(state, "there");
		return sysroot_exists(sysroot, op->file);
	case PLAN_POOL:
		return read_pool(sysroot, op->file, state);
	case PLAN_OWNER:
		return read_owner(sysroot, op, state);
	case PLAN_CHECK:
	case PLAN_RESET:
	case PLAN_IDLE:
		return 0;
	}
	return -EINVAL;
}
