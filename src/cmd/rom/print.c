// SPDX-License-Identifier: GPL-2.0-or-later
/* The text output of `tenon rom`. */
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/rom/rom.h"
#include "cmd/ui/term.h"

#define INDENT 13 /* columns before a value, for its name */

static const char *origin_text(enum rom_origin origin)
{
	switch (origin) {
	case ROM_FROM_FILE:
		return NULL;
	case ROM_FROM_DEVICE:
		return "the card's ROM BAR";
	case ROM_FROM_SHADOW:
		return "the shadow copy at C0000h, which has changed since boot: not the card's "
		       "ROM";
	case ROM_FROM_VFCT:
		return "the ACPI table VFCT";
	}
	return NULL;
}

static const char *container_text(enum rom_wrapper wrapper)
{
	switch (wrapper) {
	case ROM_WRAPPER_VFCT:
		return "ACPI table VFCT";
	case ROM_WRAPPER_FIRMWARE:
		return "mainboard firmware";
	case ROM_WRAPPER_UNKNOWN:
		return "unknown";
	case ROM_WRAPPER_NONE:
	case ROM_WRAPPER_NVGI:
	case ROM_WRAPPER_TEXT:
		break;
	}
	return NULL;
}

static void print_source(const struct term *term, const struct rom_source *source)
{
	const struct rom *rom = &source->rom;
	const char *origin = origin_text(source->origin);
	FILE *out = term->out;

	term_print(term, STRONG, "%s", source->name);
	fprintf(out, ": %zu bytes, %u image%s\n", source->size, rom->nr_images,
		rom->nr_images == 1 ? "" : "s");
	if (origin)
		term_paragraph(term, "  Source     ", INDENT, origin);
	if (source->remark[0])
		term_paragraph(term, "  Remark     ", INDENT, source->remark);
	if (source->has_target)
		fprintf(out, "  Device     %04x:%04x, class %06x\n", source->target.vendor,
			source->target.device, source->target.class);
	if (rom->wrapper == ROM_WRAPPER_NVGI)
		fprintf(out, "  Container  NVGI version %u, images from %#x\n", rom->nvgi_version,
			rom->base);
	else if (container_text(rom->wrapper))
		fprintf(out, "  Container  %s, images from %#x\n", container_text(rom->wrapper),
			rom->base);
	if (source->form)
		fprintf(out, "  Form       %s\n", source->form);
	if (source->kind)
		fprintf(out, "  File       %s\n", source->kind->what);
}

/* Prints all ROMs of a file that has several. */
static void print_set(const struct term *term, const struct rom_source *source)
{
	const struct rom_set *set = &source->set;
	FILE *out = term->out;

	if (!set->nr_entries || (set->nr_entries < 2 && set->wrapper == ROM_WRAPPER_NONE))
		return;
	fprintf(out, "\n  ROMs in the file\n");
	for (unsigned i = 0; i < set->nr_entries; i++) {
		const struct rom_entry *entry = &set->entries[i];

		fprintf(out, "  %s ", (int)i == source->chosen ? ">" : " ");
		if (entry->has_ids)
			fprintf(out, "%04x:%04x", entry->vendor, entry->device);
		else
			fprintf(out, "no ids   ");
		fprintf(out, " at %#x%s, %u bytes%s%s", entry->offset,
			entry->decompressed ? " of decompressed data" : "",
			entry->end - entry->offset, entry->bios ? ", bios" : "",
			entry->efi ? ", efi" : "");
		if (entry->has_address)
			fprintf(out, ", for %02x:%02x.%x", entry->bus, entry->dev, entry->fn);
		fprintf(out, "\n");
	}
}

static void print_driver(FILE *out, const struct rom_driver *driver)
{
	const char *machine = rom_machine_name(driver->machine);

	if (!driver->read)
		return;
	if (driver->loads)
		fprintf(out, "    Driver   machine %s, subsystem %u, %u bytes\n",
			machine ? machine : "unknown", driver->subsystem, driver->size);
	else
		fprintf(out, "    Driver   %s\n", driver->wrong);
}

static void print_efi(FILE *out, const struct rom_efi *efi)
{
	const char *machine = rom_machine_name(efi->machine);
	const char *subsystem = rom_subsystem_name(efi->subsystem);

	fprintf(out, "    EFI      machine ");
	if (machine)
		fprintf(out, "%s", machine);
	else
		fprintf(out, "%04xh (unknown)", efi->machine);
	fprintf(out, ", subsystem %u (%s), ", efi->subsystem, subsystem ? subsystem : "unknown");
	if (efi->compression > 1)
		fprintf(out, "compression type %u", efi->compression);
	else
		fprintf(out, "%s", efi->compression ? "compressed" : "not compressed");
	fprintf(out, ", driver at %#x\n", efi->pe_offset);
	print_driver(out, &efi->driver);
}

static void print_npde(FILE *out, const struct rom_npde *npde)
{
	const char *last = !npde->has_last ? "" : npde->last ? ", last" : ", more follow";

	fprintf(out, "    NPDE     revision %x.%x, image of %u bytes%s\n", npde->revision >> 8,
		npde->revision & 0xff, npde->length, last);
}

static void print_pcir(FILE *out, const struct rom_image *image)
{
	fprintf(out, "    Ids      %04x:%04x, class %06x, code revision %04x, code type %02x\n",
		image->vendor, image->device, image->class, image->revision, image->code_byte);
	if (image->nr_devices) {
		fprintf(out, "    Also for");
		for (unsigned i = 0; i < image->nr_devices; i++)
			fprintf(out, " %04x", image->devices[i]);
		fprintf(out, "\n");
	}
	fprintf(out, "    PCIR     at %#x, revision %u, image of %u bytes%s\n", image->pcir_offset,
		image->pcir_revision, image->pcir_length, image->pcir_last ? ", last" : "");
	if (image->runtime_length)
		fprintf(out, "    Runtime  at most %u bytes\n", image->runtime_length);
	if (image->config_utility)
		fprintf(out, "    Setup    configuration utility at %#x\n", image->config_utility);
	if (image->clp_entry)
		fprintf(out, "    CLP      entry at %#x\n", image->clp_entry);
}

static void print_image(const struct term *term, unsigned n, const struct rom_image *image)
{
	FILE *out = term->out;

	fprintf(out, "\n  ");
	term_print(term, STRONG, "Image %u: %s", n, rom_code_name(image->code));
	fprintf(out, " at %#x, %u bytes%s%s%s%s\n", image->offset, image->length,
		image->truncated ? ", cut off" : "", image->by_scan ? ", found by scanning" : "",
		image->behind_last ? ", not reached" : "", image->last ? ", last" : "");
	if (image->shadow)
		fprintf(out, "    Shadow   a copy that has run, not what the card has\n");
	if (image->has_pcir)
		print_pcir(out, image);
	else
		fprintf(out, "    PCIR     none\n");
	if (image->npde.present)
		print_npde(out, &image->npde);
	if (image->has_sum) {
		fprintf(out, "    Checksum ");
		if (image->sum)
			term_print(term, BAD, "wrong, the bytes add up to %02x", image->sum);
		else
			term_print(term, GOOD, "right");
		fprintf(out, "\n");
	}
	if (image->has_efi)
		print_efi(out, &image->efi);
}

static void print_verdict(
	const struct term *term, const char *who, const struct rom_verdict *verdict)
{
	char text[sizeof(verdict->why) + 32];

	fprintf(term->out, "  ");
	term_print(term, verdict->boots ? GOOD : DOUBTFUL, "%-10s", who);
	snprintf(text, sizeof(text), "%s: %s", verdict->boots ? "uses it" : "does not use it",
		verdict->why);
	term_paragraph(term, " ", INDENT, text);
}

static void print_problems(
	const struct term *term, const struct rom *rom, enum rom_level level, const char *title)
{
	bool first = true;

	for (unsigned i = 0; i < rom->nr_problems; i++) {
		const struct rom_problem *problem = &rom->problems[i];
		char text[sizeof(problem->text) + 32];

		if (problem->level != level)
			continue;
		if (first) {
			fprintf(term->out, "\n  ");
			term_print(term, level == ROM_PROBLEM ? BAD : FAINT, "%s", title);
			fprintf(term->out, "\n");
		}
		first = false;
		snprintf(text, sizeof(text), "image %d: %s", problem->image, problem->text);
		term_paragraph(term, "    ", 6, problem->image < 0 ? problem->text : text);
	}
}

void rom_print(const struct rom_source *source)
{
	struct term term = term_of(stdout);
	const struct rom *rom = &source->rom;
	struct rom_verdict bios, efi;

	print_source(&term, source);
	print_set(&term, source);
	for (unsigned i = 0; i < rom->nr_images; i++)
		print_image(&term, i, &rom->images[i]);
	rom_verdict_bios(rom, source->has_target ? &source->target : NULL, &bios);
	rom_verdict_efi(rom, ROM_MACHINE_X64, &efi);
	printf("\n");
	print_verdict(&term, "SeaBIOS", &bios);
	print_verdict(&term, "OVMF", &efi);
	print_problems(&term, rom, ROM_PROBLEM, "Problems");
	print_problems(&term, rom, ROM_NOTE, "Notes");
}

int rom_exit_code(const struct rom_source *source)
{
	struct rom_verdict bios, efi;

	if (rom_has_problems(&source->rom))
		return EXIT_FINDINGS;
	if (!source->has_target)
		return EXIT_FINE;
	rom_verdict_bios(&source->rom, &source->target, &bios);
	rom_verdict_efi(&source->rom, ROM_MACHINE_X64, &efi);
	return bios.boots || efi.boots ? EXIT_FINE : EXIT_FINDINGS;
}
