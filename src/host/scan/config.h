/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts from a device's config space, for every back end that has its bytes. Pure. */
#ifndef HOST_SCAN_CONFIG_H
#define HOST_SCAN_CONFIG_H

#include "host/facts/host.h"

/*
 * Decodes dev->config, of dev->config_size bytes (0, 64, 256, 4096). @complete: config space
 * itself ends there, so what is not in it does not exist; otherwise it may have been cut. Facts
 * that the bytes do not hold keep their value.
 */
void scan_config(struct host_dev *dev, bool complete);

#endif
