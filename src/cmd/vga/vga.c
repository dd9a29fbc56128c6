// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon vga`: which card has legacy VGA, and what that means for a guest that needs it. */
#include "cmd/vga/vga.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/ui/json.h"
#include "cmd/ui/term.h"

struct vga_args {
	struct source_args source;
};

static const struct cmd_option options[] = {
	TERM_OPTION_WIDE,
	SOURCE_OPTIONS(struct vga_args, source),
	{ 0 },
};

static void ask_card(struct vga_show *show, struct vga_arbiter *arbiter, struct vga_card *card)
{
	const struct host_dev *dev = &show->view.host.devs[card->dev];
	char addr[PCI_ADDR_SIZE], text[VGA_ARBITER_TEXT];

	if (vga_arbiter_line(arbiter, pci_addr_text(dev->addr, addr), text) ||
		vga_parse(text, &card->line))
		return;
	/*
	 * If the answer is about another card, the kernel has kept its old target and not answered.
	 */
	card->arbitrated = pci_addr_equal(card->line.addr, dev->addr);
}

static void ask_arbiter(struct vga_show *show, const struct sysroot *sysroot)
{
	struct vga_arbiter arbiter;
	char text[VGA_ARBITER_TEXT];
	struct err err = { 0 };

	if (vga_arbiter_open(&arbiter, sysroot, &err)) {
		snprintf(show->why_not, sizeof(show->why_not), "%.250s",
			sysroot->running ? err.text : "a captured host has no arbiter to ask");
		return;
	}
	show->asked = true;
	show->has_default =
		!vga_arbiter_line(&arbiter, NULL, text) && !vga_parse(text, &show->default_card);
	for (unsigned i = 0; i < show->count; i++)
		ask_card(show, &arbiter, &show->cards[i]);
	vga_arbiter_close(&arbiter);
}

/* Reads whether vfio-pci is configured to leave legacy VGA alone. */
static void read_vfio(struct vga_show *show, const struct sysroot *sysroot)
{
	char text[8];

	if (sysroot_text(
		    sysroot, "/sys/module/vfio_pci/parameters/disable_vga", text, sizeof(text)) > 0)
		show->vfio_disables = text[0] == 'Y' || text[0] == '1';
}

static void collect(struct vga_show *show)
{
	const struct host *host = &show->view.host;

	for (unsigned i = 0; i < host->count && show->count < VGA_MAX_CARDS; i++)
		if (vga_is_card(&host->devs[i]))
			show->cards[show->count++] = (struct vga_card){
				.dev = i,
				.path = vga_path_of(host, i),
				.decoding = vga_decoding(&host->devs[i]),
			};
}

static int fill(struct vga_show *show, const struct source_args *args, struct err *err)
{
	collect(show);
	if (args->scan.lspci) {
		snprintf(show->why_not, sizeof(show->why_not),
			"the text of an lspci has no arbiter to ask");
		return 0;
	}
	ask_arbiter(show, &show->view.sysroot);
	read_vfio(show, &show->view.sysroot);
	return 0;
}

static int conclude(struct vga_show *show, bool json)
{
	int code = EXIT_FINE;

	vga_conclude(show);
	for (unsigned i = 0; i < show->count; i++)
		if (show->cards[i].hindered)
			code = EXIT_FINDINGS;
	if (json)
		json_print(vga_json(show));
	else
		vga_print(show);
	return code;
}

static int vga_main(const struct cmd_call *call, struct err *err)
{
	const struct vga_args *args = call->args;
	struct vga_show show = { 0 };
	int ret = view_open(&show.view, &args->source, false, err);

	if (!ret)
		ret = fill(&show, &args->source, err);
	ret = ret ? EXIT_CANNOT : conclude(&show, args->source.json);
	view_close(&show.view);
	return ret;
}

const struct cmd cmd_vga = {
	.name = "vga",
	.summary = "show who has legacy VGA, and what that means for a guest",
	.description = "Shows which graphics cards answer to legacy VGA (ports 3B0h-3DFh, memory "
		       "A0000h-BFFFFh),\n"
		       "what the kernel's arbiter knows of them, which bridges forward it, and "
		       "what follows for\n"
		       "a guest that starts with a card's video BIOS. Changes nothing and takes no "
		       "lock.\n",
	.options = options,
	.exits = { "a guest could have legacy VGA of each card", "of some not" },
	.args_size = sizeof(struct vga_args),
	.check = source_check,
	.main = vga_main,
};
