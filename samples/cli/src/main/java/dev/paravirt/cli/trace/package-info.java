// SPDX-License-Identifier: Apache-2.0
/** One request on its way through the privilege levels: from a program through its kernel to the hypervisor and back. */
@NullMarked
package dev.paravirt.cli.trace;

import org.jspecify.annotations.NullMarked;
