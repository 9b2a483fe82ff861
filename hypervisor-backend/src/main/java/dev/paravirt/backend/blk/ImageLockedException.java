// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.blk;

import java.io.IOException;
import java.io.Serial;
import java.nio.file.Path;

/** Somebody else serves this image, and two guests that write to one disk destroy it. */
public final class ImageLockedException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    ImageLockedException(Path file, String holder, boolean readOnly) {
        super(
                "disk image " + file + " is in use by " + holder + ". "
                        + (readOnly
                                ? "It is open for writing there: end that process, or serve a copy of the image."
                                : "End that process, or serve a copy of the image; if all of them only read, open it read-only."));
    }
}
