// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.util.LinkedHashMap;
import java.util.Map;

/** A structure as its field sizes make it: VIRTIO structures have no padding but the fields that say so. */
public final class Layout {
    private final Map<String, Integer> offsets = new LinkedHashMap<>();
    private final int size;

    /** Declarations such as {@code "le64 capacity, u8 unused1[3]"}, in order. */
    public Layout(String declarations) {
        int offset = 0;
        for (String declaration : declarations.strip().split("\\s*,\\s*", -1)) {
            String[] parts = declaration.strip().split("\\s+", -1);
            int bracket = parts[1].indexOf('[');
            int count = bracket < 0 ? 1 : Integer.parseInt(parts[1].substring(bracket + 1, parts[1].length() - 1));
            offsets.put(bracket < 0 ? parts[1] : parts[1].substring(0, bracket), offset);
            offset += count * width(parts[0]);
        }
        size = offset;
    }

    public int size() {
        return size;
    }

    public int offset(String field) {
        Integer offset = offsets.get(field);
        if (offset == null) {
            throw new IllegalArgumentException("no field " + field);
        }
        return offset;
    }

    /**
     * Checks that {@code type} has a constant for each field, named {@code prefix} and the field in capitals, with the
     * field's offset.
     */
    public void matches(Class<?> type, String prefix) {
        for (Map.Entry<String, Integer> field : offsets.entrySet()) {
            String name = prefix + field.getKey().toUpperCase(java.util.Locale.ROOT);
            assertThat(constant(type, name))
                    .as("%s.%s", type.getSimpleName(), name)
                    .isEqualTo(field.getValue().longValue());
        }
    }

    /** The value of a public constant. */
    public static long constant(Class<?> type, String name) {
        try {
            Field field = type.getField(name);
            return field.getType() == long.class ? field.getLong(null) : field.getInt(null);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(type.getSimpleName() + " has no constant " + name, e);
        }
    }

    private static int width(String type) {
        return switch (type) {
            case "u8" -> 1;
            case "le16" -> 2;
            case "le32" -> 4;
            case "le64" -> 8;
            default -> throw new IllegalArgumentException(type);
        };
    }
}
