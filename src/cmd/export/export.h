/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of `tenon export`: planned devices in the configuration formats of other programs. Each
 * format is a function that prints the plan; docs/user/export.md describes them.
 */
#ifndef CMD_EXPORT_EXPORT_H
#define CMD_EXPORT_EXPORT_H

#include <stdio.h>

#include "cmd/plan/plan.h"

struct export;

struct export_args {
	struct plan_args plan;
	const char *format;
	int (*print)(struct export *export, struct err *err);
	const char *name;
	const char *rom; /* a ROM file for the graphics card, or NULL */
	u64 memory;      /* bytes */
	u64 cpus;
	unsigned version; /* of libvirt: 1000 * major + minor */
};

/* A device in its place in the guest: behind root port @port, function @fn. */
struct export_dev {
	const struct host_dev *dev;
	const struct plan_device *planned;
	unsigned port; /* from 0 */
	unsigned fn;
	bool multifunction; /* it is function 0 of several */
	bool gpu;
};

struct export
{
	const struct export_args *args;
	struct planning *planning;
	struct export_dev *devs;
	unsigned count, ports;
	enum plan_mode mode; /* as planned; never auto */
	FILE *out;
};

int export_qemu(struct export *export, struct err *err);
int export_libvirt(struct export *export, struct err *err);
int export_kubevirt(struct export *export, struct err *err);
int export_cdi(struct export *export, struct err *err);
int export_nova(struct export *export, struct err *err);
int export_proxmox(struct export *export, struct err *err);

/* The CPUID signature that the guest sees in place of KVM's, because some drivers look for that. */
#define EXPORT_VENDOR_ID "tenon"
#define EXPORT_LOADER    "/usr/share/OVMF/OVMF_CODE_4M.fd"
#define EXPORT_NVRAM     "/usr/share/OVMF/OVMF_VARS_4M.fd"

/* Prints a word, quoted so that a shell reads it as one word. */
void export_shell_word(FILE *out, const char *word);

#endif
