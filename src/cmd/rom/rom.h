/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of `tenon rom`. */
#ifndef CMD_ROM_ROM_H
#define CMD_ROM_ROM_H

#include <json-c/json.h>

#include "cmd/source/rom_source.h"
#include "pci/rom/fix.h"

/* The command line. */
struct rom_args {
	bool json;
	const char *sysroot;
	const char *what; /* FILE or BDF */
	char **files;     /* of join: the operands from @what on */
	unsigned nr_files;
	bool compress; /* an option of wrap */
	const char *output;
	const char *for_whom; /* BDF or VVVV:DDDD */
	struct rom_fix fix;
};

/* Print the ROM to standard output. rom_exit_code() returns EXIT_FINE or EXIT_FINDINGS. */
void rom_print(const struct rom_source *source);
struct json_object *rom_json(const struct rom_source *source);
int rom_exit_code(const struct rom_source *source);

/* The sub-commands. They return the exit code. */
int rom_show(const struct rom_args *args, struct err *err);
int rom_dump(const struct rom_args *args, struct err *err);
int rom_correct(const struct rom_args *args, struct err *err);
int rom_join_files(const struct rom_args *args, struct err *err);
int rom_wrap_file(const struct rom_args *args, struct err *err);

/*
 * Takes ownership of @bytes, writes them to args->output, puts them into @source in place of its
 * own, and prints the ROM and what was changed. Returns the exit code.
 */
int rom_written(const struct rom_args *args, struct rom_source *source, u8 *bytes, size_t size,
	const struct rom_fixed *fixed, struct err *err);

#endif
