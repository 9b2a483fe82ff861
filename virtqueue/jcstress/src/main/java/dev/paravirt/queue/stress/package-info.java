// SPDX-License-Identifier: Apache-2.0
/** The races between the two sides of a virtqueue, one by one, for jcstress. */
@NullMarked
package dev.paravirt.queue.stress;

import org.jspecify.annotations.NullMarked;
