// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.text;

import java.util.ArrayList;
import java.util.List;

/** What can be said of paths without a disk. */
public final class Paths {
    private Paths() {}

    /** Makes a path absolute, and resolves the dots in it; those at the root stay there. */
    public static String absolute(String directory, String path) {
        List<String> names = new ArrayList<>();
        String whole = path.startsWith("/") ? path : directory + "/" + path;
        for (String name : whole.split("/")) {
            if (name.equals("..")) {
                if (!names.isEmpty()) {
                    names.removeLast();
                }
            } else if (!name.isEmpty() && !name.equals(".")) {
                names.add(name);
            }
        }
        return "/" + String.join("/", names);
    }

    /** The last name. */
    public static String name(String path) {
        String trimmed = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        return trimmed.substring(trimmed.lastIndexOf('/') + 1);
    }
}
