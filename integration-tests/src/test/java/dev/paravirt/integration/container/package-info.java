// SPDX-License-Identifier: Apache-2.0
/** The toy OS on a network with a stock Linux in a container. */
@NullMarked
package dev.paravirt.integration.container;

import org.jspecify.annotations.NullMarked;
