// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon capture`: a host in one file, for a report or for another machine. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/source/source.h"
#include "cmd/ui/json.h"
#include "cmd/ui/new_file.h"
#include "host/scan/capture.h"

static const char help[] =
	"Usage: tenon capture -o FILE [OPTIONS]\n"
	"\n"
	"Writes all that tenon's reports need from this host into one text file: PCI devices with\n"
	"their config space, IOMMU groups, ACPI's DMAR, IVRS and VFCT, the kernel's switches, who\n"
	"uses what, and lines of the kernel's log. Serial numbers, MAC addresses and UUIDs are\n"
	"masked. Any command reads it with --sysroot FILE; attach it to a report of a fault.\n"
	"Run it as root: otherwise much is not readable.\n"
	"\n"
	"  -o, --output FILE  a file that does not exist yet; - is standard output\n"
	"      --sysroot DIR  a captured tree instead of this host\n"
	"      --json         say as JSON what was written (docs/json.md)\n"
	"  -h, --help         this text\n"
	"\n"
	"Exit codes: 0 done; 1 done, but files were not readable; 2 wrong usage; 3 not possible.\n";

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "output", required_argument, NULL, 'o' },
	SOURCE_OPTIONS,
	{ 0 },
};

static void print_json(const char *output, size_t size, const struct capture_summary *summary)
{
	struct json_object *json = json_object_new_object();

	json_add_text(json, "written", output);
	json_add_number(json, "size", size);
	json_add_number(json, "files", summary->files);
	json_add_number(json, "links", summary->links);
	json_add_number(json, "unreadable", summary->unreadable);
	json_print(json);
}

static int capture(const struct source_args *args, char **bytes, size_t *size,
	struct capture_summary *summary, struct err *err)
{
	own_file FILE *out = open_memstream(bytes, size);
	struct sysroot sysroot;
	int ret = sysroot_open(&sysroot, args->scan.sysroot, err);

	if (!ret) {
		ret = out ? capture_host(&sysroot, out, summary) : -ENOMEM;
		if (!ret && fflush(out))
			ret = -ENOMEM;
		if (ret)
			err_sys(err, -ret, "cannot hold the capture");
	}
	sysroot_close(&sysroot);
	return ret;
}

static int run(const struct source_args *args, const char *output)
{
	bool to_stdout = output[0] == '-' && !output[1];
	own_free char *bytes = NULL;
	struct capture_summary summary;
	struct err err = { 0 };
	size_t size = 0;
	int ret = capture(args, &bytes, &size, &summary, &err);

	if (!ret && to_stdout)
		fwrite(bytes, 1, size, stdout);
	else if (!ret)
		ret = new_file(output, bytes, size, &err);
	if (ret) {
		log_err(&err);
		return EXIT_CANNOT;
	}
	if (args->json)
		print_json(output, size, &summary);
	else if (!to_stdout)
		printf("%s: %u files and %u links, %zu KiB. Serial numbers, MAC addresses and "
		       "UUIDs are masked.\n",
			output, summary.files, summary.links, (size_t)(size / KIB));
	if (!summary.unreadable)
		return EXIT_FINE;
	log_warn("%u files were not readable; run it as root", summary.unreadable);
	return EXIT_FINDINGS;
}

int cmd_capture(int argc, char **argv)
{
	struct source_args args = { 0 };
	const char *output = NULL;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "ho:", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return EXIT_FINE;
		}
		if (option == 'o')
			output = optarg;
		else if (!source_option(&args, option, optarg))
			return source_usage("capture",
				"there is no such option, or it lacks a value", argv[optind - 1]);
	}
	if (optind < argc)
		return source_usage("capture", "left over:", argv[optind]);
	if (!output || !*output)
		return source_usage("capture", "name the file to write with -o", NULL);
	if (args.scan.lspci)
		return source_usage("capture", "an lspci's text is a capture of its own", NULL);
	if (args.json && output[0] == '-' && !output[1])
		return source_usage("capture", "with --json, name a file", NULL);
	return run(&args, output);
}
