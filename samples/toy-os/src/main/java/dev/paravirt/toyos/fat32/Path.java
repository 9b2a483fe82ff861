// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.fat32;

import dev.paravirt.toyos.fat32.FileSystemException.Reason;
import java.util.ArrayList;
import java.util.List;

/** Names from the root down. */
record Path(List<String> names) {
    /** Reads {@code /a/b}; "." and ".." are resolved here, and ".." at the root stays there. */
    static Path of(String text) throws FileSystemException {
        List<String> names = new ArrayList<>();
        for (String name : text.split("/", -1)) {
            if (name.equals("..")) {
                if (!names.isEmpty()) {
                    names.removeLast();
                }
            } else if (!name.isEmpty() && !name.equals(".")) {
                names.add(name);
            }
        }
        return new Path(List.copyOf(names));
    }

    boolean isRoot() {
        return names.isEmpty();
    }

    String name() throws FileSystemException {
        if (isRoot()) {
            throw new FileSystemException(Reason.ALREADY_EXISTS, "/ is the root directory");
        }
        return names.getLast();
    }

    Path parent() {
        return new Path(names.subList(0, names.size() - 1));
    }

    boolean isBelow(Path ancestor) {
        if (names.size() <= ancestor.names.size()) {
            return false;
        }
        for (int i = 0; i < ancestor.names.size(); i++) {
            if (!names.get(i).equalsIgnoreCase(ancestor.names.get(i))) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return "/" + String.join("/", names);
    }
}
