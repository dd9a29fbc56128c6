// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon rom` for a person. */
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/rom.h"

static void print_origin(const struct rom_source *source)
{
	const struct rom *rom = &source->rom;

	printf("%s: %zu bytes, %u image%s\n", source->name, source->size, rom->image_count,
		rom->image_count == 1 ? "" : "s");
	switch (source->origin) {
	case ROM_FROM_FILE:
		break;
	case ROM_FROM_DEVICE:
		printf("  Source     the card's ROM BAR\n");
		break;
	case ROM_FROM_SHADOW:
		printf("  Source     the shadow copy at C0000h, changed since boot: not the card's "
		       "ROM\n");
		break;
	case ROM_FROM_VFCT:
		printf("  Source     the ACPI table VFCT\n");
		break;
	}
	if (source->remark[0])
		printf("  Remark     %s\n", source->remark);
	if (source->has_target)
		printf("  Device     %04x:%04x, class %06x\n", source->target.vendor,
			source->target.device, source->target.class);
	if (rom->wrapper == ROM_WRAPPER_NVGI)
		printf("  Container  NVGI version %u, images from %#x\n", rom->nvgi_version,
			rom->base);
	else if (rom->wrapper == ROM_WRAPPER_UNKNOWN)
		printf("  Container  unknown, images from %#x\n", rom->base);
}

static void print_efi(const struct rom_image *image)
{
	const char *machine = rom_machine_name(image->efi.machine);
	const char *subsystem = rom_subsystem_name(image->efi.subsystem);

	if (!image->has_efi)
		return;
	printf("    EFI      machine ");
	if (machine)
		printf("%s", machine);
	else
		printf("%04xh (unknown)", image->efi.machine);
	printf(", subsystem %u (%s), ", image->efi.subsystem, subsystem ? subsystem : "unknown");
	switch (image->efi.compression) {
	case 0:
		printf("not compressed");
		break;
	case 1:
		printf("compressed");
		break;
	default:
		printf("compression type %u", image->efi.compression);
		break;
	}
	printf(", driver at %#x\n", image->efi.pe_offset);
}

static void print_pcir(const struct rom_image *image)
{
	if (!image->has_pcir) {
		printf("    PCIR     none\n");
		return;
	}
	printf("    Ids      %04x:%04x, class %06x, code revision %04x, code type %02x\n",
		image->vendor, image->device, image->class, image->revision, image->code_byte);
	if (image->device_count) {
		printf("    Also for");
		for (unsigned i = 0; i < image->device_count; i++)
			printf(" %04x", image->devices[i]);
		printf("\n");
	}
	printf("    PCIR     at %#x, revision %u, image of %u bytes%s\n", image->pcir_offset,
		image->pcir_revision, image->pcir_length, image->pcir_last ? ", last" : "");
	if (image->runtime_length)
		printf("    Runtime  at most %u bytes\n", image->runtime_length);
	if (image->npde.present)
		printf("    NPDE     revision %x.%x, image of %u bytes%s\n",
			image->npde.revision >> 8, image->npde.revision & 0xff, image->npde.length,
			!image->npde.has_last ? ""
			: image->npde.last    ? ", last"
					      : ", more follow");
}

static void print_image(unsigned n, const struct rom_image *image)
{
	printf("\n  Image %u: %s at %#x, %u bytes%s%s%s\n", n, rom_code_name(image->code),
		image->offset, image->length, image->truncated ? ", cut off" : "",
		image->by_scan ? ", found by scanning" : "", image->last ? ", last" : "");
	print_pcir(image);
	if (image->has_sum && image->sum)
		printf("    Checksum wrong, the bytes add up to %02x\n", image->sum);
	else if (image->has_sum)
		printf("    Checksum right\n");
	print_efi(image);
}

static void print_verdicts(const struct rom_source *source)
{
	struct rom_verdict bios, efi;

	rom_verdict_bios(&source->rom, source->has_target ? &source->target : NULL, &bios);
	rom_verdict_efi(&source->rom, ROM_MACHINE_X64, &efi);
	printf("\n  SeaBIOS    %s: %s\n", bios.boots ? "uses it" : "does not use it", bios.why);
	printf("  OVMF       %s: %s\n", efi.boots ? "uses it" : "does not use it", efi.why);
}

static void print_problems(const struct rom *rom, enum rom_level level, const char *title)
{
	bool first = true;

	for (unsigned i = 0; i < rom->problem_count; i++) {
		const struct rom_problem *problem = &rom->problems[i];

		if (problem->level != level)
			continue;
		if (first)
			printf("\n  %s\n", title);
		first = false;
		if (problem->image >= 0)
			printf("    image %d: %s\n", problem->image, problem->text);
		else
			printf("    %s\n", problem->text);
	}
}

void rom_print(const struct rom_source *source)
{
	const struct rom *rom = &source->rom;

	print_origin(source);
	for (unsigned i = 0; i < rom->image_count; i++)
		print_image(i, &rom->images[i]);
	print_verdicts(source);
	print_problems(rom, ROM_PROBLEM, "Problems");
	print_problems(rom, ROM_NOTE, "Notes");
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
