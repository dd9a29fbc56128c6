// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon rom --json`: docs/json.md describes the schema. */
#include <stdio.h>

#include "base/bytes.h"
#include "cmd/cmd.h"
#include "cmd/rom.h"

static void add(struct json_object *to, const char *key, struct json_object *value)
{
	json_object_object_add(to, key, value);
}

static void add_number(struct json_object *to, const char *key, s64 value)
{
	add(to, key, json_object_new_int64(value));
}

static void add_bool(struct json_object *to, const char *key, bool value)
{
	add(to, key, json_object_new_boolean(value));
}

static void add_text(struct json_object *to, const char *key, const char *value)
{
	add(to, key, value ? json_object_new_string(value) : NULL);
}

static struct json_object *hex(u32 value, int digits)
{
	char text[16];

	snprintf(text, sizeof(text), "%0*x", digits, value);
	return json_object_new_string(text);
}

static struct json_object *efi_json(const struct rom_image *image)
{
	const char *machine = rom_machine_name(image->efi.machine);
	struct json_object *efi = json_object_new_object();
	char number[8];

	snprintf(number, sizeof(number), "0x%04x", image->efi.machine);
	add_text(efi, "machine", machine ? machine : number);
	add_number(efi, "subsystem", image->efi.subsystem);
	add_bool(efi, "compressed", image->efi.compression == 1);
	add_number(efi, "compression", image->efi.compression);
	add_number(efi, "pe_offset", image->efi.pe_offset);
	return efi;
}

static struct json_object *pcir_json(const struct rom_image *image)
{
	struct json_object *pcir = json_object_new_object();

	add_number(pcir, "offset", image->pcir_offset);
	add_number(pcir, "size", image->pcir_size);
	add_number(pcir, "revision", image->pcir_revision);
	add_number(pcir, "code_type", image->code_byte);
	add_number(pcir, "image_length", image->pcir_length);
	add_bool(pcir, "last", image->pcir_last);
	add_number(pcir, "runtime_length", image->runtime_length);
	add_number(pcir, "config_utility", image->config_utility);
	add_number(pcir, "clp_entry", image->clp_entry);
	return pcir;
}

static struct json_object *npde_json(const struct rom_npde *npde)
{
	struct json_object *object = json_object_new_object();

	add_number(object, "revision", npde->revision);
	add_number(object, "length", npde->length);
	add(object, "last", npde->has_last ? json_object_new_boolean(npde->last) : NULL);
	return object;
}

static struct json_object *devices_json(const struct rom_image *image)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < image->device_count; i++)
		json_object_array_add(list, hex(image->devices[i], 4));
	return list;
}

static struct json_object *image_json(const struct rom_image *image)
{
	struct json_object *object = json_object_new_object();
	bool pcir = image->has_pcir;

	add_number(object, "offset", image->offset);
	add_number(object, "length", image->length);
	add_bool(object, "truncated", image->truncated);
	add_bool(object, "found_by_scan", image->by_scan);
	add(object, "signature", hex(image->signature, 4));
	add_text(object, "code_type", rom_code_name(image->code));
	add(object, "vendor", pcir ? hex(image->vendor, 4) : NULL);
	add(object, "device", pcir ? hex(image->device, 4) : NULL);
	add(object, "class", pcir ? hex(image->class, 6) : NULL);
	add(object, "revision", pcir ? hex(image->revision, 4) : NULL);
	add(object, "device_list", devices_json(image));
	add_number(object, "init_length", image->init_length);
	add_bool(object, "last", image->last);
	add(object, "checksum_ok", image->has_sum ? json_object_new_boolean(!image->sum) : NULL);
	add(object, "efi", image->has_efi ? efi_json(image) : NULL);
	add(object, "pcir", pcir ? pcir_json(image) : NULL);
	add(object, "npde", image->npde.present ? npde_json(&image->npde) : NULL);
	return object;
}

static struct json_object *problems_json(const struct rom *rom, enum rom_level level)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < rom->problem_count; i++) {
		const struct rom_problem *problem = &rom->problems[i];
		struct json_object *object;

		if (problem->level != level)
			continue;
		object = json_object_new_object();
		add_text(object, "code", problem->code);
		add(object, "image",
			problem->image < 0 ? NULL : json_object_new_int(problem->image));
		add_number(object, "offset", problem->offset);
		add_text(object, "text", problem->text);
		json_object_array_add(list, object);
	}
	return list;
}

static struct json_object *source_json(const struct rom_source *source)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "kind", rom_origin_name(source->origin));
	add_text(object, "name", source->name);
	add_text(object, "remark", source->remark[0] ? source->remark : NULL);
	return object;
}

static struct json_object *target_json(const struct rom_source *source)
{
	struct json_object *object = json_object_new_object();

	add(object, "vendor", hex(source->target.vendor, 4));
	add(object, "device", hex(source->target.device, 4));
	add(object, "class", hex(source->target.class, 6));
	return object;
}

static void add_verdicts(struct json_object *to, const struct rom_source *source)
{
	struct json_object *boots = json_object_new_object(), *why = json_object_new_object();
	struct rom_verdict bios, efi;

	rom_verdict_bios(&source->rom, source->has_target ? &source->target : NULL, &bios);
	rom_verdict_efi(&source->rom, ROM_MACHINE_X64, &efi);
	add_bool(boots, "bios", bios.boots);
	add_bool(boots, "efi", efi.boots);
	add_text(why, "bios", bios.why);
	add_text(why, "efi", efi.why);
	add(to, "boots", boots);
	add(to, "why", why);
}

struct json_object *rom_json(const struct rom_source *source)
{
	struct json_object *object = json_object_new_object(), *wrapper = json_object_new_object();
	struct json_object *images = json_object_new_array();
	const struct rom *rom = &source->rom;

	add(object, "source", source_json(source));
	add(object, "target", source->has_target ? target_json(source) : NULL);
	add_number(object, "size", source->size);
	add_text(wrapper, "kind", rom_wrapper_name(rom->wrapper));
	add_number(wrapper, "offset", rom->base);
	add(wrapper, "nvgi_version",
		rom->wrapper == ROM_WRAPPER_NVGI ? json_object_new_int(rom->nvgi_version) : NULL);
	add(object, "wrapper", wrapper);
	add_bool(object, "scanned", rom->scanned);
	for (unsigned i = 0; i < rom->image_count; i++)
		json_object_array_add(images, image_json(&rom->images[i]));
	add(object, "images", images);
	add_verdicts(object, source);
	add(object, "problems", problems_json(rom, ROM_PROBLEM));
	add(object, "notes", problems_json(rom, ROM_NOTE));
	return object;
}

void rom_print_json(struct json_object *object)
{
	puts(json_object_to_json_string_ext(
		object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}
