// SPDX-License-Identifier: Apache-2.0
/** What all threads of this module have in common. Not API: it is not exported. */
@NullMarked
package dev.paravirt.backend.thread;

import org.jspecify.annotations.NullMarked;
