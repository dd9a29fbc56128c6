/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options that tell a command where to read a host's facts from, shared by all commands that
 * show a host, and the parsing of addresses.
 */
#ifndef CMD_SOURCE_SOURCE_H
#define CMD_SOURCE_SOURCE_H

#include "cmd/cmd.h"
#include "host/scan/scan.h"

struct source_args {
	struct scan_source scan;
	bool json;
};

/* Rows for a table of options whose target is a @type with a member struct source_args @member. */
#define SOURCE_OPTION_SYSROOT(type, member)                                    \
	{                                                                      \
		.name = "sysroot", .argument = "DIR|FILE",                     \
		.help = "a captured tree, or a file of `tenon capture`, not\n" \
			"this host",                                           \
		.field = TEXT_FIELD(type, member.scan.sysroot)                 \
	}

#define SOURCE_OPTION_JSON(type, member)                                   \
	{                                                                  \
		.name = "json", .kind = OPTION_FLAG, .help = "print JSON", \
		.field = FLAG_FIELD(type, member.json)                     \
	}

#define SOURCE_OPTIONS(type, member)                                                            \
	SOURCE_OPTION_SYSROOT(type, member),                                                    \
		{ .name = "lspci",                                                              \
			.argument = "FILE",                                                     \
			.help = "an lspci's text instead (-vvv, made by root); - is standard\n" \
				"input",                                                        \
			.field = TEXT_FIELD(type, member.scan.lspci) },                         \
		SOURCE_OPTION_JSON(type, member)

/*
 * Checks that the options name at most one host, for a command whose arguments begin with a struct
 * source_args.
 */
int source_check(const struct cmd_call *call, struct err *err);

/* Reads "0000:01:00.0" or "01:00.0". Returns 0 or -errno. */
int source_addr(const char *text, struct pci_addr *addr, struct err *err);

/* Reads the same, or a slot such as "01:00", whose function is then PCI_ADDR_WHOLE_SLOT. */
int source_slot(const char *text, struct pci_addr *addr, struct err *err);

/* Returns the index of the device at @addr, or HOST_NONE with @err set. */
int source_device(const struct host *host, struct pci_addr addr, struct err *err);

#endif
