// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel does upon writes to sysfs, in a fake host; and the state that tests compare. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "fake_host.h"

static bool is_vfio(const char *driver)
{
	return strstr(driver, "vfio") != NULL;
}

static void device_path(char *path, const char *bus, const char *name, const char *file)
{
	snprintf(path, PATH_MAX, "/sys/bus/%s/devices/%s%s%s", bus, name, *file ? "/" : "", file);
}

static bool there(const char *root, const char *path)
{
	char where[PATH_MAX];

	snprintf(where, sizeof(where), "%s%s", root, path);
	return !access(where, F_OK);
}

static void driver_of(const char *root, const char *bus, const char *name, char *driver)
{
	char path[PATH_MAX], where[PATH_MAX + 64], target[PATH_MAX];
	ssize_t n;

	device_path(path, bus, name, "driver");
	snprintf(where, sizeof(where), "%s%s", root, path);
	n = readlink(where, target, sizeof(target) - 1);
	target[n < 0 ? 0 : n] = '\0';
	snprintf(driver, NAME_MAX, "%s", strrchr(target, '/') ? strrchr(target, '/') + 1 : "");
}

static void set_command(const char *root, const char *name, u16 clear, u16 set)
{
	char path[PATH_MAX], where[PATH_MAX + 64];
	u8 bytes[2] = { 0 };
	int fd;

	device_path(path, "pci", name, "config");
	snprintf(where, sizeof(where), "%s%s", root, path);
	fd = open(where, O_RDWR);
	if (fd < 0 || pread(fd, bytes, 2, PCI_COMMAND) != 2)
		abort();
	put_le16(bytes, (get_le16(bytes) & ~clear) | set);
	if (pwrite(fd, bytes, 2, PCI_COMMAND) != 2)
		abort();
	close(fd);
}

/* Changes a device's state as its new driver does: drivers enable it, and VFIO suspends it. */
static void came(const char *root, const char *name, const char *driver)
{
	char path[PATH_MAX];

	device_path(path, "pci", name, "power/control");
	if (is_vfio(driver))
		fake_file(root, path, "auto\n");
	else
		set_command(root, name, PCI_COMMAND_INTX_DISABLE,
			PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
}

static void went(const char *root, const char *name, const char *driver)
{
	char path[PATH_MAX];

	device_path(path, "pci", name, "power/control");
	if (is_vfio(driver))
		fake_file(root, path, "on\n");
	/* A guest or a driver may leave registers as it likes. */
	set_command(root, name, PCI_COMMAND_MASTER, PCI_COMMAND_INTX_DISABLE);
}

static ssize_t bind(const char *root, const char *bus, const char *name, const char *driver)
{
	char path[PATH_MAX], target[PATH_MAX], real[PATH_MAX], where[PATH_MAX + 64];
	char up[256] = "";

	device_path(path, bus, name, "");
	snprintf(where, sizeof(where), "%s%s", root, path);
	if (!realpath(where, real))
		return -ENODEV;
	for (const char *c = strchr(real + strlen(root) + 1, '/'); c; c = strchr(c + 1, '/'))
		strcat(up, "../");
	snprintf(target, sizeof(target), "%sbus/%s/drivers/%s", up, bus, driver);
	device_path(path, bus, name, "driver");
	fake_link(root, path, target);
	if (!strcmp(bus, "pci"))
		came(root, name, driver);
	return 0;
}

static ssize_t unbind(const char *root, const char *bus, const char *name)
{
	char path[PATH_MAX], where[PATH_MAX + 64], driver[NAME_MAX];

	driver_of(root, bus, name, driver);
	if (!*driver)
		return -ENODEV;
	device_path(path, bus, name, "driver");
	snprintf(where, sizeof(where), "%s%s", root, path);
	if (unlink(where))
		abort();
	if (!strcmp(bus, "pci"))
		went(root, name, driver);
	return 0;
}

/* Whether the driver may bind the device: it is the override, or without one matches its ids. */
static bool allowed(const char *root, const char *bus, const char *name, char *driver)
{
	char path[PATH_MAX];

	if (strcmp(bus, "pci"))
		return true;
	device_path(path, bus, name, "driver_override");
	fake_text(root, path, driver, NAME_MAX);
	if (strcmp(driver, "(null)"))
		return true;
	device_path(path, bus, name, "native");
	fake_text(root, path, driver, NAME_MAX);
	return *driver;
}

static ssize_t probe(const char *root, const char *name)
{
	char wanted[NAME_MAX], has[NAME_MAX], path[PATH_MAX];

	device_path(path, "pci", name, "");
	if (!there(root, path))
		return -ENODEV;
	driver_of(root, "pci", name, has);
	if (*has || !allowed(root, "pci", name, wanted))
		return 0;
	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%.200s", wanted);
	return there(root, path) ? bind(root, "pci", name, wanted) : 0;
}

static ssize_t bind_to(const char *root, const char *bus, const char *name, const char *driver)
{
	char wanted[NAME_MAX], has[NAME_MAX];

	driver_of(root, bus, name, has);
	if (*has)
		return -EBUSY;
	if (!allowed(root, bus, name, wanted) || (!strcmp(bus, "pci") && strcmp(wanted, driver)))
		return -ENODEV;
	return bind(root, bus, name, driver);
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

static ssize_t poke(const char *root, const char *path, const char *bytes, size_t size, off_t at)
{
	char where[PATH_MAX + 64];
	int fd;
	ssize_t n;

	snprintf(where, sizeof(where), "%s%s", root, path);
	fd = open(where, O_WRONLY);
	n = fd < 0 ? -1 : pwrite(fd, bytes, size, at);
	close(fd);
	return n;
}

ssize_t fake_write(const char *root, const char *path, const char *bytes, size_t size, off_t at)
{
	char text[NAME_MAX], bus[32] = "", name[NAME_MAX] = "";
	ssize_t ret = 0;

	if (ends_with(path, "/config"))
		return poke(root, path, bytes, size, at);
	snprintf(text, sizeof(text), "%.*s", (int)size, bytes);
	text[strcspn(text, "\n")] = '\0';
	if (!strcmp(path, "/sys/bus/pci/drivers_probe"))
		ret = probe(root, text);
	else if (sscanf(path, "/sys/bus/%31[^/]/drivers/%254[^/]/bind", bus, name) == 2 &&
		 ends_with(path, "/bind"))
		ret = bind_to(root, bus, text, name);
	else if (sscanf(path, "/sys/bus/%31[^/]/devices/%254[^/]", bus, name) == 2 &&
		 ends_with(path, "/driver/unbind"))
		ret = strcmp(name, text) ? -ENODEV : unbind(root, bus, text);
	else if (sscanf(path, "/sys/bus/%31[^/]/drivers/%254[^/]/unbind", bus, name) == 2 &&
		 ends_with(path, "/unbind")) {
		char has[NAME_MAX];

		driver_of(root, bus, text, has);
		ret = strcmp(has, name) ? -ENODEV : unbind(root, bus, text);
	} else if (!there(root, path))
		return -ENOENT;
	else if (ends_with(path, "/driver_override"))
		fake_file(root, path, "%s\n", *text ? text : "(null)");
	else if (!strncmp(path, "/sys/", 5))
		fake_file(root, path, "%s\n", text);
	else
		return -ENOTSUP;
	return ret < 0 ? ret : (ssize_t)size;
}

/* The state that tests compare */

static FILE *state_out;
static size_t state_root;

static void add_text(const char *path)
{
	char text[4096];

	fprintf(state_out, "%s = %s\n", path + state_root, fake_text("", path, text, sizeof(text)));
}

static void add_registers(const char *path)
{
	u8 bytes[64] = { 0 };
	FILE *f = fopen(path, "r");

	if (!f || fread(bytes, 1, sizeof(bytes), f) != sizeof(bytes))
		abort();
	fclose(f);
	fprintf(state_out, "%s = command %04x rom %08x\n", path + state_root,
		get_le16(bytes + PCI_COMMAND), get_le32(bytes + PCI_ROM_ADDRESS));
}

static int add_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	static const char *const settings[] = { "/driver_override", "/control", "/d3cold_allowed",
		"/bind", "/reset_method" };
	char target[PATH_MAX];
	ssize_t n;

	if (type == FTW_SL && ends_with(path, "/driver")) {
		n = readlink(path, target, sizeof(target) - 1);
		target[n < 0 ? 0 : n] = '\0';
		fprintf(state_out, "%s -> %s\n", path + state_root, strrchr(target, '/'));
	}
	if (type != FTW_F || strstr(path, "/drivers/"))
		return 0;
	if (!strncmp(path + state_root, "/etc/", 5) ||
		!strncmp(path + state_root, "/sys/fs/cgroup/", 15) ||
		!strncmp(path + state_root, "/sys/module/", 12))
		fprintf(state_out, "%s\n", path + state_root);
	if (ends_with(path, "/config"))
		add_registers(path);
	for (unsigned i = 0; i < ARRAY_SIZE(settings); i++)
		if (ends_with(path, settings[i]))
			add_text(path);
	return 0;
}

static int by_line(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts the lines, because the order in directories may vary. */
static char *sorted(char *text)
{
	char *lines[4096], *rest = text, *line, *out = NULL;
	unsigned count = 0;
	size_t size;
	FILE *f = open_memstream(&out, &size);

	while ((line = strsep(&rest, "\n")) && count < ARRAY_SIZE(lines))
		lines[count++] = line;
	qsort(lines, count, sizeof(*lines), by_line);
	for (unsigned i = 0; i < count; i++)
		fprintf(f, "%s\n", lines[i]);
	fclose(f);
	free(text);
	return out;
}

char *fake_state(const char *root)
{
	char *text = NULL;
	size_t size;

	state_root = strlen(root);
	state_out = open_memstream(&text, &size);
	if (!state_out || nftw(root, add_one, 32, FTW_PHYS))
		abort();
	fclose(state_out);
	return sorted(text);
}
