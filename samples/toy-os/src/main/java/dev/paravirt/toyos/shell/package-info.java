// SPDX-License-Identifier: Apache-2.0

/** The shell's language and its line editor: text in, text out, no system calls. */
@NullMarked
package dev.paravirt.toyos.shell;

import org.jspecify.annotations.NullMarked;
