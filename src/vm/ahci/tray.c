// SPDX-License-Identifier: GPL-2.0-or-later
/* The tray of a CD-ROM drive, as a person at the host opens and closes it: MMC-5, 6.6 and 6.48. */
#include <errno.h>
#include <time.h>

#include "vm/ahci/internal.h"

#define PATIENCE_MS 20

/*
 * Takes the lock while no command runs: from then on the drive's state is the caller's. Returns
 * false if the drive is busy for long.
 */
static bool lock_idle(struct ahci_port *port)
{
	const struct timespec pause = { .tv_nsec = NS_PER_MS };

	for (unsigned i = 0; i < PATIENCE_MS; i++) {
		pthread_mutex_lock(&port->ahci->lock);
		if (!port->running)
			return true;
		pthread_mutex_unlock(&port->ahci->lock);
		nanosleep(&pause, NULL);
	}
	return false;
}

int ahci_tray(struct ahci *ahci, unsigned index, bool open, bool force)
{
	struct ahci_port *port = &ahci->ports[index];
	struct cd *cd = &port->cd;
	int ret = 0;

	if (index >= ahci->nr_ports || port->kind != AHCI_CDROM)
		return -ENODEV;
	if (!lock_idle(port))
		return -EAGAIN;
	if (open && cd->locked && !force) {
		cd->event = CD_EVENT_EJECT;
		ret = -EBUSY;
	} else if (cd->open != open) {
		cd->open = open;
		cd->loaded = !open;
		cd->event = open ? CD_EVENT_REMOVED : CD_EVENT_NEW;
	}
	pthread_mutex_unlock(&ahci->lock);
	return ret;
}

bool ahci_tray_look(struct ahci *ahci, unsigned index, bool *open, bool *locked)
{
	struct ahci_port *port = &ahci->ports[index];

	if (index >= ahci->nr_ports || !lock_idle(port))
		return false;
	*open = port->cd.open;
	*locked = port->cd.locked;
	pthread_mutex_unlock(&ahci->lock);
	return true;
}
