// SPDX-License-Identifier: Apache-2.0
/** Exits: the accesses to ports and device registers with which a trapped machine leaves its guest. */
@NullMarked
package dev.paravirt.spec.trap;

import org.jspecify.annotations.NullMarked;
