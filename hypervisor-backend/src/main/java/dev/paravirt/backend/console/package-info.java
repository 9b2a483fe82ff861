// SPDX-License-Identifier: Apache-2.0
/** The console device, and what its ports end in: streams, sockets, files. */
@NullMarked
package dev.paravirt.backend.console;

import org.jspecify.annotations.NullMarked;
