// SPDX-License-Identifier: GPL-2.0-or-later
/* Asks on the terminal for what the command line lacks. Each question has a default. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd/new/new.h"
#include "cmd/ui/options.h"
#include "cmd/ui/size.h"

#define TRIES 5
#define CARDS 16

/* Reads one line, @usual if it is empty. */
static int ask(const char *question, const char *usual, char *answer, size_t size, struct err *err)
{
	size_t len;

	fprintf(stderr, "%s [%s] ", question, usual);
	fflush(stderr);
	if (!fgets(answer, (int)size, stdin))
		return err_set(err, ECANCELED, "there was no answer, and nothing was made");
	len = strcspn(answer, "\n");
	if (!answer[len] && !feof(stdin))
		return err_set(err, E2BIG, "the answer is too long, and nothing was made");
	answer[len] = '\0';
	if (!len)
		snprintf(answer, size, "%s", usual);
	return 0;
}

/* Asks until take() accepts an answer, which sets its error otherwise. */
static int ask_until(struct new_args *args, const char *question, const char *usual,
	int (*take)(struct new_args *args, const char *answer, struct err *err), struct err *err)
{
	char answer[PATH_MAX];

	for (unsigned i = 0; i < TRIES; i++) {
		int ret = ask(question, usual, answer, sizeof(answer), err);

		if (ret)
			return ret;
		if (!take(args, answer, err))
			return 0;
		log_err(err);
		err_clear(err);
	}
	return err_set(err, EINVAL, "no answer was usable, and nothing was made");
}

static int take_profile(struct new_args *args, const char *answer, struct err *err)
{
	args->profile = new_profile_find(answer, err);
	return args->profile ? 0 : -err->code;
}

static int take_disk(struct new_args *args, const char *answer, struct err *err)
{
	int ret = option_size(answer, 1, &args->disk, err);

	if (!ret && (!args->disk || args->disk % 512))
		ret = err_set(err, EINVAL, "a disk has a multiple of 512 bytes");
	return ret;
}

static int take_iso(struct new_args *args, const char *answer, struct err *err)
{
	if (!strcmp(answer, "none"))
		return 0;
	if (access(answer, R_OK))
		return err_sys(err, errno, "cannot read %s", answer);
	snprintf(args->iso, sizeof(args->iso), "%s", answer);
	args->isos[args->nr_isos++] = args->iso;
	return 0;
}

/* The graphics cards, in the order in which the question numbers them. */
static unsigned list_cards(const struct new_args *args, const struct host_dev *cards[CARDS])
{
	const struct host *host = &args->view.host;
	unsigned nr = 0;

	for (unsigned i = 0; i < host->count && nr < CARDS; i++)
		if (host->devs[i].class >> 16 == 0x03)
			cards[nr++] = &host->devs[i];
	return nr;
}

static int take_card(struct new_args *args, const char *answer, struct err *err)
{
	const struct host_dev *cards[CARDS];
	unsigned nr = list_cards(args, cards);
	char *end;
	unsigned long n = strtoul(answer, &end, 10);

	if (!strcmp(answer, "none"))
		return 0;
	if (!*end && n >= 1 && n <= nr)
		pci_addr_text(cards[n - 1]->addr, args->addresses[0]);
	else if (strlen(answer) < PCI_ADDR_SIZE)
		strcpy(args->addresses[0], answer);
	else
		return err_set(err, EINVAL, "'%s' is neither a number nor an address", answer);
	args->devices[0] = args->addresses[0];
	args->nr_devices = 1;
	if (!new_find_devices(args, err))
		return 0;
	args->nr_devices = 0;
	return -err->code;
}

static int ask_card(struct new_args *args, struct err *err)
{
	const struct host_dev *cards[CARDS], *best = new_best_card(&args->view);
	unsigned nr = list_cards(args, cards);
	char usual[8] = "none";

	for (unsigned i = 0; i < nr; i++) {
		char addr[PCI_ADDR_SIZE], name[PCI_NAME_SIZE];

		fprintf(stderr, "  %u  %s  %s%s\n", i + 1, pci_addr_text(cards[i]->addr, addr),
			view_name(&args->view, cards[i], name),
			cards[i]->boot_vga ? " (the host's screen)" : "");
		if (cards[i] == best)
			snprintf(usual, sizeof(usual), "%u", i + 1);
	}
	return ask_until(args, "Which card shall the guest have? A number, an address, or none.",
		usual, take_card, err);
}

int new_ask(struct new_args *args, struct err *err)
{
	char size[SIZE_TEXT];
	int ret = 0;

	if (!args->profile)
		ret = ask_until(args, "What will the guest be? windows11, windows10 or linux.",
			"linux", take_profile, err);
	if (!ret && !args->nr_isos)
		ret = ask_until(args, "The installer's CD image, or none:", "none", take_iso, err);
	if (!ret && !args->disk)
		ret = ask_until(args, "How large shall its disk be?",
			size_option(size, 2 * args->profile->disk), take_disk, err);
	if (!ret && !args->nr_devices)
		ret = ask_card(args, err);
	return ret;
}
