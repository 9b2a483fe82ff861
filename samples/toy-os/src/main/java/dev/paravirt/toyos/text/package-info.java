// SPDX-License-Identifier: Apache-2.0

/** Text on a terminal: what the kernel's and the programs' line editing have in common. */
@NullMarked
package dev.paravirt.toyos.text;

import org.jspecify.annotations.NullMarked;
