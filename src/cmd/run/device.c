// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run/device.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd/ui/options.h"
#include "cmd/ui/suboptions.h"

static int apply_rom(void *target, char *value, struct err *err)
{
	struct vfio_options *options = target;

	if (!value || !*value)
		return err_set(err, EINVAL, "rom is a file or off");
	options->rom_off = !strcmp(value, "off");
	options->rom_file = options->rom_off ? NULL : value;
	return 0;
}

static void print_rom(const void *target, FILE *out)
{
	const struct vfio_options *options = target;

	if (options->rom_off)
		fputs("off", out);
	else if (options->rom_file)
		run_print_path(options->rom_file, out);
}

/* Parses a switch whose default is on. @off stores its negation. */
static int apply_off(const char *what, const char *value, bool *off, struct err *err)
{
	bool on = true;
	int ret = option_switch(what, value, &on, err);

	*off = !on;
	return ret;
}

static int apply_mmap(void *target, char *value, struct err *err)
{
	return apply_off("mmap", value, &((struct vfio_options *)target)->mmap_off, err);
}

static void print_mmap(const void *target, FILE *out)
{
	if (((const struct vfio_options *)target)->mmap_off)
		fputs("off", out);
}

static int apply_msi(void *target, char *value, struct err *err)
{
	return apply_off("msi", value, &((struct vfio_options *)target)->msi_off, err);
}

static void print_msi(const void *target, FILE *out)
{
	if (((const struct vfio_options *)target)->msi_off)
		fputs("off", out);
}

static int apply_boot(void *target, char *value, struct err *err)
{
	return apply_off("boot", value, &((struct vfio_options *)target)->boot_off, err);
}

static void print_boot(const void *target, FILE *out)
{
	if (((const struct vfio_options *)target)->boot_off)
		fputs("off", out);
}

static const char *const vga_wishes[] = {
	[VFIO_VGA_AUTO] = "auto",
	[VFIO_VGA_ON] = "on",
	[VFIO_VGA_OFF] = "off",
};

static int apply_vga(void *target, char *value, struct err *err)
{
	struct vfio_options *options = target;

	for (unsigned i = 0; value && i < ARRAY_SIZE(vga_wishes); i++)
		if (!strcmp(value, vga_wishes[i])) {
			options->vga = i;
			return 0;
		}
	return err_set(err, EINVAL, "vga is on, off or auto, not '%s'", value ? value : "");
}

static void print_vga(const void *target, FILE *out)
{
	const struct vfio_options *options = target;

	if (options->vga != VFIO_VGA_AUTO)
		fputs(vga_wishes[options->vga], out);
}

static int apply_quirks(void *target, char *value, struct err *err)
{
	return apply_off("quirks", value, &((struct vfio_options *)target)->quirks_off, err);
}

static void print_quirks(const void *target, FILE *out)
{
	if (((const struct vfio_options *)target)->quirks_off)
		fputs("off", out);
}

static int apply_p2p(void *target, char *value, struct err *err)
{
	bool on = false;
	int ret = option_switch("p2p", value, &on, err);

	((struct vfio_options *)target)->peer = on ? VFIO_PEER_ON : VFIO_PEER_OFF;
	return ret;
}

static void print_p2p(const void *target, FILE *out)
{
	enum vfio_peer peer = ((const struct vfio_options *)target)->peer;

	if (peer != VFIO_PEER_SMALL)
		fputs(peer == VFIO_PEER_ON ? "on" : "off", out);
}

static int apply_bars(void *target, char *value, struct err *err)
{
	struct vfio_options *options = target;

	options->bars_host = value && !strcmp(value, "host");
	if (options->bars_host || (value && !strcmp(value, "guest")))
		return 0;
	return err_set(err, EINVAL, "bars is host or guest, not '%s'", value ? value : "");
}

static void print_bars(const void *target, FILE *out)
{
	if (((const struct vfio_options *)target)->bars_host)
		fputs("host", out);
}

/* The older spelling of bars=host, which existing machine files may contain. */
static int apply_identity(void *target, char *value, struct err *err)
{
	return option_switch("identity", value, &((struct vfio_options *)target)->bars_host, err);
}

static void print_nothing(const void *target, FILE *out)
{
}

static int apply_clique(void *target, char *value, struct err *err)
{
	struct vfio_options *options = target;
	u64 n = 0;
	int ret = option_number("clique", value ? value : "", 0, VFIO_MAX_CLIQUE - 1, &n, err);

	options->clique = ret ? 0 : (u8)(n + 1);
	return ret;
}

static void print_clique(const void *target, FILE *out)
{
	const struct vfio_options *options = target;

	if (options->clique)
		fprintf(out, "%u", options->clique - 1u);
}

static int apply_subsystem(void *target, char *value, struct err *err)
{
	unsigned vendor, device;
	int end = 0;

	if (!value || sscanf(value, "%4x:%4x%n", &vendor, &device, &end) != 2 || value[end] ||
		strspn(value, "0123456789abcdefABCDEF:") != strlen(value) || !vendor)
		return err_set(err, EINVAL, "subsystem is two ids as in 1043:1e41, not '%s'",
			value ? value : "");
	((struct vfio_options *)target)->subsystem = device << 16 | vendor;
	return 0;
}

static void print_subsystem(const void *target, FILE *out)
{
	u32 subsystem = ((const struct vfio_options *)target)->subsystem;

	if (subsystem)
		fprintf(out, "%04x:%04x", subsystem & 0xffff, subsystem >> 16);
}

static int apply_slot(void *target, char *value, struct err *err)
{
	struct vfio_options *options = target;

	options->root_bus = value && !strcmp(value, "root-bus");
	if (options->root_bus || (value && !strcmp(value, "root-port")))
		return 0;
	return err_set(err, EINVAL, "slot is root-port or root-bus, not '%s'", value ? value : "");
}

static void print_slot(const void *target, FILE *out)
{
	if (((const struct vfio_options *)target)->root_bus)
		fputs("root-bus", out);
}

static int apply_managed(void *target, char *value, struct err *err)
{
	return option_switch("managed", value, &((struct vfio_options *)target)->managed, err);
}

static void print_managed(const void *target, FILE *out)
{
	if (((const struct vfio_options *)target)->managed)
		fputs("on", out);
}

static const struct suboption suboptions[] = {
	{ "rom", apply_rom, print_rom },
	{ "mmap", apply_mmap, print_mmap },
	{ "msi", apply_msi, print_msi },
	{ "boot", apply_boot, print_boot },
	{ "vga", apply_vga, print_vga },
	{ "quirks", apply_quirks, print_quirks },
	{ "p2p", apply_p2p, print_p2p },
	{ "bars", apply_bars, print_bars },
	{ "identity", apply_identity, print_nothing },
	{ "clique", apply_clique, print_clique },
	{ "subsystem", apply_subsystem, print_subsystem },
	{ "slot", apply_slot, print_slot },
	{ "managed", apply_managed, print_managed },
	{ NULL },
};

int run_device_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;
	struct vfio_assign_request *device = &request->devices[request->config.nr_devices];
	char *key, *none;
	int ret;

	if (request->config.nr_devices == VFIO_MAX_DEVICES)
		return err_set(err, E2BIG, "more than %d devices", VFIO_MAX_DEVICES);
	*device = (struct vfio_assign_request){ 0 };
	if (!option_next(&value, &key, &none) || none ||
		(pci_addr_parse_slot(key, &device->addr) && pci_addr_parse(key, &device->addr)))
		return err_set(
			err, EINVAL, "--device: '%s' is not a PCI address such as 01:00.0", key);
	request->slots[request->config.nr_devices] = device->addr.fn == PCI_ADDR_WHOLE_SLOT;
	ret = suboptions_apply(suboptions, "--device", value, &device->options, err);
	if (!ret && device->options.rom_file)
		ret = run_path(request, &device->options.rom_file, 0, err);
	if (!ret)
		request->config.nr_devices++;
	return ret;
}

bool run_device_print(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;
	char name[PCI_ADDR_SIZE];

	if (n >= request->config.nr_devices)
		return false;
	pci_addr_text(request->devices[n].addr, name);
	if (request->slots[n])
		*strrchr(name, '.') = '\0';
	fputs(name, out);
	suboptions_print(suboptions, &request->devices[n].options, out);
	return true;
}

/* Whether this host has the function. */
static bool has_function(struct pci_addr addr)
{
	char name[PCI_ADDR_SIZE], path[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", pci_addr_text(addr, name));
	return !access(path, F_OK);
}

static int add(struct vfio_assign_request *to, unsigned *nr,
	const struct vfio_assign_request *device, u8 fn, struct err *err)
{
	if (*nr == VFIO_MAX_DEVICES)
		return err_set(err, E2BIG, "more than %d devices", VFIO_MAX_DEVICES);
	to[*nr] = *device;
	to[(*nr)++].addr.fn = fn;
	return 0;
}

static int expand(struct vfio_assign_request *to, unsigned *nr,
	const struct vfio_assign_request *slot, struct err *err)
{
	struct pci_addr addr = slot->addr;
	unsigned before = *nr;
	int ret = 0;

	for (addr.fn = 0; addr.fn < 8 && !ret; addr.fn++)
		if (has_function(addr))
			ret = add(to, nr, slot, addr.fn, err);
	if (ret || *nr > before)
		return ret;
	err_set(err, ENODEV, "this host has no PCI function in the slot %04x:%02x:%02x",
		addr.domain, addr.bus, addr.dev);
	return err_help(err, "`tenon list` shows the devices.");
}

int run_device_expand(struct run_request *request, struct err *err)
{
	struct vfio_assign_request all[VFIO_MAX_DEVICES];
	unsigned nr = 0;
	int ret = 0;

	for (unsigned i = 0; i < request->config.nr_devices && !ret; i++) {
		const struct vfio_assign_request *device = &request->devices[i];

		if (request->slots[i])
			ret = expand(all, &nr, device, err);
		else
			ret = add(all, &nr, device, device->addr.fn, err);
	}
	if (ret)
		return ret;
	memcpy(request->devices, all, nr * sizeof(*all));
	memset(request->slots, 0, sizeof(request->slots));
	request->config.nr_devices = nr;
	return 0;
}

static bool is_given(const struct run_request *request, struct pci_addr addr)
{
	for (unsigned i = 0; i < request->config.nr_devices; i++)
		if (pci_addr_equal(request->devices[i].addr, addr))
			return true;
	return false;
}

static bool is_first_of_slot(const struct run_request *request, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (pci_addr_same_slot(request->devices[i].addr, request->devices[n].addr))
			return false;
	return true;
}

void run_device_warn(const struct run_request *request)
{
	char name[PCI_ADDR_SIZE];

	for (unsigned i = 0; i < request->config.nr_devices; i++) {
		struct pci_addr addr = request->devices[i].addr;

		for (addr.fn = 0; addr.fn < 8 && is_first_of_slot(request, i); addr.fn++)
			if (!is_given(request, addr) && has_function(addr))
				log_warn("%s is of the same card and stays behind; --device "
					 "%04x:%02x:%02x gives the guest all of it",
					pci_addr_text(addr, name), addr.domain, addr.bus, addr.dev);
	}
}
