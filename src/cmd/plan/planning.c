// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/plan/plan.h"
#include "host/scan/modules.h"
#include "host/scan/uses.h"

int plan_apply_mode(void *mode, char *value, struct err *err)
{
	if (!plan_mode_find(value, mode))
		return 0;
	return err_set(err, EINVAL, "--for is auto, uefi, bios or secondary, not '%s'", value);
}

int plan_apply_user(void *target, char *value, struct err *err)
{
	struct plan_request *request = target;
	const struct passwd *entry = getpwnam(value);

	if (!entry)
		return err_set(err, ENOENT, "--for-user: there is no user %s", value);
	/* The name becomes part of a rule of udev's. */
	if (strpbrk(value, "\"\\$% \n"))
		return err_set(
			err, EINVAL, "--for-user: a rule of udev's cannot have the name %s", value);
	request->user = value;
	request->uid = entry->pw_uid;
	return 0;
}

int plan_apply_driver(void *driver, char *value, struct err *err)
{
	/* The name becomes part of a path. */
	if (*value == '.' || strchr(value, '/'))
		return err_set(err, EINVAL, "--driver: '%s' is not the name of a driver", value);
	*(const char **)driver = value;
	return 0;
}

int plan_devices(struct plan_args *args, char **words, unsigned nr, struct err *err)
{
	int ret = 0;

	args->devices = calloc(nr + 1, sizeof(*args->devices));
	if (!args->devices)
		return err_sys(err, ENOMEM, "cannot hold the addresses");
	for (unsigned i = 0; i < nr && !ret; i++)
		ret = source_slot(words[i], &args->devices[i], err);
	args->request.devices = args->devices;
	args->request.count = nr;
	return ret;
}

void plan_args_close(struct plan_args *args)
{
	free(args->devices);
	args->devices = NULL;
}

/* Scans what is only in files, not in the output of lspci. */
static int scan_more(struct planning *planning, struct err *err)
{
	struct view *view = &planning->view;
	int ret = scan_uses(&planning->uses, &view->host, &view->sysroot);

	planning->files = true;
	if (!ret)
		ret = scan_modules(&planning->modules, &view->host, &view->sysroot);
	return ret ? err_sys(err, -ret, "cannot hold what uses the devices") : 0;
}

int planning_look(
	struct planning *planning, const struct source_args *source, bool predict, struct err *err)
{
	int ret;

	*planning = (struct planning){ 0 };
	ret = view_open(&planning->view, source, predict, err);
	if (!ret && !source->scan.lspci)
		ret = scan_more(planning, err);
	return ret;
}

int planning_make(struct planning *planning, const struct plan_request *request, struct err *err)
{
	int ret = planning_read_roms(planning, request);

	if (!ret) {
		const struct plan_facts facts = {
			.host = &planning->view.host,
			.uses = planning->files ? &planning->uses : NULL,
			.modules = planning->files ? &planning->modules : NULL,
			.roms = planning->roms,
			.nr_roms = planning->nr_roms,
		};

		ret = plan_bind(&planning->plan, &facts, request);
	}
	return ret ? err_sys(err, -ret, "cannot make a plan") : 0;
}

/* Writes the addresses of a slot's functions to @to. Returns their number. */
static unsigned slot_functions(const struct host *host, struct pci_addr slot, struct pci_addr *to)
{
	unsigned nr = 0;

	for (slot.fn = 0; slot.fn < 8; slot.fn++)
		if (host_find(host, slot) != HOST_NONE)
			to[nr++] = slot;
	return nr;
}

/* Copies the requested devices, with slots replaced by their functions. */
static int expand_slots(
	struct planning *planning, const struct plan_request *request, struct err *err)
{
	unsigned nr = 0;

	planning->asked = calloc(8 * request->count + 1, sizeof(*planning->asked));
	if (!planning->asked)
		return err_sys(err, ENOMEM, "cannot hold the addresses");
	planning->request = *request;
	for (unsigned i = 0; i < request->count; i++) {
		struct pci_addr addr = request->devices[i];
		unsigned before = nr;

		if (addr.fn == PCI_ADDR_WHOLE_SLOT)
			nr += slot_functions(&planning->view.host, addr, planning->asked + nr);
		else
			planning->asked[nr++] = addr;
		if (nr == before)
			return err_set(err, ENODEV,
				"%s has no PCI function in the slot %04x:%02x:%02x",
				planning->view.host.origin, addr.domain, addr.bus, addr.dev);
	}
	planning->request.devices = planning->asked;
	planning->request.count = nr;
	return 0;
}

int planning_open(struct planning *planning, const struct plan_args *args, struct err *err)
{
	int ret = planning_look(planning, &args->source, false, err);

	if (!ret)
		ret = expand_slots(planning, &args->request, err);
	return ret ? ret : planning_make(planning, &planning->request, err);
}

void planning_close(struct planning *planning)
{
	plan_close(&planning->plan);
	free(planning->roms);
	planning->roms = NULL;
	free(planning->asked);
	planning->asked = NULL;
	view_close(&planning->view);
}
