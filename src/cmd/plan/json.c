// SPDX-License-Identifier: GPL-2.0-or-later
/* A plan as JSON: docs/user/json.md describes the schema. */
#include "cmd/ui/json.h"
#include "cmd/plan/plan.h"
#include "cmd/source/reading.h"

static struct json_object *device_json(struct planning *planning, const struct plan_device *device)
{
	const struct host *host = &planning->view.host;
	const struct host_dev *dev = &host->devs[device->dev];
	struct json_object *json = json_object_new_object();
	char name[PCI_NAME_SIZE];

	json_add_text(json, "address", device->name);
	json_add_text(json, "name", view_name(&planning->view, dev, name));
	json_add_text(json, "part", plan_part_name(device->part));
	if (device->part == PLAN_ASKED)
		json_add_null(json, "with");
	else
		json_add_addr(json, "with", host->devs[device->with].addr);
	json_add_text(json, "driver_now", dev->driver);
	json_add_text(json, "driver", device->driver);
	json_add_bool(json, "ready", device->ready);
	return json;
}

static struct json_object *op_json(const struct plan_op *op)
{
	struct json_object *json = json_object_new_object();
	char words[512];

	json_add_text(json, "kind", plan_kind_name(op->kind));
	json_add_text(json, "device", op->device);
	json_add_text(json, "file", op->file);
	json_add_text(json, "value", op->value);
	json_add_text(json, "driver", op->driver);
	json_add_text(json, "words", plan_op_words(op, words, sizeof(words)));
	json_add_text(json, "why", op->why);
	return json;
}

static struct json_object *objection_json(const struct plan_objection *objection)
{
	struct json_object *json = json_object_new_object();

	json_add_text(json, "code", plan_objection_name(objection->kind));
	json_add_text(json, "device", objection->device);
	json_add_text(json, "text", objection->text);
	json_add_text(json, "help", objection->help);
	json_add_bool(json, "forceable", objection->forceable);
	return json;
}

struct json_object *plan_objections_json(const struct plan *plan)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < plan->nr_objections; i++)
		json_object_array_add(list, objection_json(&plan->objections[i]));
	return list;
}

static struct json_object *boot_json(const struct plan_boot *boot)
{
	struct json_object *json = json_object_new_object();

	json_add_text(json, "device", boot->device);
	json_add_text(json, "mode", plan_mode_name(boot->mode));
	if (boot->rom_known) {
		json_add_bool(json, "efi", boot->efi);
		json_add_bool(json, "bios", boot->bios);
	} else {
		json_add_null(json, "efi");
		json_add_null(json, "bios");
	}
	json_add_text(json, "why", boot->why);
	return json;
}

static struct json_object *note_json(const struct plan_note *note)
{
	struct json_object *json = json_object_new_object();

	json_add_text(json, "device", note->device);
	json_add_text(json, "text", note->text);
	return json;
}

struct json_object *plan_json(struct planning *planning)
{
	const struct plan *plan = &planning->plan;
	struct json_object *json = json_object_new_object();
	struct json_object *devices = json_object_new_array();
	struct json_object *boots = json_object_new_array();
	struct json_object *ops = json_object_new_array();
	struct json_object *notes = json_object_new_array();

	for (unsigned i = 0; i < plan->nr_devices; i++)
		json_object_array_add(devices, device_json(planning, &plan->devices[i]));
	for (unsigned i = 0; i < plan->nr_boot; i++)
		json_object_array_add(boots, boot_json(&plan->boots[i]));
	for (unsigned i = 0; i < plan->nr_ops; i++)
		json_object_array_add(ops, op_json(&plan->ops[i]));
	for (unsigned i = 0; i < plan->nr_notes; i++)
		json_object_array_add(notes, note_json(&plan->notes[i]));
	json_add(json, "devices", devices);
	json_add(json, "boot", boots);
	json_add(json, "objections", plan_objections_json(plan));
	json_add(json, "notes", notes);
	json_add(json, "operations", ops);
	reading_add_json(&planning->view.host, json);
	json_add_text(json, "run_after", plan->after);
	return json;
}
