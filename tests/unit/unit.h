/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What cmocka needs before its header, in one place. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <string.h>

#include <cmocka.h>

#endif
