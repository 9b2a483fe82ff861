// SPDX-License-Identifier: Apache-2.0
/** Pages as a browser shows them. */
@NullMarked
package dev.paravirt.cli.page;

import org.jspecify.annotations.NullMarked;
