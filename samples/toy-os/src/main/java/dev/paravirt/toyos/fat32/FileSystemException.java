// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

import java.io.IOException;

/** A file system operation that did not happen. The volume is as it was before, unless the reason is a disk failure. */
public final class FileSystemException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Why, in a form that a program can act on. */
    public enum Reason {
        NOT_FOUND,
        ALREADY_EXISTS,
        NOT_A_DIRECTORY,
        IS_A_DIRECTORY,
        NOT_EMPTY,
        NO_SPACE,
        TOO_LARGE,
        READ_ONLY,
        INVALID_NAME,
        INVALID_ARGUMENT,
        BUSY,
        /** The volume contradicts itself. */
        CORRUPT,
        /** Not a FAT32 file system at all. */
        NOT_FAT32
    }

    private final Reason reason;

    public FileSystemException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }

    static FileSystemException corrupt(String what) {
        return new FileSystemException(
                Reason.CORRUPT, "the FAT32 volume is damaged: " + what + "; repair it with fsck.vfat");
    }
}
