// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon rom --json`: docs/user/json.md describes the schema. */
#include <stdio.h>

#include "base/bytes.h"
#include "cmd/rom/rom.h"
#include "cmd/ui/json.h"

static struct json_object *hex(u32 value, int digits)
{
	char text[16];

	snprintf(text, sizeof(text), "%0*x", digits, value);
	return json_object_new_string(text);
}

static void add_machine(struct json_object *to, u16 machine)
{
	const char *name = rom_machine_name(machine);
	char number[8];

	snprintf(number, sizeof(number), "0x%04x", machine);
	json_add_text(to, "machine", name ? name : number);
}

static struct json_object *driver_json(const struct rom_driver *driver)
{
	struct json_object *object = json_object_new_object();

	json_add_bool(object, "loads", driver->loads);
	add_machine(object, driver->machine);
	json_add_number(object, "subsystem", driver->subsystem);
	json_add_number(object, "size", driver->size);
	json_add_text(object, "wrong", driver->loads ? NULL : driver->wrong);
	return object;
}

static struct json_object *efi_json(const struct rom_image *image)
{
	struct json_object *efi = json_object_new_object();

	add_machine(efi, image->efi.machine);
	json_add_number(efi, "subsystem", image->efi.subsystem);
	json_add_bool(efi, "compressed", image->efi.compression == 1);
	json_add_number(efi, "compression", image->efi.compression);
	json_add_number(efi, "pe_offset", image->efi.pe_offset);
	json_add(efi, "driver", image->efi.driver.read ? driver_json(&image->efi.driver) : NULL);
	return efi;
}

static struct json_object *pcir_json(const struct rom_image *image)
{
	struct json_object *pcir = json_object_new_object();

	json_add_number(pcir, "offset", image->pcir_offset);
	json_add_number(pcir, "size", image->pcir_size);
	json_add_number(pcir, "revision", image->pcir_revision);
	json_add_number(pcir, "code_type", image->code_byte);
	json_add_number(pcir, "image_length", image->pcir_length);
	json_add_bool(pcir, "last", image->pcir_last);
	json_add_number(pcir, "runtime_length", image->runtime_length);
	json_add_number(pcir, "config_utility", image->config_utility);
	json_add_number(pcir, "clp_entry", image->clp_entry);
	return pcir;
}

static struct json_object *npde_json(const struct rom_npde *npde)
{
	struct json_object *object = json_object_new_object();

	json_add_number(object, "revision", npde->revision);
	json_add_number(object, "length", npde->length);
	json_add(object, "last", npde->has_last ? json_object_new_boolean(npde->last) : NULL);
	return object;
}

static struct json_object *devices_json(const struct rom_image *image)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < image->nr_devices; i++)
		json_object_array_add(list, hex(image->devices[i], 4));
	return list;
}

static struct json_object *image_json(const struct rom_image *image)
{
	struct json_object *object = json_object_new_object();
	bool pcir = image->has_pcir;

	json_add_number(object, "offset", image->offset);
	json_add_number(object, "length", image->length);
	json_add_bool(object, "truncated", image->truncated);
	json_add_bool(object, "found_by_scan", image->by_scan);
	json_add_bool(object, "behind_last", image->behind_last);
	json_add_bool(object, "shadow", image->shadow);
	json_add_hex(object, "signature", image->signature, 4);
	json_add_text(object, "code_type", rom_code_name(image->code));
	json_add(object, "vendor", pcir ? hex(image->vendor, 4) : NULL);
	json_add(object, "device", pcir ? hex(image->device, 4) : NULL);
	json_add(object, "class", pcir ? hex(image->class, 6) : NULL);
	json_add(object, "revision", pcir ? hex(image->revision, 4) : NULL);
	json_add(object, "device_list", devices_json(image));
	json_add_number(object, "init_length", image->init_length);
	json_add_bool(object, "last", image->last);
	json_add(object, "checksum_ok",
		image->has_sum ? json_object_new_boolean(!image->sum) : NULL);
	json_add(object, "efi", image->has_efi ? efi_json(image) : NULL);
	json_add(object, "pcir", pcir ? pcir_json(image) : NULL);
	json_add(object, "npde", image->npde.present ? npde_json(&image->npde) : NULL);
	return object;
}

static struct json_object *problems_json(const struct rom *rom, enum rom_level level)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < rom->nr_problems; i++) {
		const struct rom_problem *problem = &rom->problems[i];
		struct json_object *object;

		if (problem->level != level)
			continue;
		object = json_object_new_object();
		json_add_text(object, "code", problem->code);
		json_add(object, "image",
			problem->image < 0 ? NULL : json_object_new_int(problem->image));
		json_add_number(object, "offset", problem->offset);
		json_add_text(object, "text", problem->text);
		json_object_array_add(list, object);
	}
	return list;
}

static struct json_object *source_json(const struct rom_source *source)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "kind", rom_origin_name(source->origin));
	json_add_text(object, "name", source->name);
	json_add_text(object, "remark", source->remark[0] ? source->remark : NULL);
	return object;
}

static struct json_object *target_json(const struct rom_source *source)
{
	struct json_object *object = json_object_new_object();

	json_add_hex(object, "vendor", source->target.vendor, 4);
	json_add_hex(object, "device", source->target.device, 4);
	json_add_hex(object, "class", source->target.class, 6);
	return object;
}

static void add_verdicts(struct json_object *to, const struct rom_source *source)
{
	struct json_object *boots = json_object_new_object(), *why = json_object_new_object();
	struct rom_verdict bios, efi;

	rom_verdict_bios(&source->rom, source->has_target ? &source->target : NULL, &bios);
	rom_verdict_efi(&source->rom, ROM_MACHINE_X64, &efi);
	json_add_bool(boots, "bios", bios.boots);
	json_add_bool(boots, "efi", efi.boots);
	json_add_text(why, "bios", bios.why);
	json_add_text(why, "efi", efi.why);
	json_add(to, "boots", boots);
	json_add(to, "why", why);
}

static struct json_object *entry_json(const struct rom_entry *entry, bool chosen)
{
	struct json_object *object = json_object_new_object();
	char address[16];

	snprintf(address, sizeof(address), "%02x:%02x.%x", entry->bus, entry->dev, entry->fn);
	json_add_number(object, "offset", entry->offset);
	json_add_number(object, "length", entry->end - entry->offset);
	json_add_bool(object, "decompressed", entry->decompressed);
	json_add(object, "vendor", entry->has_ids ? hex(entry->vendor, 4) : NULL);
	json_add(object, "device", entry->has_ids ? hex(entry->device, 4) : NULL);
	json_add(object, "class", entry->has_ids ? hex(entry->class, 6) : NULL);
	json_add_bool(object, "bios", entry->bios);
	json_add_bool(object, "efi", entry->efi);
	json_add_text(object, "address", entry->has_address ? address : NULL);
	json_add_bool(object, "chosen", chosen);
	return object;
}

static struct json_object *set_json(const struct rom_source *source)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < source->set.nr_entries; i++)
		json_object_array_add(
			list, entry_json(&source->set.entries[i], (int)i == source->chosen));
	return list;
}

static struct json_object *kind_json(const struct rom_kind *kind)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "code", kind->code);
	json_add_text(object, "what", kind->what);
	json_add_text(object, "advice", kind->advice);
	return object;
}

struct json_object *rom_json(const struct rom_source *source)
{
	struct json_object *object = json_object_new_object(), *wrapper = json_object_new_object();
	struct json_object *images = json_object_new_array();
	const struct rom *rom = &source->rom;

	json_add(object, "source", source_json(source));
	json_add(object, "target", source->has_target ? target_json(source) : NULL);
	json_add_number(object, "size", source->size);
	json_add_text(wrapper, "kind", rom_wrapper_name(rom->wrapper));
	json_add_number(wrapper, "offset", rom->base);
	json_add(wrapper, "nvgi_version",
		rom->wrapper == ROM_WRAPPER_NVGI ? json_object_new_int(rom->nvgi_version) : NULL);
	json_add(object, "wrapper", wrapper);
	json_add_text(object, "form", source->form);
	json_add(object, "kind", source->kind ? kind_json(source->kind) : NULL);
	json_add(object, "roms", set_json(source));
	json_add_bool(object, "scanned", rom->scanned);
	for (unsigned i = 0; i < rom->nr_images; i++)
		json_object_array_add(images, image_json(&rom->images[i]));
	json_add(object, "images", images);
	add_verdicts(object, source);
	json_add(object, "problems", problems_json(rom, ROM_PROBLEM));
	json_add(object, "notes", problems_json(rom, ROM_NOTE));
	return object;
}
