// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon capture`: writes a host's facts to one file, for a report or for another machine. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/source/source.h"
#include "cmd/ui/json.h"
#include "cmd/ui/new_file.h"
#include "host/scan/capture.h"

struct capture_args {
	struct source_args source;
	const char *output;
};

static const struct cmd_option options[] = {
	{ "output", 'o', OPTION_VALUE, "FILE",
		"a file that does not exist yet; - is standard output",
		.field = TEXT_FIELD(struct capture_args, output) },
	SOURCE_OPTION_SYSROOT(struct capture_args, source),
	SOURCE_OPTION_JSON(struct capture_args, source),
	{ 0 },
};

static bool is_stdout(const char *output)
{
	return output[0] == '-' && !output[1];
}

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

/* The number of names in the list. */
static unsigned listed(const char *names)
{
	unsigned nr = *names != '\0';

	for (; *names; names++)
		nr += *names == ' ';
	return nr;
}

static int capture_main(const struct cmd_call *call, struct err *err)
{
	const struct capture_args *args = call->args;
	const char *output = args->output;
	own_free char *bytes = NULL;
	struct capture_summary summary;
	size_t size = 0;
	int ret = capture(&args->source, &bytes, &size, &summary, err);

	if (!ret && is_stdout(output))
		fwrite(bytes, 1, size, stdout);
	else if (!ret)
		ret = new_file(output, bytes, size, err);
	if (ret)
		return EXIT_CANNOT;
	if (args->source.json)
		print_json(output, size, &summary);
	else if (!is_stdout(output))
		printf("%s: %u files and %u links, %zu KiB. Serial numbers, MAC addresses and "
		       "UUIDs are masked.\n",
			output, summary.files, summary.links, (size_t)(size / KIB));
	if (!summary.unreadable)
		return EXIT_FINE;
	log_warn("%u %s not readable; run it as root: %s%s", summary.unreadable,
		summary.unreadable == 1 ? "file was" : "files were", summary.which,
		listed(summary.which) < summary.unreadable ? " ..." : "");
	return EXIT_FINDINGS;
}

static int capture_check(const struct cmd_call *call, struct err *err)
{
	const struct capture_args *args = call->args;

	if (!args->output)
		return err_set(err, EINVAL, "--output FILE is missing");
	if (args->source.json && is_stdout(args->output))
		return err_set(err, EINVAL, "--json wants an --output FILE of its own");
	return 0;
}

static const char *capture_done(const struct cmd_call *call, int code)
{
	const struct capture_args *args = call->args;

	return is_stdout(args->output) ? NULL : "The file is written all the same.";
}

const struct cmd cmd_capture = {
	.name = "capture",
	.summary = "write the host's facts into one file, for a report",
	.description = "Writes all that tenon's reports need from this host into one text file: "
		       "PCI devices with\n"
		       "their config space, IOMMU groups, ACPI's DMAR, IVRS and VFCT, the kernel's "
		       "switches, who\n"
		       "uses what, and lines of the kernel's log. Serial numbers, MAC addresses "
		       "and UUIDs are\n"
		       "masked. Any command reads it with --sysroot FILE; attach it to a report of "
		       "a fault.\n"
		       "Run it as root: otherwise much is not readable.\n",
	.options = options,
	.exits = { "done", "done, but files were not readable" },
	.args_size = sizeof(struct capture_args),
	.check = capture_check,
	.main = capture_main,
	.done = capture_done,
};
