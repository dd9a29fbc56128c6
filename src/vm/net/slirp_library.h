/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions of libslirp that vm/net/slirp.c calls. */
#ifndef VM_NET_SLIRP_LIBRARY_H
#define VM_NET_SLIRP_LIBRARY_H

#include <slirp/libslirp.h>

#include "base/err.h"

struct slirp_library {
	__typeof__(slirp_new) *open;
	__typeof__(slirp_cleanup) *close;
	__typeof__(slirp_pollfds_fill) *fill;
	__typeof__(slirp_pollfds_poll) *poll;
	__typeof__(slirp_input) *input;
	__typeof__(slirp_add_hostfwd) *forward;
};

/* Loads the library, which stays loaded until the process exits. */
int slirp_library_load(struct slirp_library *library, struct err *err);

#endif
