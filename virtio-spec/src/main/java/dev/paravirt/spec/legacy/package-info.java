// SPDX-License-Identifier: Apache-2.0
/** Registers of the trapped devices, and where a PC has them. Names are those of the data sheets. */
@NullMarked
package dev.paravirt.spec.legacy;

import org.jspecify.annotations.NullMarked;
