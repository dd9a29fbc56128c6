// SPDX-License-Identifier: GPL-2.0-or-later
/* The text output of `tenon rom`. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/rom/rom.h"
#include "cmd/ui/term.h"

#define INDENT 13 /* columns before a value, for its name */

/*
 * Prints a row: @lead, of INDENT columns, and a value of several parts, broken at blanks to fit the
 * terminal. Without memory the parts go straight to the output.
 */
struct row {
	const struct term *term;
	const char *lead;
	FILE *out; /* takes the parts */
	char *text;
	size_t size;
};

static void row_begin(struct row *row, const struct term *term, const char *lead)
{
	*row = (struct row){ .term = term, .lead = lead };
	row->out = open_memstream(&row->text, &row->size);
	if (!row->out) {
		row->out = term->out;
		fputs(lead, term->out);
	}
}

static void row_end(struct row *row)
{
	if (row->out == row->term->out) {
		fputc('\n', row->out);
		return;
	}
	if (!fclose(row->out))
		term_paragraph(row->term, row->lead, INDENT, row->text);
	free(row->text);
}

static void print_row(const struct term *term, const char *lead, const char *fmt, ...) PRINTF(3, 4);

static void print_row(const struct term *term, const char *lead, const char *fmt, ...)
{
	struct row row;
	va_list ap;

	row_begin(&row, term, lead);
	va_start(ap, fmt);
	vfprintf(row.out, fmt, ap);
	va_end(ap);
	row_end(&row);
}

/* Prints a title, with what is known of it on the same line, or below if there is no room. */
static void print_title(const struct term *term, const char *title, const char *known)
{
	term_print(term, STRONG, "%s", title);
	if (term_width_of(known) > term_left(term, term_width_of(title)))
		term_paragraph(term, "\n    ", 4, known + strspn(known, ": "));
	else
		fprintf(term->out, "%s\n", known);
}

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
	char size[64];

	snprintf(size, sizeof(size), ": %zu bytes, %u image%s", source->size, rom->nr_images,
		rom->nr_images == 1 ? "" : "s");
	print_title(term, source->name, size);
	if (origin)
		term_paragraph(term, "  Source     ", INDENT, origin);
	if (source->remark[0])
		term_paragraph(term, "  Remark     ", INDENT, source->remark);
	if (source->has_target)
		print_row(term, "  Device     ", "%04x:%04x, class %06x", source->target.vendor,
			source->target.device, source->target.class);
	if (rom->wrapper == ROM_WRAPPER_NVGI)
		print_row(term, "  Container  ", "NVGI version %u, images from %#x",
			rom->nvgi_version, rom->base);
	else if (container_text(rom->wrapper))
		print_row(term, "  Container  ", "%s, images from %#x",
			container_text(rom->wrapper), rom->base);
	if (source->form)
		term_paragraph(term, "  Form       ", INDENT, source->form);
	if (source->kind)
		term_paragraph(term, "  File       ", INDENT, source->kind->what);
}

static void print_entry(const struct term *term, const struct rom_entry *entry, bool chosen)
{
	struct row row;
	char lead[INDENT + 2] = "";

	if (entry->has_ids)
		snprintf(lead, sizeof(lead), "  %s %04x:%04x", chosen ? ">" : " ", entry->vendor,
			entry->device);
	else
		snprintf(lead, sizeof(lead), "  %s no ids   ", chosen ? ">" : " ");
	row_begin(&row, term, lead);
	fprintf(row.out, " at %#x%s, %u bytes%s%s", entry->offset,
		entry->decompressed ? " of decompressed data" : "", entry->end - entry->offset,
		entry->bios ? ", bios" : "", entry->efi ? ", efi" : "");
	if (entry->has_address)
		fprintf(row.out, ", for %02x:%02x.%x", entry->bus, entry->dev, entry->fn);
	row_end(&row);
}

/* Prints all ROMs of a file that has several. */
static void print_set(const struct term *term, const struct rom_source *source)
{
	const struct rom_set *set = &source->set;

	if (!set->nr_entries || (set->nr_entries < 2 && set->wrapper == ROM_WRAPPER_NONE))
		return;
	fprintf(term->out, "\n  ROMs in the file\n");
	for (unsigned i = 0; i < set->nr_entries; i++)
		print_entry(term, &set->entries[i], (int)i == source->chosen);
}

static void print_driver(const struct term *term, const struct rom_driver *driver)
{
	const char *machine = rom_machine_name(driver->machine);

	if (!driver->read)
		return;
	if (driver->loads)
		print_row(term, "    Driver   ", "machine %s, subsystem %u, %u bytes",
			machine ? machine : "unknown", driver->subsystem, driver->size);
	else
		term_paragraph(term, "    Driver   ", INDENT, driver->wrong);
}

static void print_efi(const struct term *term, const struct rom_efi *efi)
{
	const char *machine = rom_machine_name(efi->machine);
	const char *subsystem = rom_subsystem_name(efi->subsystem);
	struct row row;

	row_begin(&row, term, "    EFI      ");
	fprintf(row.out, "machine ");
	if (machine)
		fprintf(row.out, "%s", machine);
	else
		fprintf(row.out, "%04xh (unknown)", efi->machine);
	fprintf(row.out, ", subsystem %u (%s), ", efi->subsystem,
		subsystem ? subsystem : "unknown");
	if (efi->compression > 1)
		fprintf(row.out, "compression type %u", efi->compression);
	else
		fprintf(row.out, "%s", efi->compression ? "compressed" : "not compressed");
	fprintf(row.out, ", driver at %#x", efi->pe_offset);
	row_end(&row);
	print_driver(term, &efi->driver);
}

static void print_npde(const struct term *term, const struct rom_npde *npde)
{
	const char *last = !npde->has_last ? "" : npde->last ? ", last" : ", more follow";

	print_row(term, "    NPDE     ", "revision %x.%x, image of %u bytes%s", npde->revision >> 8,
		npde->revision & 0xff, npde->length, last);
}

static void print_devices(const struct term *term, const struct rom_image *image)
{
	struct row row;

	row_begin(&row, term, "    Also for ");
	for (unsigned i = 0; i < image->nr_devices; i++)
		fprintf(row.out, "%s%04x", i ? " " : "", image->devices[i]);
	row_end(&row);
}

static void print_pcir(const struct term *term, const struct rom_image *image)
{
	print_row(term, "    Ids      ",
		"%04x:%04x, class %06x, code revision %04x, code type %02x", image->vendor,
		image->device, image->class, image->revision, image->code_byte);
	if (image->nr_devices)
		print_devices(term, image);
	print_row(term, "    PCIR     ", "at %#x, revision %u, image of %u bytes%s",
		image->pcir_offset, image->pcir_revision, image->pcir_length,
		image->pcir_last ? ", last" : "");
	if (image->runtime_length)
		print_row(term, "    Runtime  ", "at most %u bytes", image->runtime_length);
	if (image->config_utility)
		print_row(term, "    Setup    ", "configuration utility at %#x",
			image->config_utility);
	if (image->clp_entry)
		print_row(term, "    CLP      ", "entry at %#x", image->clp_entry);
}

static void print_image(const struct term *term, unsigned n, const struct rom_image *image)
{
	char title[64], known[128];
	FILE *out = term->out;

	fprintf(out, "\n");
	snprintf(title, sizeof(title), "  Image %u: %s", n, rom_code_name(image->code));
	snprintf(known, sizeof(known), " at %#x, %u bytes%s%s%s%s", image->offset, image->length,
		image->truncated ? ", cut off" : "", image->by_scan ? ", found by scanning" : "",
		image->behind_last ? ", not reached" : "", image->last ? ", last" : "");
	print_title(term, title, known);
	if (image->shadow)
		term_paragraph(term, "    Shadow   ", INDENT,
			"a copy that has run, not what the card has");
	if (image->has_pcir)
		print_pcir(term, image);
	else
		fprintf(out, "    PCIR     none\n");
	if (image->npde.present)
		print_npde(term, &image->npde);
	if (image->has_sum) {
		fprintf(out, "    Checksum ");
		if (image->sum)
			term_print(term, BAD, "wrong, the bytes add up to %02x", image->sum);
		else
			term_print(term, GOOD, "right");
		fprintf(out, "\n");
	}
	if (image->has_efi)
		print_efi(term, &image->efi);
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
