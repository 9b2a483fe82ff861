// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

/** The demo cannot start as it was asked to; the message says why, and what to do. */
public final class DemoException extends Exception {
    private static final long serialVersionUID = 1L;

    DemoException(String message) {
        super(message);
    }

    DemoException(String message, Throwable cause) {
        super(message, cause);
    }
}
