// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon rom`: the command line. */
#include "cmd/rom/rom.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/source/source.h"

static const char help[] =
	"Usage: tenon rom [OPTIONS] FILE|BDF\n"
	"       tenon rom dump [OPTIONS] BDF -o FILE\n"
	"       tenon rom fix [OPTIONS] FILE -o FILE\n"
	"\n"
	"Shows the images in an option ROM and whether SeaBIOS and OVMF would use it; writes a\n"
	"card's ROM to a file; writes a corrected copy of a ROM. Existing files are never "
	"changed.\n"
	"BDF is a PCI address, 0000:01:00.0 or 01:00.0; a file of such a name is ./01:00.0.\n"
	"\n"
	"  -o, --output FILE  the new file that dump and fix write\n"
	"      --for BDF|IDS  judge it for this device, or for ids as 10de:1280; with fix: set\n"
	"                     these ids\n"
	"      --json         print JSON (docs/json.md)\n"
	"      --sysroot DIR  take the host's files from below DIR (not FILE)\n"
	"  -h, --help         this text\n"
	"\n"
	"Of fix; without any of them and without --for: --checksum --unwrap\n"
	"      --vendor HEX   set the vendor id of the images\n"
	"      --device HEX   set the device id\n"
	"      --image N      only in this image, counted from 0; may be repeated\n"
	"      --checksum     make BIOS images add up to 0\n"
	"      --unwrap       leave out a container in front of the images\n"
	"\n"
	"Exit codes: 0 fine, 1 problems found, 2 wrong usage, 3 not possible.\n";

enum {
	OPT_JSON = 256,
	OPT_SYSROOT,
	OPT_FOR,
	OPT_VENDOR,
	OPT_DEVICE,
	OPT_IMAGE,
	OPT_CHECKSUM,
	OPT_UNWRAP
};

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "output", required_argument, NULL, 'o' },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "sysroot", required_argument, NULL, OPT_SYSROOT },
	{ "for", required_argument, NULL, OPT_FOR },
	{ "vendor", required_argument, NULL, OPT_VENDOR },
	{ "device", required_argument, NULL, OPT_DEVICE },
	{ "image", required_argument, NULL, OPT_IMAGE },
	{ "checksum", no_argument, NULL, OPT_CHECKSUM },
	{ "unwrap", no_argument, NULL, OPT_UNWRAP },
	{ 0 },
};

static int usage(const char *what, const char *value)
{
	return source_usage("rom", what, value);
}

static bool parse_number(const char *text, int base, unsigned long limit, unsigned long *value)
{
	char *end;

	errno = 0;
	*value = strtoul(text, &end, base);
	return *text && *text != '-' && !*end && !errno && *value <= limit;
}

/* @text: the option as it was written. Returns an exit code, or -1 to go on. */
static int parse_option(struct rom_args *args, int option, const char *value, const char *text)
{
	unsigned long number = 0;

	switch (option) {
	case 'h':
		fputs(help, stdout);
		return EXIT_FINE;
	case 'o':
		args->output = value;
		return -1;
	case OPT_JSON:
		args->json = true;
		return -1;
	case OPT_SYSROOT:
		args->sysroot = value;
		return -1;
	case OPT_FOR:
		args->for_whom = value;
		return -1;
	case OPT_VENDOR:
		args->fix.set_vendor = parse_number(value, 16, 0xffff, &number);
		args->fix.vendor = number;
		return args->fix.set_vendor ? -1 : usage("not a vendor id:", value);
	case OPT_DEVICE:
		args->fix.set_device = parse_number(value, 16, 0xffff, &number);
		args->fix.device = number;
		return args->fix.set_device ? -1 : usage("not a device id:", value);
	case OPT_IMAGE:
		if (!parse_number(value, 10, ROM_MAX_IMAGES - 1, &number))
			return usage("not the number of an image:", value);
		args->fix.images |= BIT(number);
		return -1;
	case OPT_CHECKSUM:
		args->fix.checksum = true;
		return -1;
	case OPT_UNWRAP:
		args->fix.unwrap = true;
		return -1;
	}
	return usage("there is no such option, or it lacks a value", text);
}

static bool fixes(const struct rom_fix *fix)
{
	return fix->unwrap || fix->checksum || fix->set_vendor || fix->set_device || fix->images;
}

static int run(struct rom_args *args, const char *verb)
{
	bool is_fix = verb && !strcmp(verb, "fix");

	if (!is_fix && fixes(&args->fix))
		return usage(
			"--vendor, --device, --image, --checksum and --unwrap are for fix", NULL);
	if (!verb && args->output)
		return usage("-o is for dump and fix", NULL);
	if (verb && !args->output)
		return usage("name the file to write with -o", NULL);
	if (is_fix && args->fix.images && !args->fix.set_vendor && !args->fix.set_device &&
		!args->for_whom)
		return usage("--image needs ids to set", NULL);
	if (args->for_whom && !rom_is_target(args->for_whom))
		return usage(
			"neither a PCI address (01:00.0) nor ids (10de:1280):", args->for_whom);
	if (is_fix && args->for_whom && (args->fix.set_vendor || args->fix.set_device))
		return usage("--for already says which ids to set", NULL);
	if (!verb)
		return rom_show(args);
	return is_fix ? rom_correct(args) : rom_dump(args);
}

int cmd_rom(int argc, char **argv)
{
	struct rom_args args = { 0 };
	const char *verb = NULL;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "ho:", options, NULL)) != -1) {
		int rc = parse_option(&args, option, optarg, argv[optind - 1]);

		if (rc >= 0)
			return rc;
	}
	if (optind < argc && (!strcmp(argv[optind], "dump") || !strcmp(argv[optind], "fix")))
		verb = argv[optind++];
	if (optind == argc)
		return usage("name a ROM file or a PCI address", NULL);
	if (optind + 1 < argc)
		return usage("one ROM at a time; left over:", argv[optind + 1]);
	args.what = argv[optind];
	return run(&args, verb);
}
