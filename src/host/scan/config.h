/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decodes facts from a device's config space, for every source that has its bytes. Pure. */
#ifndef HOST_SCAN_CONFIG_H
#define HOST_SCAN_CONFIG_H

#include "host/facts/host.h"

/*
 * Decodes dev->config, of dev->config_size bytes (0, 64, 256, 4096). @complete: the bytes are all
 * of config space, so what is not in them does not exist; otherwise they may have been truncated.
 * Facts that the bytes do not contain keep their value.
 */
void scan_config(struct host_dev *dev, bool complete);

#endif
