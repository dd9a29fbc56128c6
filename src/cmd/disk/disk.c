// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon disk`: the command line, and what it prints. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/disk/create.h"
#include "cmd/disk/resize.h"
#include "cmd/ui/json.h"
#include "cmd/ui/options.h"
#include "cmd/ui/size.h"
#include "cmd/ui/suboptions.h"

struct disk_args {
	const char *file;
	u64 size;      /* bytes */
	bool is_added; /* @size is to be added */
	const char *format;
	bool preallocate, shrink, json;
};

static const struct cmd_option options[] = {
	{ "format", 0, OPTION_VALUE, "raw|qcow2|NAME",
		"the image's format; without it: what its name and its first bytes\n"
		"say, for a new one what its name says (.qcow2), else raw",
		.field = TEXT_FIELD(struct disk_args, format) },
	{ "preallocate", 0, OPTION_FLAG, NULL, "create: take the disk's space on the host now",
		.field = FLAG_FIELD(struct disk_args, preallocate) },
	{ "shrink", 0, OPTION_FLAG, NULL, "resize: the end of the disk may be lost",
		.field = FLAG_FIELD(struct disk_args, shrink) },
	{ "json", 0, OPTION_FLAG, NULL, "print JSON", .field = FLAG_FIELD(struct disk_args, json) },
	{ 0 },
};

static const struct verb {
	const char *name;
	unsigned nr_operands; /* after it */
	int (*run)(const struct disk_args *args, struct err *err);
} * verb_of(const struct cmd_call *call);

static struct json_object *names_json(const struct disk_names *names)
{
	static const char *const kinds[] = {
		[DISK_BACKING] = "backing",
		[DISK_DATA] = "data",
		[DISK_EXTENT] = "extent",
	};
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < names->nr; i++) {
		struct json_object *json = json_object_new_object();
		char text[DISK_NAME_MAX];

		log_printable(text, sizeof(text), names->names[i].text);
		json_add_text(json, "file", text);
		json_add_text(json, "kind", kinds[names->names[i].kind]);
		json_object_array_add(list, json);
	}
	return list;
}

static void print_json(const struct disk_image *image)
{
	struct json_object *json = json_object_new_object();

	json_add_text(json, "file", image->path);
	json_add_text(json, "format", image->format);
	if (image->size)
		json_add_number(json, "size", (s64)image->size);
	else
		json_add_null(json, "size");
	json_add_number(json, "allocated", (s64)image->allocated);
	json_add_bool(json, "block_device", image->is_device);
	json_add_text(json, "in_use", image->in_use ? image->holder : NULL);
	json_add(json, "names", names_json(&image->names));
	json_add_text(json, "problem", image->problem.code ? image->problem.text : NULL);
	json_print(json);
}

/* The option of `tenon run` that takes the image. */
static void print_option(const struct disk_image *image)
{
	fputs("--disk ", stdout);
	suboption_print_text(image->path, stdout);
	if (image->problem.code)
		printf(",format=%s", image->format);
	if (image->names.nr)
		fputs(",backing=on", stdout);
	putchar('\n');
}

static void print_text(const struct disk_image *image)
{
	char size[SIZE_TEXT], taken[SIZE_TEXT];

	printf("%s: %s, %s", image->path,
		image->size ? size_text(size, image->size) : "of a size that is not known",
		image->is_device ? "a block device" : image->format);
	if (!image->is_device)
		printf(", takes %s on the host", size_text(taken, image->allocated));
	putchar('\n');
	if (image->in_use)
		printf("  in use by %s\n", image->holder);
	for (unsigned i = 0; i < image->names.nr; i++) {
		char text[DISK_NAME_MAX];

		log_printable(text, sizeof(text), image->names.names[i].text);
		printf("  names %s, %s\n", text,
			image->names.names[i].kind == DISK_BACKING ? "which is behind it"
								   : "which has its data");
	}
	if (image->problem.code)
		printf("  %s\n", image->problem.text);
	fputs("  for tenon run: ", stdout);
	print_option(image);
}

static int show(const struct disk_args *args, struct err *err)
{
	struct disk_image image;

	if (disk_image_read(&image, args->file, args->format, err))
		return EXIT_CANNOT;
	/* `run` asks for the format where the name does not say it. */
	if (args->format && !image.problem.code) {
		struct disk_image unasked;
		struct err ignored;

		if (!disk_image_read(&unasked, args->file, NULL, &ignored))
			image.problem = unasked.problem;
	}
	if (args->json)
		print_json(&image);
	else
		print_text(&image);
	return image.problem.code ? EXIT_FINDINGS : EXIT_FINE;
}

static int info(const struct disk_args *args, struct err *err)
{
	return show(args, err);
}

static int create(const struct disk_args *args, struct err *err)
{
	struct disk_spec spec = { .path = args->file, .preallocate = args->preallocate };

	spec.size = args->size;
	if (disk_spec_format(&spec.format, args->file, args->format, err) ||
		disk_create(&spec, err))
		return EXIT_CANNOT;
	return show(args, err) == EXIT_CANNOT ? EXIT_CANNOT : EXIT_FINE;
}

static int resize(const struct disk_args *args, struct err *err)
{
	struct disk_image image;
	u64 size = args->size;

	if (disk_image_read(&image, args->file, args->format, err))
		return EXIT_CANNOT;
	if (args->is_added)
		size = image.size > (~0ull >> 1) - size ? 0 : size + image.size;
	if (disk_resize(&image, size, args->shrink, err))
		return EXIT_CANNOT;
	return show(args, err) == EXIT_CANNOT ? EXIT_CANNOT : EXIT_FINE;
}

static const struct verb verbs[] = {
	{ "create", 2, create },
	{ "resize", 2, resize },
	{ "info", 1, info },
};

static const struct verb *verb_of(const struct cmd_call *call)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(verbs[i].name, call->operands[0]))
			return &verbs[i];
	return NULL;
}

static int disk_operands(const struct cmd_call *call, struct err *err)
{
	const struct verb *verb = verb_of(call);
	struct disk_args *args = call->args;

	if (!verb)
		return err_set(
			err, EINVAL, "'%s' is neither create, resize nor info", call->operands[0]);
	if (call->nr_operands <= verb->nr_operands)
		return err_set(err, EINVAL, "%s: a %s is missing", verb->name,
			call->nr_operands == 1 ? "file" : "size");
	if (call->nr_operands > verb->nr_operands + 1)
		return err_set(err, EINVAL, "unexpected argument '%s'",
			call->operands[verb->nr_operands + 1]);
	args->file = call->operands[1];
	if (!*args->file)
		return err_set(err, EINVAL, "the name of the file is empty");
	if (verb->nr_operands == 1)
		return 0;
	args->is_added = verb->run == resize && *call->operands[2] == '+';
	return option_size(call->operands[2] + args->is_added, 1, &args->size, err);
}

static int disk_check(const struct cmd_call *call, struct err *err)
{
	const struct disk_args *args = call->args;

	if (args->preallocate && verb_of(call)->run != create)
		return err_set(err, EINVAL, "--preallocate is for create");
	if (args->shrink && verb_of(call)->run != resize)
		return err_set(err, EINVAL, "--shrink is for resize");
	return 0;
}

static int disk_main(const struct cmd_call *call, struct err *err)
{
	return verb_of(call)->run(call->args, err);
}

static const char *disk_done(const struct cmd_call *call, int code)
{
	return verb_of(call)->run == info ? NULL : "The disk is as you asked for all the same.";
}

const struct cmd cmd_disk = {
	.name = "disk",
	.summary = "make, resize and describe disk images",
	.operands = "create FILE SIZE\nresize FILE [+]SIZE\ninfo FILE",
	.description =
		"Makes a disk image, for `tenon run --disk`; changes the size of one; says what "
		"one is.\n"
		"SIZE is a number of bytes, or as 120G. An existing file is never overwritten, a "
		"disk\n"
		"that is in use is not resized, and one is made smaller only with --shrink.\n"
		"Formats other than raw need qemu-img.\n",
	.options = options,
	.exits = { "fine", "info: `run` needs to be told the format" },
	.args_size = sizeof(struct disk_args),
	.take_operands = disk_operands,
	.check = disk_check,
	.main = disk_main,
	.done = disk_done,
};
