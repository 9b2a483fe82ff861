// SPDX-License-Identifier: Apache-2.0
/** The threads that serve virtqueues. */
@NullMarked
package dev.paravirt.backend.worker;

import org.jspecify.annotations.NullMarked;
