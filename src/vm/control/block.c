// SPDX-License-Identifier: GPL-2.0-or-later
/* query-block, query-blockstats, eject, blockdev-open-tray, blockdev-close-tray: disks are disk0,
 * cd1, ... */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "vm/block/file.h"
#include "vm/control/internal.h"

#define NAME_SIZE 24

static bool look(
	struct control *control, unsigned n, struct control_block *block, char name[NAME_SIZE])
{
	*block = (struct control_block){ 0 };
	if (!control->ops->block(control->owner, n, block))
		return false;
	snprintf(name, NAME_SIZE, "%s%u", block->removable ? "cd" : "disk", n);
	return true;
}

static struct json_object *block_json(const struct control_block *block, const char *name)
{
	struct json_object *json = json_object_new_object(), *medium;

	json_object_object_add(json, "device", json_object_new_string(name));
	json_object_object_add(json, "type", json_object_new_string("unknown"));
	json_object_object_add(json, "removable", json_object_new_boolean(block->removable));
	json_object_object_add(json, "locked", json_object_new_boolean(block->locked));
	if (block->removable)
		json_object_object_add(
			json, "tray_open", json_object_new_boolean(block->tray_open));
	if (!block->file)
		return json;
	medium = json_object_new_object();
	json_object_object_add(medium, "file", json_object_new_string(block->file));
	json_object_object_add(medium, "ro", json_object_new_boolean(block->read_only));
	json_object_object_add(
		medium, "drv", json_object_new_string(block->format ? block->format : "raw"));
	json_object_object_add(medium, "encrypted", json_object_new_boolean(false));
	json_object_object_add(json, "inserted", medium);
	return json;
}

struct json_object *command_query_block(struct control_call *call)
{
	struct json_object *list = json_object_new_array();
	struct control_block block;
	char name[NAME_SIZE];

	for (unsigned i = 0; look(call->control, i, &block, name); i++)
		json_object_array_add(list, block_json(&block, name));
	return list;
}

/* Names and units are QEMU's; operations that failed are not told from each other here. */
static struct json_object *counts_json(const struct block_counts *counts)
{
	const struct {
		const char *name;
		const u64 *value;
	} members[] = {
		{ "rd_bytes", &counts->read_bytes },
		{ "wr_bytes", &counts->written_bytes },
		{ "unmap_bytes", &counts->discarded_bytes },
		{ "rd_operations", &counts->reads },
		{ "wr_operations", &counts->writes },
		{ "flush_operations", &counts->flushes },
		{ "unmap_operations", &counts->discards },
		{ "x-tenon-failed-operations", &counts->failed },
	};
	struct json_object *json = json_object_new_object();

	for (unsigned i = 0; i < ARRAY_SIZE(members); i++)
		json_object_object_add(json, members[i].name,
			json_object_new_int64(
				(s64)__atomic_load_n(members[i].value, __ATOMIC_RELAXED)));
	return json;
}

struct json_object *command_query_blockstats(struct control_call *call)
{
	struct json_object *list = json_object_new_array(), *json;
	struct control_block block;
	char name[NAME_SIZE];

	for (unsigned i = 0; look(call->control, i, &block, name); i++) {
		if (!block.counts)
			continue;
		json = json_object_new_object();
		json_object_object_add(json, "device", json_object_new_string(name));
		json_object_object_add(json, "stats", counts_json(block.counts));
		json_object_array_add(list, json);
	}
	return list;
}

/* The number of the drive that is named; -1 with an error set. */
static int find(struct control_call *call)
{
	const char *id = call_text(call, "id"), *device = call_text(call, "device");
	const char *wanted = id ? id : device;
	struct control_block block;
	char name[NAME_SIZE];

	if (!wanted || (id && device)) {
		err_set(&call->err, EINVAL, "Need exactly one of 'device' and 'id'");
		return -1;
	}
	for (unsigned i = 0; look(call->control, i, &block, name); i++) {
		if (strcmp(name, wanted))
			continue;
		if (block.removable)
			return (int)i;
		err_set(&call->err, EINVAL, "Device '%s' is not removable", name);
		return -1;
	}
	call->class = "DeviceNotFound";
	err_set(&call->err, ENODEV, "Device '%.60s' not found", wanted);
	return -1;
}

static struct json_object *move_tray(struct control_call *call, bool open, bool force)
{
	int n = find(call);
	int ret = n < 0 ? 0
			: call->control->ops->tray(call->control->owner, (unsigned)n, open, force);

	if (ret == -EBUSY)
		err_set(&call->err, EBUSY,
			"Device 'cd%d' is locked and force was not specified, wait for tray to "
			"open and try again",
			n);
	else if (ret)
		err_sys(&call->err, -ret, "the drive does not answer; ask again");
	return NULL;
}

struct json_object *command_eject(struct control_call *call)
{
	return move_tray(call, true, call_flag(call, "force"));
}

struct json_object *command_close_tray(struct control_call *call)
{
	return move_tray(call, false, false);
}
