// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hda: the kernel's driver of a High Definition Audio controller found the codec, which it asks
 * through rings in memory (DMA) and interrupts.
 *   pci=ADDRESS
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "pci.h"
#include "steps.h"

#define WAIT_MS 10000

/* The number of the sound card of the function @pci; -1 if there is none yet. */
static int card_of(const char *pci)
{
	char path[128];
	struct dirent *entry;
	int number = -1;
	DIR *directory;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/sound", pci);
	directory = opendir(path);
	while (directory && number < 0 && (entry = readdir(directory)))
		if (sscanf(entry->d_name, "card%d", &number) != 1)
			number = -1;
	if (directory)
		closedir(directory);
	return number;
}

static void report_codec(int card)
{
	char text[256] = "", *end;

	if (read_text(text, sizeof(text), "/proc/asound/card%d/codec#0", card) < 0)
		fail("the sound card has no codec");
	end = strchr(text, '\n');
	if (end)
		*end = 0;
	for (char *at = text; *at; at++)
		if (*at == ' ')
			*at = '_';
	report("codec", "%s", text[0] ? text + strlen("Codec:_") : "-");
}

void step_hda(const struct args *args)
{
	const char *pci = args_get(args, "pci", NULL);
	u64 end = now_ms() + WAIT_MS;
	int card;

	if (!pci)
		fail("pci=ADDRESS is missing");
	while ((card = card_of(pci)) < 0) {
		if (now_ms() > end)
			fail("%s did not become a sound card", pci);
		sleep_ms(10);
	}
	report_codec(card);
	pci_report(pci);
}
