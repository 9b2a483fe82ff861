// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.demo;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What a file contains, in short.
 *
 * @param size in bytes
 * @param sha256 in hexadecimal
 */
record FileDigest(long size, String sha256) {
    static FileDigest of(byte[] content) {
        return of(content.length, newSha256().digest(content));
    }

    static FileDigest of(long size, byte[] sha256) {
        return new FileDigest(size, HexFormat.of().formatHex(sha256));
    }

    static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException("every Java platform has SHA-256", missing);
        }
    }
}
