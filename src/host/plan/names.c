// SPDX-License-Identifier: GPL-2.0-or-later
/* The stable names of the parts of a plan, and descriptions of operations. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/plan/plan.h"

static const char *const kind_names[] = {
	[PLAN_MODULE] = "module",
	[PLAN_WRITE] = "write",
	[PLAN_UNBIND] = "unbind",
	[PLAN_KEEP] = "keep",
	[PLAN_BIND] = "bind",
	[PLAN_CHECK] = "check",
	[PLAN_FILE] = "file",
	[PLAN_RESET] = "reset",
	[PLAN_POOL] = "pool",
	[PLAN_OWNER] = "owner",
	[PLAN_SERVICE] = "service",
	[PLAN_IDLE] = "idle",
	[PLAN_UNLOAD] = "unload",
};

static const char *const mode_names[] = {
	[PLAN_MODE_AUTO] = "auto",
	[PLAN_MODE_UEFI] = "uefi",
	[PLAN_MODE_BIOS] = "bios",
	[PLAN_MODE_SECONDARY] = "secondary",
	[PLAN_MODE_UNKNOWN] = "unknown",
};

const char *plan_kind_name(enum plan_kind kind)
{
	return kind_names[kind];
}

int plan_kind_find(const char *name, enum plan_kind *kind)
{
	for (unsigned i = 0; i < ARRAY_SIZE(kind_names); i++) {
		if (!strcmp(kind_names[i], name)) {
			*kind = i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *plan_mode_name(enum plan_mode mode)
{
	return mode_names[mode];
}

int plan_mode_find(const char *name, enum plan_mode *mode)
{
	for (unsigned i = 0; i < PLAN_MODE_UNKNOWN; i++) {
		if (!strcmp(mode_names[i], name)) {
			*mode = i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *plan_part_name(enum plan_part part)
{
	static const char *const names[] = {
		[PLAN_ASKED] = "asked",
		[PLAN_GROUP] = "group",
		[PLAN_SLOT] = "slot",
	};

	return names[part];
}

const char *plan_objection_name(enum plan_objection_kind kind)
{
	static const char *const names[] = {
		[PLAN_NO_DEVICE] = "no-device",
		[PLAN_NOT_ASSIGNABLE] = "not-assignable",
		[PLAN_NO_IOMMU] = "no-iommu",
		[PLAN_GROUP_UNKNOWN] = "group-unknown",
		[PLAN_BEHIND_VMD] = "behind-vmd",
		[PLAN_ASLEEP] = "asleep",
		[PLAN_GONE] = "gone",
		[PLAN_GUEST] = "guest",
		[PLAN_HAS_VFS] = "has-vfs",
		[PLAN_BOOT_VGA] = "boot-vga",
		[PLAN_MOUNTED] = "mounted",
		[PLAN_ROOT_UNKNOWN] = "root-unknown",
		[PLAN_DEFAULT_ROUTE] = "default-route",
		[PLAN_IN_USE] = "in-use",
		[PLAN_ROM_MODE] = "rom-mode",
		[PLAN_NO_PERSIST] = "no-persist",
		[PLAN_NO_RESET] = "no-reset",
	};

	return names[kind];
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *plan_op_words(const struct plan_op *op, char *text, size_t size)
{
	switch (op->kind) {
	case PLAN_MODULE:
		snprintf(text, size, "load the driver %s", op->value);
		break;
	case PLAN_WRITE:
		/*
		 * Show .../power/control with its directory, because other things have a `control`,
		 * too.
		 */
		snprintf(text, size, "%s%sset %s%s to %s", op->device ? op->device : "",
			op->device ? ": " : "", strstr(op->file, "/power/") ? "power/" : "",
			last_part(op->file), op->value);
		break;
	case PLAN_UNBIND:
		snprintf(text, size, "%s: leave the driver %s", op->device,
			op->driver ? op->driver : "that it has");
		break;
	case PLAN_KEEP:
		snprintf(text, size, "%s: note its registers", op->device);
		break;
	case PLAN_BIND:
		snprintf(text, size, "%s: go to the driver %s", op->device, op->driver);
		break;
	case PLAN_CHECK:
		snprintf(text, size, "check that group %s is whole", last_part(op->file));
		break;
	case PLAN_FILE:
		snprintf(text, size, "make the file %s", op->file);
		break;
	case PLAN_RESET:
		snprintf(text, size, "%s: reset", op->device);
		break;
	case PLAN_POOL:
		snprintf(text, size, "have the host keep %s huge pages", op->value);
		break;
	case PLAN_OWNER:
		if (strncmp(op->file, "/dev/", strlen("/dev/")))
			snprintf(text, size, "%s: its own VFIO file is user %s's", op->device,
				op->value);
		else
			snprintf(text, size, "%s is user %s's", op->file, op->value);
		break;
	case PLAN_SERVICE:
		snprintf(text, size, "stop %s", op->value);
		break;
	case PLAN_IDLE:
		snprintf(text, size, "%s: wait until no program has it open", op->device);
		break;
	case PLAN_UNLOAD:
		snprintf(text, size, "unload the module %s", op->value);
		break;
	}
	return text;
}
