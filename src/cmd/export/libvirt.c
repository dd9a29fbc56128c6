// SPDX-License-Identifier: GPL-2.0-or-later
/* A libvirt domain. */
#include "cmd/export/export.h"

#include <errno.h>
#include <string.h>

/* The versions of libvirt (1000 * major + minor) that introduced these features. */
enum { HAS_OVERRIDE = 8002, HAS_MAXPHYSADDR = 8007, HAS_DRIVER_MODEL = 10000 };

static void escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("<>&'\"", *text))
			fprintf(out, "&#%d;", *text);
		else if ((u8)*text >= 0x20)
			fputc(*text, out);
	}
}

static void print_machine(struct export *export)
{
	const struct export_args *args = export->args;
	FILE *out = export->out;

	fprintf(out, "  <name>%s</name>\n  <memory unit='KiB'>%llu</memory>\n", args->name,
		(unsigned long long)(args->memory / KIB));
	fprintf(out, "  <vcpu>%llu</vcpu>\n  <os>\n", (unsigned long long)args->cpus);
	fputs("    <type arch='x86_64' machine='q35'>hvm</type>\n", out);
	if (export->mode != PLAN_MODE_BIOS) {
		fputs("    <loader readonly='yes' type='pflash'>" EXPORT_LOADER "</loader>\n", out);
		fprintf(out,
			"    <nvram template='" EXPORT_NVRAM
			"'>/var/lib/libvirt/qemu/nvram/%s_VARS.fd</nvram>\n",
			args->name);
	}
	fputs("  </os>\n  <features>\n    <acpi/>\n    <apic/>\n    <hyperv>\n"
	      "      <vendor_id state='on' value='" EXPORT_VENDOR_ID "'/>\n    </hyperv>\n"
	      "    <kvm>\n      <hidden state='on'/>\n    </kvm>\n  </features>\n",
		out);
	if (args->version >= HAS_MAXPHYSADDR)
		fputs("  <cpu mode='host-passthrough'>\n    <maxphysaddr mode='passthrough'/>\n"
		      "  </cpu>\n",
			out);
	else
		fputs("  <cpu mode='host-passthrough'/>\n", out);
}

static void print_address(FILE *out, const char *indent, struct pci_addr addr, const char *more)
{
	fprintf(out, "%s<address %sdomain='0x%04x' bus='0x%02x' slot='0x%02x' function='0x%x'",
		indent, more, addr.domain, addr.bus, addr.dev, addr.fn);
}

/* The guest's bus behind root port n is n + 1. */
static void print_hostdev(struct export *export, const struct export_dev *dev, unsigned number)
{
	struct pci_addr place = { 0, dev->port + 1, 0, dev->fn };
	const char *driver = dev->planned->driver;
	FILE *out = export->out;

	fputs("    <hostdev mode='subsystem' type='pci' managed='no'>\n      <driver name='vfio'",
		out);
	if (export->args->version >= HAS_DRIVER_MODEL && strcmp(driver, "vfio-pci")) {
		fputs(" model='", out);
		escaped(out, driver);
		fputc('\'', out);
	}
	fputs("/>\n      <source>\n", out);
	print_address(out, "        ", dev->dev->addr, "");
	fprintf(out, "/>\n      </source>\n      <alias name='ua-host%u'/>\n", number);
	if (dev->gpu && export->mode == PLAN_MODE_SECONDARY) {
		fputs("      <rom bar='off'/>\n", out);
	} else if (dev->gpu && export->args->rom) {
		fputs("      <rom bar='on' file='", out);
		escaped(out, export->args->rom);
		fputs("'/>\n", out);
	}
	print_address(out, "      ", place, "type='pci' ");
	fprintf(out, "%s/>\n    </hostdev>\n", dev->multifunction ? " multifunction='on'" : "");
}

/* libvirt has no element for the primary VGA card, so set QEMU's property. */
static void print_primary(struct export *export)
{
	fputs("  <qemu:override>\n", export->out);
	for (unsigned i = 0; i < export->count; i++)
		if (export->devs[i].gpu)
			fprintf(export->out,
				"    <qemu:device alias='ua-host%u'>\n      <qemu:frontend>\n"
				"        <qemu:property name='x-vga' type='bool' value='true'/>\n"
				"      </qemu:frontend>\n    </qemu:device>\n",
				i);
	fputs("  </qemu:override>\n", export->out);
}

int export_libvirt(struct export *export, struct err *err)
{
	bool bios = export->mode == PLAN_MODE_BIOS;
	FILE *out = export->out;

	if (bios && export->args->version < HAS_OVERRIDE) {
		err_set(err, ENOTSUP, "libvirt before 8.2 cannot make a card the primary VGA one");
		return err_help(err, "Take --for uefi or --for secondary.");
	}
	fprintf(out, "<domain type='kvm'%s>\n",
		bios ? " xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'" : "");
	print_machine(export);
	fputs("  <devices>\n    <controller type='pci' index='0' model='pcie-root'/>\n", out);
	for (unsigned i = 0; i < export->ports; i++)
		fprintf(out, "    <controller type='pci' index='%u' model='pcie-root-port'/>\n",
			i + 1);
	for (unsigned i = 0; i < export->count; i++)
		print_hostdev(export, &export->devs[i], i);
	fputs("    <memballoon model='none'/>\n  </devices>\n", out);
	if (bios)
		print_primary(export);
	fputs("</domain>\n", out);
	return 0;
}
