// SPDX-License-Identifier: GPL-2.0-or-later
/* A QEMU command line, and commands of Proxmox VE, which runs QEMU. */
#include "cmd/export/export.h"

#include <string.h>

/* Writes a value for a QEMU option, in which a comma is written twice. */
static void option_value(char *to, size_t size, const char *value)
{
	size_t used = 0;

	for (; *value && used + 3 < size; value++) {
		to[used++] = *value;
		if (*value == ',')
			to[used++] = ',';
	}
	to[used] = '\0';
}

static void word_pair(FILE *out, const char *option, const char *value)
{
	fprintf(out, " \\\n  %s ", option);
	export_shell_word(out, value);
}

static void qemu_device(struct export *export, const struct export_dev *dev)
{
	char text[8192], rom[4096], addr[PCI_ADDR_SIZE];
	int n = snprintf(text, sizeof(text), "vfio-pci,host=%s,bus=port%u,addr=00.%u",
		pci_addr_text(dev->dev->addr, addr), dev->port, dev->fn);

	if (dev->multifunction)
		n += snprintf(text + n, sizeof(text) - n, ",multifunction=on");
	if (dev->gpu && export->mode == PLAN_MODE_BIOS)
		n += snprintf(text + n, sizeof(text) - n, ",x-vga=on");
	if (dev->gpu && export->mode == PLAN_MODE_SECONDARY) {
		snprintf(text + n, sizeof(text) - n, ",rombar=0");
	} else if (dev->gpu && export->args->rom) {
		option_value(rom, sizeof(rom), export->args->rom);
		snprintf(text + n, sizeof(text) - n, ",romfile=%s", rom);
	}
	word_pair(export->out, "-device", text);
}

int export_qemu(struct export *export, struct err *err)
{
	const struct export_args *args = export->args;
	FILE *out = export->out;
	char text[256];

	/* The guest gets its own copy, in which its firmware keeps its settings. */
	if (export->mode != PLAN_MODE_BIOS)
		fprintf(out, "[ -e %s_VARS.fd ] ||\n  cp " EXPORT_NVRAM " %s_VARS.fd || exit\n",
			args->name, args->name);
	fprintf(out, "qemu-system-x86_64 \\\n  -name %s", args->name);
	word_pair(out, "-machine", "q35,accel=kvm");
	word_pair(out, "-cpu", "host,kvm=off,hv-vendor-id=" EXPORT_VENDOR_ID);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)args->cpus);
	word_pair(out, "-smp", text);
	snprintf(text, sizeof(text), "%lluM", (unsigned long long)(args->memory / MIB));
	word_pair(out, "-m", text);
	fputs(" \\\n  -nodefaults", out);
	word_pair(out, "-vga", "none");
	word_pair(out, "-display", "none");
	if (export->mode != PLAN_MODE_BIOS) {
		word_pair(out, "-drive", "if=pflash,format=raw,readonly=on,file=" EXPORT_LOADER);
		snprintf(text, sizeof(text), "if=pflash,format=raw,file=%s_VARS.fd", args->name);
		word_pair(out, "-drive", text);
	}
	for (unsigned i = 0; i < export->ports; i++) {
		snprintf(text, sizeof(text),
			"pcie-root-port,id=port%u,bus=pcie.0,chassis=%u,slot=%u", i, i + 1, i + 1);
		word_pair(out, "-device", text);
	}
	for (unsigned i = 0; i < export->count; i++)
		qemu_device(export, &export->devs[i]);
	fputc('\n', out);
	return 0;
}

static void proxmox_map(struct export *export, const struct export_dev *dev)
{
	const struct host_dev *d = dev->dev;
	char addr[PCI_ADDR_SIZE];

	fprintf(export->out, "pvesh create /cluster/mapping/pci --id %s-%02x-%02x-%u ",
		export->args->name, d->addr.bus, d->addr.dev, d->addr.fn);
	fprintf(export->out, "--map node=\"$(hostname)\",path=%s,id=%04x:%04x",
		pci_addr_text(d->addr, addr), d->vendor, d->device);
	if (d->group != HOST_NONE)
		fprintf(export->out, ",iommugroup=%d", d->group);
	if (host_knows(d, HOST_SUBSYSTEM) && d->subvendor)
		fprintf(export->out, ",subsystem-id=%04x:%04x", d->subvendor, d->subdevice);
	fputc('\n', export->out);
}

int export_proxmox(struct export *export, struct err *err)
{
	FILE *out = export->out;

	for (unsigned i = 0; i < export->count; i++)
		proxmox_map(export, &export->devs[i]);
	fprintf(out, "# VMID: the guest's number%s\n",
		export->args->rom ? "; the ROM lies in /usr/share/kvm" : "");
	fprintf(out, "qm set \"$VMID\" --machine q35 --bios %s --memory %llu --cores %llu\n",
		export->mode == PLAN_MODE_BIOS ? "seabios" : "ovmf",
		(unsigned long long)(export->args->memory / MIB),
		(unsigned long long)export->args->cpus);
	for (unsigned i = 0; i < export->count; i++) {
		const struct export_dev *dev = &export->devs[i];
		const char *rom = export->args->rom;

		fprintf(out, "qm set \"$VMID\" --hostpci%u mapping=%s-%02x-%02x-%u,pcie=1", i,
			export->args->name, dev->dev->addr.bus, dev->dev->addr.dev,
			dev->dev->addr.fn);
		if (dev->gpu && export->mode == PLAN_MODE_BIOS)
			fputs(",x-vga=1", out);
		if (dev->gpu && export->mode == PLAN_MODE_SECONDARY)
			fputs(",rombar=0", out);
		else if (dev->gpu && rom) {
			fputs(",romfile=", out);
			export_shell_word(out, strrchr(rom, '/') ? strrchr(rom, '/') + 1 : rom);
		}
		fputc('\n', out);
	}
	return 0;
}
